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
 * Row kernels on one thread: rows of 14,336 bytes (7,168 BF16), more of them than the caches hold.
 * {@code copyRows} moves the rows of {@code gather} with Java's own copy, as what they are compared
 * with. Median over calls; the memory traffic of a gather is twice its 58.7 MB.
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
  private static final int ROWS = 4096;
  private static final int HIDDEN = 7168;
  private static final long ROW_BYTES = 2L * HIDDEN;
  private static final int TERMS = 8;

  @Param({"c", "java"})
  public String kernels;

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
    src = Span.of(OffHeap.of(ROWS * ROW_BYTES));
    dst = Span.of(OffHeap.of(ROWS * ROW_BYTES));
    Random random = new Random(1);
    order = new int[ROWS];
    for (int i = 0; i < ROWS; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    rows = OffHeap.ints(order);
    int count = ROWS / TERMS;
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
            HIDDEN,
            OffHeap.ints(starts),
            null,
            null,
            rows,
            OffHeap.floats(ROWS, 0.125f),
            ElementType.FP32);
  }

  @Benchmark
  public void gather() {
    kernel.gatherRows(dst, src, ROW_BYTES, ROWS, rows);
  }

  @Benchmark
  public void copyRows() {
    MemorySegment from = src.region().segment();
    MemorySegment to = dst.region().segment();
    for (int i = 0; i < ROWS; i++) {
      MemorySegment.copy(from, ROW_BYTES * order[i], to, ROW_BYTES * i, ROW_BYTES);
    }
  }

  /** 512 output rows, each the weighted sum of 8. */
  @Benchmark
  public void reduce() {
    kernel.reduceRows(sum, ROWS / TERMS);
  }
}
