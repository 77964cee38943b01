package io.moelink.execute;

/**
 * The wait of a rank's calls for another rank: one at a time, in one object. Its end goes into the
 * times and to Flight Recorder.
 */
final class Waiting {
  private static final int NOBODY = -1;

  private final StepTimes times;
  private String operation;
  private int atRank;
  private WaitEvent event;
  private volatile long start;

  /** Written after the start, so that who sees a rank sees no start that is older than its wait. */
  private volatile int forRank = NOBODY;

  Waiting(StepTimes times) {
    this.times = times;
  }

  void begin(String ofOperation, int rank, int waitedFor) {
    operation = ofOperation;
    atRank = rank;
    event = WaitEvent.startIfOn();
    start = System.nanoTime();
    forRank = waitedFor;
  }

  /** Nanoseconds of a wait for a rank under way, else 0; for any thread. */
  long nanos(int rank) {
    return forRank == rank ? Math.max(0, System.nanoTime() - start) : 0;
  }

  void end() {
    int rank = forRank;
    forRank = NOBODY;
    times.waited(rank, System.nanoTime() - start);
    if (event != null) {
      event.commit(operation, atRank, rank);
    }
  }
}
