package io.moelink.bootstrap;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;

/**
 * Where the ranks of a job meet, in the JVM that holds it, round after round. A round that one rank
 * gives up breaks the meeting for good, since the ranks no longer agree on which round they are in.
 */
final class Meeting {
  /** What became of a rank that ended its part in order. */
  static final String CLOSED = "has closed";

  /** What became of a rank that did not say. */
  static final String LOST = "has died or lost its connection";

  /** One round; ranks that are slow to wake still hold theirs when the next one fills. */
  private static final class Round {
    final byte[][] given;
    String call;
    int firstRank;
    int arrived;

    Round(int size) {
      given = new byte[size][];
    }
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final boolean[] left;
  private final boolean[] lost;
  private Round round;
  private Next next;
  private BootstrapException broken;
  private int lostRank = -1;
  private String lostHow;

  Meeting(int size) {
    left = new boolean[size];
    lost = new boolean[size];
    round = new Round(size);
  }

  int size() {
    return left.length;
  }

  /**
   * One round of a rank.
   *
   * @return what every rank gave, by rank; all ranks see the same arrays, so they are not to be
   *     changed
   */
  byte[][] meet(String call, int rank, byte[] mine, Duration timeout) {
    long nanosLeft = nanos(timeout);
    lock.lock();
    try {
      if (left[rank]) {
        throw new IllegalStateException("%s: bootstrap of rank=%d is closed".formatted(call, rank));
      }
      failIfBroken(call, rank);
      Round mineRound = round;
      enter(mineRound, call, rank, mine);
      while (mineRound.arrived < size()) {
        failIfBroken(call, rank);
        failIfSomeoneLeft(mineRound, call, rank);
        if (nanosLeft <= 0) {
          List<Integer> missing = missing(mineRound);
          throw breakUp(
              missing.get(0),
              "%s: rank=%d waited %d ms for ranks %s of %d"
                  .formatted(call, rank, timeout.toMillis(), missing, size()));
        }
        nanosLeft = await(call, rank, nanosLeft);
      }
      return mineRound.given;
    } finally {
      lock.unlock();
    }
  }

