package io.moelink;

import io.moelink.layout.dispatch.ExpertRows;

/** The rows between the end of an expert's rows and the start of the next expert's block. */
final class Padding {
  private Padding() {}

  static void zero(ExpertRows rows, TokenBuffer buffer) {
    forEachGap(rows, (from, to) -> fill(buffer, from, to, buffer.rowBytes()));
  }

  /** For [H, rows]: the gaps of every column. */
  static void zeroColumns(ExpertRows rows, TokenBuffer buffer, int elementBytes) {
    int hidden = buffer.rowBytes() / elementBytes;
    forEachGap(
        rows,
        (from, to) -> {
          for (long h = 0; h < hidden; h++) {
            long column = h * rows.rowCount();
            fill(buffer, column + from, column + to, elementBytes);
          }
        });
  }

  private static void fill(TokenBuffer buffer, long from, long to, int bytes) {
    buffer.segment().asSlice(from * bytes, (to - from) * bytes).fill((byte) 0);
  }

  /** Rows from the first to before the second. */
  private interface Gap {
    void accept(int from, int to);
  }

  private static void forEachGap(ExpertRows rows, Gap gap) {
    if (!rows.shape().rowPerSlot()) {
      return;
    }
    for (int local = 0; local < rows.expertCount(); local++) {
      int from = rows.blockStart(local) + rows.received(local);
      int to = local + 1 < rows.expertCount() ? rows.blockStart(local + 1) : rows.rowCount();
      if (to > from) {
        gap.accept(from, to);
      }
    }
  }
}
