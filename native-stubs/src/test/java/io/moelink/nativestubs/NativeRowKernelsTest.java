package io.moelink.nativestubs;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moelink.kernel.Region;
import io.moelink.kernel.RowKernels;
import io.moelink.kernel.RowKernelsContract;
import io.moelink.kernel.Span;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** The kernels in C, on memory of this process, under the contract of all kernels. */
class NativeRowKernelsTest extends RowKernelsContract {
  private final RowKernels kernels = new NativeRowKernels();

  @Override
  protected RowKernels kernels() {
    return kernels;
  }

  @Test
  void anIndexArrayOfAClosedArenaIsRefused() {
    Region rows = allocate(64, "rows");
    Region into = allocate(64, "into");
    Arena arena = Arena.ofShared();
    MemorySegment order = arena.allocate(16, 4);
    arena.close();
    assertThatThrownBy(() -> kernels.gatherRows(Span.of(into), Span.of(rows), 16, 4, order))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("gatherRows: src_rows is memory of a closed arena");
  }
}
