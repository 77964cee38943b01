package io.moelink.cli.exchange;

import io.moelink.kernel.ElementType;
import java.lang.foreign.MemorySegment;

/** The rows of all ranks' tokens; every rank can work out any of them. */
@FunctionalInterface
interface RowSource {
  /** Writes the row of a rank's token. */
  void fill(ElementType type, MemorySegment row, int rank, int token);
}
