package io.moelink.bootstrap;

import java.io.IOException;
import java.net.ProtocolException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A rank that meets the others at the store of rank 0 or of the launcher. Every call is one
 * question and one answer; the store keeps the time, so that all ranks hear the same reason.
 */
final class RemoteBootstrap implements Bootstrap {
  /** How long after a call's timeout the store may still say who was missing. */
  static final Duration ANSWER_GRACE = Duration.ofMillis(500);

  private static final Duration GOODBYE_TIMEOUT = Duration.ofMillis(500);

  private final int rank;
  private final int size;
  private final boolean launched;
  private final Wire wire;
  private final AtomicReference<String> inCall = new AtomicReference<>();
  private volatile boolean closed;
  private volatile BootstrapException broken;

  /**
   * A rank that was admitted.
   *
   * @param launched the launcher holds the store, not rank 0
   */
  RemoteBootstrap(int rank, int size, boolean launched, Wire wire) {
    this.rank = rank;
    this.size = size;
    this.launched = launched;
    this.wire = wire;
  }

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public byte[][] allGather(byte[] mine, Duration timeout) {
    InJvmBootstrap.checkBytes(rank(), mine);
    return meet(Message.Call.ALL_GATHER, mine, timeout);
  }

  @Override
  public void barrier(Duration timeout) {
    meet(Message.Call.BARRIER, Message.NOTHING, timeout);
  }

  /** Returns when all ranks have come. */
  void join(Duration timeout) {
    meet(Message.Call.JOIN, Message.NOTHING, timeout);
  }

  @Override
  public Survivors survivors(Duration window) {
    // the rank that was lost may have broken this bootstrap; its connection is what counts
    broken = null;
    int[] formerRanks = Message.ranks(meet(Message.Call.SURVIVORS, Message.NOTHING, window)[0]);
    int now = Arrays.binarySearch(formerRanks, rank);
    return new Survivors(new RemoteBootstrap(now, formerRanks.length, launched, wire), formerRanks);
  }

  private byte[][] meet(Message.Call call, byte[] mine, Duration timeout) {
    String other = inCall.compareAndExchange(null, call.toString());
    if (closed) {
      throw new IllegalStateException("%s: bootstrap of rank=%d is closed".formatted(call, rank()));
    }
    if (other != null) {
      throw new IllegalStateException(
          "%s: another thread of rank=%d is in %s".formatted(call, rank(), other));
    }
    try {
      if (broken != null) {
        // a new object: this one's stack trace is the caller's
        throw new BootstrapException(broken.rank(), broken.getMessage(), broken);
      }
      return ask(call, mine, timeout);
    } catch (BootstrapException e) {
      broken = e;
      throw e;
    } finally {
      inCall.set(null);
    }
  }

  private byte[][] ask(Message.Call call, byte[] mine, Duration timeout) {
    long nanos = Meeting.nanos(timeout);
    long graceNanos = Math.min(ANSWER_GRACE.toNanos(), Long.MAX_VALUE - Math.max(nanos, 0));
    try (Deadline deadline = Deadline.of(nanos + graceNanos, wire.channel())) {
      try {
        IOException unsent = null;
        try {
          wire.send(Message.ENTER, new Message.Enter(call, nanos, mine).toBytes());
          wire.flush();
        } catch (IOException e) {
          // a store that has closed left its goodbye to be read; else reading fails, too
          unsent = e;
        }
        try {
          return answer(call);
        } catch (IOException e) {
          throw unsent == null ? e : unsent;
        }
      } catch (IOException e) {
        throw failure(call, timeout, deadline, e);
      }
    }
  }

  private byte[][] answer(Message.Call call) throws IOException {
    Wire.Received answer = wire.receive();
    switch (answer.type()) {
      case Message.COMPLETE -> {
        byte[][] items = new byte[itemCount(call)][];
        for (int r = 0; r < items.length; r++) {
          Wire.Received item = wire.receive();
          if (item.type() != Message.ITEM) {
            throw new ProtocolException("message %d instead of an item".formatted(item.type()));
          }
          items[r] = item.payload();
        }
        return items;
      }
      case Message.FAILED -> throw Message.failure(answer.payload());
      case Message.BYE -> throw gone(call, Meeting.CLOSED, null);
      default -> throw new ProtocolException("message %d as answer".formatted(answer.type()));
    }
  }

  private int itemCount(Message.Call call) {
    return switch (call) {
      case ALL_GATHER -> size;
      case SURVIVORS -> 1;
      case JOIN, BARRIER -> 0;
    };
  }

  private BootstrapException failure(
      Message.Call call, Duration timeout, Deadline deadline, IOException e) {
    if (Thread.currentThread().isInterrupted()) {
      return new BootstrapException(
          rank(), "%s: rank=%d was interrupted".formatted(call, rank()), e);
    }
    if (closed) {
      return new BootstrapException(
          rank(), "%s: rank=%d closed its bootstrap meanwhile".formatted(call, rank()), e);
    }
    if (deadline.passed()) {
      return new BootstrapException(
          holderRank(),
          "%s: rank=%d waited %d ms for %s to answer"
              .formatted(call, rank(), timeout.toMillis(), holder()),
          e);
    }
    return gone(call, Meeting.LOST, e);
  }

  /** The store is no more; with it goes every way to meet. */
  private BootstrapException gone(Message.Call call, String how, IOException cause) {
    String text = "%s: rank=%d waits for %s, which %s".formatted(call, rank(), holder(), how);
    if (call == Message.Call.SURVIVORS && !launched) {
      text += "; it held the store, and only one that its launcher holds outlives it";
    }
    return new BootstrapException(holderRank(), text, cause);
  }

  private String holder() {
    return launched ? "the launcher" : "rank=0";
  }

  private int holderRank() {
    return launched ? JobEnvironment.NO_RANK : 0;
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    // a goodbye must not run into a question that another thread is asking
    boolean idle = inCall.compareAndSet(null, "close");
    closed = true;
    if (idle) {
      try (Deadline _ = Deadline.of(GOODBYE_TIMEOUT.toNanos(), wire.channel())) {
        wire.send(Message.BYE, Message.NOTHING);
        wire.flush();
      } catch (IOException storeHasGone) {
        // there is nobody to say goodbye to
      }
    }
    wire.close();
  }
}