  void leave(int rank) {
    lock.lock();
    try {
      left[rank] = true;
      changed.signalAll();
      if (next != null && next.meeting != null) {
        next.leave(rank);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Breaks the meeting: the rank will not come any more, so every round that still lacks anyone
   * fails, now and from now on.
   *
   * @param how what became of it, as in "rank=3, which HOW"
   */
  void lose(int rank, String how) {
    lock.lock();
    try {
      lost[rank] = true;
      changed.signalAll();
      if (next != null && next.meeting != null) {
        next.lose(rank, how);
      }
      if (broken == null && lostRank < 0) {
        lostRank = rank;
        lostHow = how;
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** A seat at the meeting of those that are left. */
  record Seat(Meeting meeting, int rank, int[] formerRanks) {}

  /** The meeting of those that are left: who has come, and in the end the meeting itself. */
  private static final class Next {
    final boolean[] came;
    final long end;
    int[] ranks;
    Meeting meeting;

    Next(int size, long end) {
      came = new boolean[size];
      this.end = end;
    }

    void decide() {
      ranks = IntStream.range(0, came.length).filter(r -> came[r]).toArray();
      meeting = new Meeting(ranks.length);
    }

    void leave(int rank) {
      int seat = Arrays.binarySearch(ranks, rank);
      if (seat >= 0) {
        meeting.leave(seat);
      }
    }

    void lose(int rank, String how) {
      int seat = Arrays.binarySearch(ranks, rank);
      if (seat >= 0) {
        meeting.lose(seat, how);
      }
    }
  }

  /**
   * Goes on with the ranks that come within the window of the first; at once when all have come
   * that are not known to be gone. Once it is decided, it stays.
   */
  Seat goOn(int rank, Duration window) {
    String call = "survivors";
    lock.lock();
    try {
      if (left[rank]) {
        throw new IllegalStateException("%s: bootstrap of rank=%d is closed".formatted(call, rank));
      }
      if (next == null) {
        // differences of nanoTime must stay below half of the range
        long nanos = Math.min(nanos(window), Long.MAX_VALUE / 2);
        next = new Next(size(), System.nanoTime() + nanos);
      }
      if (next.meeting == null) {
        next.came[rank] = true;
        changed.signalAll();
      }
      while (next.meeting == null) {
        long nanosLeft = next.end - System.nanoTime();
        if (nanosLeft <= 0 || allHere()) {
          next.decide();
          changed.signalAll();
        } else {
          await(call, rank, nanosLeft);
        }
      }
      int seat = Arrays.binarySearch(next.ranks, rank);
      if (seat < 0 || !next.came[rank]) {
        throw new BootstrapException(
            rank,
            "%s: rank=%d comes too late: ranks %s have gone on without it"
                .formatted(call, rank, Arrays.toString(next.ranks)));
      }
      next.came[rank] = false;
      return new Seat(next.meeting, seat, next.ranks.clone());
    } finally {
      lock.unlock();
    }
  }

  private boolean allHere() {
    for (int r = 0; r < left.length; r++) {
      if (!next.came[r] && !left[r] && !lost[r]) {
        return false;
      }
    }
    return true;
  }

  private void enter(Round mineRound, String call, int rank, byte[] mine) {
    if (mineRound.given[rank] != null) {
      throw new IllegalStateException(
          "%s: another thread of rank=%d is in %s".formatted(call, rank, mineRound.call));
    }
    if (mineRound.call == null) {
      mineRound.call = call;
      mineRound.firstRank = rank;
    } else if (!mineRound.call.equals(call)) {
      throw breakUp(
          rank,
          "%s: rank=%d calls it while rank=%d calls %s"
              .formatted(call, rank, mineRound.firstRank, mineRound.call));
    }
    mineRound.given[rank] = mine;
    if (++mineRound.arrived == size()) {
      round = new Round(size());
      changed.signalAll();
    }
  }

  private long await(String call, int rank, long nanosLeft) {
    try {
      return changed.awaitNanos(nanosLeft);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      BootstrapException failure =
          breakUp(rank, "%s: rank=%d was interrupted".formatted(call, rank));
      failure.addSuppressed(e);
      throw failure;
    }
  }

  private void failIfSomeoneLeft(Round mineRound, String call, int rank) {
    for (int r = 0; r < left.length; r++) {
      if (left[r] && mineRound.given[r] == null) {
        throw breakUp(r, waitsFor(call, rank, r, CLOSED));
      }
    }
  }

  private BootstrapException breakUp(int culprit, String message) {
    broken = new BootstrapException(culprit, message);
    changed.signalAll();
    return broken;
  }

  private void failIfBroken(String call, int rank) {
    if (lostRank >= 0) {
      throw new BootstrapException(lostRank, waitsFor(call, rank, lostRank, lostHow));
    }
    if (broken != null) {
      // a new object: this one's stack trace is the caller's
      throw new BootstrapException(broken.rank(), broken.getMessage(), broken);
    }
  }

  private static List<Integer> missing(Round round) {
    List<Integer> ranks = new ArrayList<>();
    for (int r = 0; r < round.given.length; r++) {
      if (round.given[r] == null) {
        ranks.add(r);
      }
    }
    return ranks;
  }

  /** What a rank says that waits for one that will not come. */
  static String waitsFor(String call, int rank, int other, String how) {
    return "%s: rank=%d waits for rank=%d, which %s".formatted(call, rank, other, how);
  }

  /** A duration in nanoseconds, the longest for those that are longer still. */
  static long nanos(Duration timeout) {
    // TimeUnit saturates where Duration.toNanos throws
    return TimeUnit.SECONDS.toNanos(timeout.getSeconds()) == Long.MAX_VALUE
        ? Long.MAX_VALUE
        : timeout.toNanos();
  }
}
