package io.moelink.execute;

/** A wait for another rank under way; its end goes into the times and to Flight Recorder. */
final class Waiting {
  private final StepTimes times;
  private final String operation;
  private final int atRank;
  private final int forRank;
  private final WaitEvent event = new WaitEvent();
  private final long start = System.nanoTime();

  Waiting(StepTimes times, String operation, int atRank, int forRank) {
    this.times = times;
    this.operation = operation;
    this.atRank = atRank;
    this.forRank = forRank;
    event.begin();
  }

  int forRank() {
    return forRank;
  }

  long nanos() {
    return System.nanoTime() - start;
  }

  void end() {
    times.waited(forRank, nanos());
    event.commit(operation, atRank, forRank);
  }
}
