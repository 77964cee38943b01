package io.moelink.layout.cost;

/** A step, or a part of one, that is moving bytes now. */
final class Flow {
  final int step;
  final int part;
  final Work work;
  final double amount;

  /** Bytes still to move, of the amount. */
  double remaining;

  /** Bytes of the amount after which those who wait for a first chunk may go on; 0: none. */
  double firstChunk;

  /** Bytes of the amount a second. */
  double rate;

  /** The resource that keeps it from going faster. */
  int bottleneck;

  boolean fixed;

  /** The resource that kept it from going faster for most of its time, and how much more so. */
  int heldBy = -1;

  private double heldFor;

  Flow(int step, int part, Work work, double amount) {
    this.step = step;
    this.part = part;
    this.work = work;
    this.amount = amount;
    this.remaining = amount;
  }

  /** Seconds until it ends at its rate. */
  double secondsLeft() {
    return remaining / rate;
  }

  /** Seconds until its first chunk is there, or infinity where none is waited for. */
  double secondsToChunk() {
    return firstChunk > 0 ? Math.max(0, firstChunk - (amount - remaining)) / rate : 1 / 0.0;
  }

  void advance(double seconds) {
    remaining = Math.max(0, remaining - rate * seconds);
    if (heldBy == bottleneck) {
      heldFor += seconds;
    } else {
      heldFor -= seconds;
      if (heldFor < 0) {
        heldBy = bottleneck;
        heldFor = -heldFor;
      }
    }
  }
}
