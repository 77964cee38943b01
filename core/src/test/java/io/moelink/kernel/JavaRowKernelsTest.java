package io.moelink.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.Test;

class JavaRowKernelsTest extends RowKernelsContract {
  private final RowKernels kernels = new JavaRowKernels();

  @Override
  protected RowKernels kernels() {
    return kernels;
  }

  @Test
  void messagesNameKernelOperandFoundAndExpected() {
    Span dst = Span.of(PlainRegion.of(64, "staging"));
    Span src = Span.of(PlainRegion.of(100, "tokens"));
    assertThatThrownBy(() -> kernels.gatherRows(dst, src, 10, 7, null))
        .hasMessage(
            "gatherRows: dst region 'staging' of rank=0 has 64 bytes after offset=0, expected 7"
                + " rows of 10 bytes");
    assertThatThrownBy(() -> kernels.gatherRows(dst, src, 10, 2, RowData.ints(3, 10)))
        .hasMessage("gatherRows: srcRows[1]=10 is outside 0..9");
    assertThatThrownBy(() -> kernels.gatherRows(dst, src, 10, 2, RowData.ints(3)))
        .hasMessage("gatherRows: srcRows holds 1 values, expected 2");
    assertThatThrownBy(
            () ->
                kernels.scatterRows(
                    ScatterRows.toOne(
                        dst, src, 10, null, RowData.ints(0, 2, 1), RowData.ints(0, 1)),
                    2))
        .hasMessage("scatterRows: dstStart[2]=1, expected at least 2");
    assertThatThrownBy(() -> kernels.reorder(dst, src, 6, 1, 1))
        .hasMessage("reorder: elementBytes=6, expected 1, 2, 4 or 8");
    assertThatThrownBy(() -> new Span(dst.region(), 65))
        .hasMessage("span: region 'staging' of rank=0: offset=65 is outside 0..64");
    assertThatThrownBy(() -> ElementType.parse("fp8"))
        .hasMessage("element type 'fp8' is not known, expected one of bf16, fp16, fp32");
    assertThat(ElementType.parse("bf16")).isEqualTo(ElementType.BF16);
  }

  @Test
  void reduceAllocatesNothingPerCall() {
    Span dst = Span.of(PlainRegion.of(64 * 2880 * 2, "dst"));
    Span src = Span.of(PlainRegion.of(64 * 2880 * 2, "src"));
    int[] starts = new int[65];
    for (int i = 0; i <= 64; i++) {
      starts[i] = i;
    }
    ReduceRows sum =
        new ReduceRows(
            dst,
            ElementType.BF16,
            List.of(src),
            ElementType.BF16,
            2880,
            RowData.ints(starts),
            null,
            null,
            RowData.ints(starts),
            RowData.floats(64),
            ElementType.BF16);
    for (int i = 0; i < 300; i++) {
      kernels.reduceRows(sum, 64);
    }
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < 100; i++) {
      kernels.reduceRows(sum, 64);
    }
    // compiled code allocates nothing; the allowance is for calls that a deoptimised frame makes
    assertThat((threads.getCurrentThreadAllocatedBytes() - before) / 100).isLessThan(2000);
  }
}
