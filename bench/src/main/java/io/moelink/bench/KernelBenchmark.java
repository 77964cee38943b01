package io.moelink.bench;

import io.moelink.kernel.ElementType;
import io.moelink.kernel.HostKernels;
import io.moelink.kernel.ReduceRows;
import io.moelink.kernel.RowKernels;
import io.moelink.kernel.Span;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Row kernels on one thread: BF16 rows of 128 bytes to 64 KiB, 58.7 MB of them, which is more than
 * the caches hold. {@code copyRows} moves the rows of {@code gather} with Java's own copy, as what
 * they are compared with. Median over calls; the memory traffic of a gather is twice its bytes.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {"-Xms1g", "-Xmx1g", "--enable-native-access=ALL-UNNAMED"})
public class KernelBenchmark {
  private static final int BYTES = 4096 * 14_336;
  private static final int TERMS = 8;

  @Param({"c", "java"})
  public String kernels;

  @Param({"128", "2048", "14336", "65536"})
  public int rowBytes;

  private int rowCount;
  private RowKernels kernel;
  private Span src;
  private Span dst;
  private int[] order;
  private MemorySegment rows;
  private ReduceRows sum;

  @Setup
  public void open() {
    System.setProperty(HostKernels.PROPERTY, kernels);
    kernel = HostKernels.open();
    rowCount = BYTES / rowBytes;
    src = Span.of(OffHeap.of(BYTES));
    dst = Span.of(OffHeap.of(BYTES));
    Random random = new Random(1);
    order = new int[rowCount];
    for (int i = 0; i < rowCount; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    rows = OffHeap.ints(order);
    int count = rowCount / TERMS;
    int[] starts = new int[count + 1];
    for (int i = 0; i <= count; i++) {
      starts[i] = i * TERMS;
    }
    sum =
        new ReduceRows(
            dst,
            ElementType.BF16,
            List.of(src),
            ElementType.BF16,
            rowBytes / 2,
            OffHeap.ints(starts),
            null,
            null,
            rows,
            OffHeap.floats(rowCount, 0.125f),
            ElementType.FP32);
  }

  @Benchmark
  public void gather() {
    kernel.gatherRows(dst, src, rowBytes, rowCount, rows);
  }

  @Benchmark
  public void copyRows() {
    MemorySegment from = src.region().segment();
    MemorySegment to = dst.region().segment();
    for (int i = 0; i < rowCount; i++) {
      MemorySegment.copy(from, (long) rowBytes * order[i], to, (long) rowBytes * i, rowBytes);
    }
  }

  /** An eighth as many output rows, each the weighted sum of 8. */
  @Benchmark
  public void reduce() {
    kernel.reduceRows(sum, rowCount / TERMS);
  }
}
