package io.moelink;

import io.moelink.layout.dispatch.ExpertRows;

/** The rows between the end of an expert's rows and the start of the next expert's block. */
final class Padding {
  private Padding() {}

  static void zero(ExpertRows rows, TokenBuffer buffer) {
    if (!rows.shape().rowPerSlot()) {
      return;
    }
    for (int local = 0; local < rows.expertCount(); local++) {
      int from = rows.blockStart(local) + rows.received(local);
      int to = local + 1 < rows.expertCount() ? rows.blockStart(local + 1) : rows.rowCount();
      if (to > from) {
        buffer
            .segment()
            .asSlice((long) from * buffer.rowBytes(), (long) (to - from) * buffer.rowBytes())
            .fill((byte) 0);
      }
    }
  }
}
