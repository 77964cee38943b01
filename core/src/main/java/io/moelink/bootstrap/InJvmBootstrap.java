package io.moelink.bootstrap;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A rank of a job in one JVM: a seat at a {@link Meeting} that all its ranks share. */
final class InJvmBootstrap implements Bootstrap {
  private static final byte[] NOTHING = new byte[0];

  private final Meeting meeting;
  private final int rank;

  private InJvmBootstrap(Meeting meeting, int rank) {
    this.meeting = meeting;
    this.rank = rank;
  }

  static List<Bootstrap> group(int size) {
    Meeting meeting = new Meeting(size);
    List<Bootstrap> ranks = new ArrayList<>(size);
    for (int rank = 0; rank < size; rank++) {
      ranks.add(new InJvmBootstrap(meeting, rank));
    }
    return List.copyOf(ranks);
  }

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public int size() {
    return meeting.size();
  }

  @Override
  public byte[][] allGather(byte[] mine, Duration timeout) {
    return gather(meeting, rank, mine, timeout);
  }

  /** An all-gather at a meeting of this JVM: what goes in and what comes out are copies. */
  static byte[][] gather(Meeting meeting, int rank, byte[] mine, Duration timeout) {
    checkBytes(rank, mine);
    byte[][] result = meeting.meet("allGather", rank, mine.clone(), timeout).clone();
    for (int r = 0; r < result.length; r++) {
      result[r] = result[r].clone();
    }
    return result;
  }

  static void checkBytes(int rank, byte[] mine) {
    if (mine.length > GATHER_BYTES_MAX) {
      throw new IllegalArgumentException(
          "allGather: rank=%d gives %d bytes, expected at most %d"
              .formatted(rank, mine.length, GATHER_BYTES_MAX));
    }
  }

  @Override
  public void barrier(Duration timeout) {
    meeting.meet("barrier", rank, NOTHING, timeout);
  }

  @Override
  public Survivors survivors(Duration window) {
    return survivors(meeting, rank, window);
  }

  static Survivors survivors(Meeting meeting, int rank, Duration window) {
    Meeting.Seat seat = meeting.goOn(rank, window);
    return new Survivors(new InJvmBootstrap(seat.meeting(), seat.rank()), seat.formerRanks());
  }

  @Override
  public void close() {
    meeting.leave(rank);
  }
}
