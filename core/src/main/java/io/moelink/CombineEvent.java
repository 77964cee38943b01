package io.moelink;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** Flight Recorder: one combine of one rank. */
@Name("moelink.Combine")
@Label("Combine")
@Category("moelink")
@StackTrace(false)
final class CombineEvent extends Event {
  @Label("Rank")
  int rank;

  @Label("Tokens")
  int tokens;

  @Label("Rows summed")
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
