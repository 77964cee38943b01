package io.moelink;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** Flight Recorder: one dispatch of one rank. */
@Name("moelink.Dispatch")
@Label("Dispatch")
@Category("moelink")
@StackTrace(false)
final class DispatchEvent extends Event {
  @Label("Rank")
  int rank;

  @Label("Tokens")
  int tokens;

  @Label("Rows received")
  int rows;

  void commit(int atRank, Handle handle) {
    if (shouldCommit()) {
      rank = atRank;
      tokens = handle.tokens();
      rows = handle.rowCount();
      commit();
    }
  }
}
