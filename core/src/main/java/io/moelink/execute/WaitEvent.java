package io.moelink.execute;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** Flight Recorder: a time in which no step was ready. */
@Name("moelink.Wait")
@Label("Wait for another rank")
@Category("moelink")
@StackTrace(false)
final class WaitEvent extends Event {
  @Label("Operation")
  String operation;

  @Label("Rank")
  int rank;

  @Label("Rank waited for")
  int waitedForRank;

  void commit(String operationName, int atRank, int waitedFor) {
    if (shouldCommit()) {
      operation = operationName;
      rank = atRank;
      waitedForRank = waitedFor;
      commit();
    }
  }
}
