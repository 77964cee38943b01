package io.moelink.execute;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** Flight Recorder: one step of a plan. */
@Name("moelink.Step")
@Label("Plan step")
@Category("moelink")
@StackTrace(false)
final class StepEvent extends Event {
  @Label("Operation")
  String operation;

  @Label("Step")
  String step;

  @Label("Rank")
  int rank;

  @Label("Buffer")
  String buffer;

  @Label("Rows")
  int rows;

  void commit(String operationName, int atRank, BoundTask done) {
    if (shouldCommit()) {
      operation = operationName;
      step = done.task().step().getClass().getSimpleName();
      rank = atRank;
      buffer = done.task().buffer().toString();
      rows = done.count();
      commit();
    }
  }
}
