package io.moelink.bootstrap;

import java.time.Duration;

/** Rank 0 of a job of several processes: it holds the store, and has a seat at it itself. */
final class StoreBootstrap implements Bootstrap {
  private final TcpStore store;
  private final Meeting meeting;
  private final int rank;

  private StoreBootstrap(TcpStore store, int rank) {
    this.store = store;
    this.rank = rank;
    meeting = store.meeting();
  }

  /** Returns when all ranks have come. */
  static Bootstrap open(JobEnvironment job, Duration timeout) {
    StoreBootstrap mine = new StoreBootstrap(TcpStore.open(job), job.rank());
    try {
      mine.meet(Message.Call.JOIN, timeout);
      return mine;
    } catch (BootstrapException e) {
      String refusals = mine.store.refusals();
      mine.close();
      throw new BootstrapException(e.rank(), e.getMessage() + refusals, e);
    }
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
    return InJvmBootstrap.gather(meeting, rank, mine, timeout);
  }

  @Override
  public void barrier(Duration timeout) {
    meet(Message.Call.BARRIER, timeout);
  }

  @Override
  public Survivors survivors(Duration window) {
    return InJvmBootstrap.survivors(meeting, rank, window);
  }

  private void meet(Message.Call call, Duration timeout) {
    meeting.meet(call.toString(), rank, Message.NOTHING, timeout);
  }

  /** Ends the store: the others cannot meet any more. */
  @Override
  public void close() {
    meeting.lose(rank, Meeting.CLOSED);
    meeting.leave(rank);
    store.close();
  }
}
