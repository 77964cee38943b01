package io.moelink.transport.loopback;

import io.moelink.kernel.HostKernels;
import io.moelink.kernel.MemoryKind;
import io.moelink.kernel.Region;
import io.moelink.kernel.RowKernels;
import io.moelink.transport.Capabilities;
import io.moelink.transport.Deadline;
import io.moelink.transport.Transport;
import io.moelink.transport.TransportChecks;
import io.moelink.transport.TransportException;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;

/** One rank of a {@link LoopbackGroup}: transfers are copies by the calling thread. */
final class LoopbackTransport implements Transport {
  private final LoopbackGroup group;
  private final int rank;
  private final Inbox inbox;
  private final LoopbackMemory memory;
  private final LoopbackMessages messages;
  private final RowKernels kernels = HostKernels.open();
  private final AtomicBoolean closed = new AtomicBoolean();

  LoopbackTransport(LoopbackGroup group, int rank) {
    this.group = group;
    this.rank = rank;
    this.inbox = group.inbox(rank);
    this.memory = new LoopbackMemory(this, group, rank);
    this.messages = new LoopbackMessages(this, group, rank);
  }

  @Override
  public String name() {
    return LoopbackTransportProvider.NAME;
  }

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public int size() {
    return group.size();
  }

  @Override
  public Capabilities capabilities() {
    // the calling thread is the only compute unit, however many the configuration allows
    return new Capabilities(true, false, TransportChecks.REGION_BYTES_MAX, 1);
  }

  @Override
  public boolean loads(int other) {
    TransportChecks.rank("loads", other, size());
    return true;
  }

  @Override
  public Region allocate(MemoryKind kind, long bytes, String purpose) {
    throwIfClosed("allocate");
    return memory.allocate(kind, bytes, purpose);
  }

  @Override
  public Region register(MemorySegment segment, String purpose) {
    throwIfClosed("register");
    return memory.register(segment, purpose);
  }

  @Override
  public byte[] export(Region region) {
    throwIfClosed("export");
    return memory.export(usable("export", "the", region));
  }

  @Override
  public Region attach(int owner, byte[] key) {
    throwIfClosed("attach");
    return memory.attach(owner, key);
  }

  @Override
  public void release(Region region) {
    throwIfClosed("release");
    memory.release(mine("release", "the", region));
  }

  @Override
  public void put(Region src, long srcOffset, Region dst, long dstOffset, long bytes) {
    checkPut("put", src, srcOffset, dst, dstOffset, bytes);
    copy((LoopbackRegion) src, srcOffset, (LoopbackRegion) dst, dstOffset, bytes);
  }

  @Override
  public long postPut(Region src, long srcOffset, Region dst, long dstOffset, long bytes) {
    checkPut("postPut", src, srcOffset, dst, dstOffset, bytes);
    copy((LoopbackRegion) src, srcOffset, (LoopbackRegion) dst, dstOffset, bytes);
    return 0;
  }

  @Override
  public boolean sourceFree(long put) {
    throwIfClosed("sourceFree");
    TransportChecks.postedPut("sourceFree", put, 0);
    return true;
  }

  @Override
  public void awaitSourceFree(long put, int to, Deadline deadline) {
    TransportChecks.rank("awaitSourceFree", to, size());
    sourceFree(put);
  }

  @Override
  public void get(Region src, long srcOffset, Region dst, long dstOffset, long bytes) {
    throwIfClosed("get");
    usable("get", "src", src);
    usable("get", "dst", dst);
    TransportChecks.local("get", "dst", dst, rank);
    TransportChecks.range("get", "src", src, srcOffset, bytes);
    TransportChecks.range("get", "dst", dst, dstOffset, bytes);
    copy((LoopbackRegion) src, srcOffset, (LoopbackRegion) dst, dstOffset, bytes);
  }

  @Override
  public void putSignal(
      Region src, long srcOffset, Region dst, long dstOffset, long bytes, int signal, long value) {
    checkPut("putSignal", src, srcOffset, dst, dstOffset, bytes);
    TransportChecks.signal("putSignal", signal, inbox.signalCount());
    copy((LoopbackRegion) src, srcOffset, (LoopbackRegion) dst, dstOffset, bytes);
    group.inbox(dst.rank()).putSignal(signal, value);
  }

  @Override
  public void signal(int to, int signal, long value) {
    checkSignal("signal", to, signal);
    group.inbox(to).putSignal(signal, value);
  }

  @Override
  public void addSignal(int to, int signal, long delta) {
    checkSignal("addSignal", to, signal);
    group.inbox(to).addSignal(signal, delta);
  }

  @Override
  public long signalValue(int signal) {
    TransportChecks.signal("signalValue", signal, inbox.signalCount());
    return inbox.signal(signal);
  }

  @Override
  public void awaitSignal(int signal, long value, Deadline deadline, int fromRank) {
    throwIfClosed("awaitSignal");
    TransportChecks.signal("awaitSignal", signal, inbox.signalCount());
    if (fromRank != -1) {
      TransportChecks.rank("awaitSignal", fromRank, size());
    }
    while (true) {
      long seen = inbox.activity();
      group.throwIfFailed("awaitSignal", rank);
      boolean gone = fromRank != -1 && fromRank != rank && group.closed(fromRank);
      long found = inbox.signal(signal);
      if (found >= value) {
        return;
      }
      if (gone) {
        throw signalFailure(signal, value, found, fromRank, "which has closed");
      }
      throwIfInterruptedOrClosed("awaitSignal");
      if (deadline.passed()) {
        throw signalFailure(signal, value, found, fromRank, "for " + deadline);
      }
      inbox.pause(seen, 1, deadline);
    }
  }

  @Override
  public long activity() {
    return inbox.activity();
  }

  @Override
  public void awaitActivity(long seen, int arrivals, Deadline deadline) {
    throwIfClosed("awaitActivity");
    TransportChecks.arrivals("awaitActivity", arrivals);
    boolean slept = false;
    while (true) {
      group.throwIfFailed("awaitActivity", rank);
      // read before the counter: who closes after this read also counts after it
      int gone = group.closedPeer(rank);
      long came = inbox.activity() - seen;
      if (came < 0 || came >= arrivals || came > 0 && slept) {
        return;
      }
      if (gone >= 0) {
        throw new TransportException(
            gone, "awaitActivity: rank=%d: rank=%d has closed".formatted(rank, gone));
      }
      throwIfInterruptedOrClosed("awaitActivity");
      if (deadline.passed()) {
        return;
      }
      inbox.pause(seen, arrivals, deadline);
      slept = true;
    }
  }

  @Override
  public void send(int to, Region src, long offset, long bytes, Deadline deadline) {
    throwIfClosed("send");
    TransportChecks.rank("send", to, size());
    usable("send", "src", src);
    TransportChecks.local("send", "src", src, rank);
    TransportChecks.range("send", "src", src, offset, bytes);
    messages.send(to, src, offset, bytes, deadline);
  }

  @Override
  public void receive(int from, Region dst, long offset, long bytes, Deadline deadline) {
    throwIfClosed("receive");
    TransportChecks.rank("receive", from, size());
    usable("receive", "dst", dst);
    TransportChecks.local("receive", "dst", dst, rank);
    TransportChecks.range("receive", "dst", dst, offset, bytes);
    messages.receive(from, dst, offset, bytes, deadline);
  }

  @Override
  public void flush(int to, Deadline deadline) {
    throwIfClosed("flush");
    TransportChecks.rank("flush", to, size());
    group.throwIfFailed("flush", rank);
    if (to != rank && group.closed(to)) {
      throw new TransportException(to, "flush: rank=%d: rank=%d has closed".formatted(rank, to));
    }
  }

  @Override
  public void progress() {
    throwIfClosed("progress");
  }

  @Override
  public RowKernels kernels() {
    return kernels;
  }

  @Override
  public void abort(int causeRank, String why) {
    if (causeRank != -1) {
      TransportChecks.rank("abort", causeRank, size());
    }
    group.fail(causeRank, why);
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      try {
        memory.releaseAll();
      } finally {
        group.leave(rank);
      }
    }
  }

  /** For waits: whether the thread or this transport was stopped meanwhile. */
  void throwIfInterruptedOrClosed(String operation) {
    if (Thread.currentThread().isInterrupted()) {
      throw new TransportException(-1, "%s: rank=%d was interrupted".formatted(operation, rank));
    }
    if (closed.get()) {
      throw new TransportException(
          rank, "%s: rank=%d was closed by another thread".formatted(operation, rank));
    }
  }

  private TransportException signalFailure(
      int signal, long value, long found, int fromRank, String how) {
    String whom = fromRank == -1 ? "any rank" : "rank=" + fromRank;
    return new TransportException(
        fromRank,
        "awaitSignal: rank=%d waits on %s %s: signal=%d found=%d expected>=%d"
            .formatted(rank, whom, how, signal, found, value));
  }

  private void throwIfClosed(String operation) {
    if (closed.get()) {
      throw new IllegalStateException(
          "%s: loopback transport of rank=%d is closed".formatted(operation, rank));
    }
  }

  private void checkPut(
      String operation, Region src, long srcOffset, Region dst, long dstOffset, long bytes) {
    throwIfClosed(operation);
    usable(operation, "src", src);
    usable(operation, "dst", dst);
    TransportChecks.local(operation, "src", src, rank);
    TransportChecks.range(operation, "src", src, srcOffset, bytes);
    TransportChecks.range(operation, "dst", dst, dstOffset, bytes);
  }

  private void checkSignal(String operation, int to, int signal) {
    throwIfClosed(operation);
    TransportChecks.rank(operation, to, size());
    TransportChecks.signal(operation, signal, inbox.signalCount());
  }

  private LoopbackRegion mine(String operation, String operand, Region region) {
    if (region instanceof LoopbackRegion ours && ours.holder() == this) {
      return ours;
    }
    throw new IllegalArgumentException(
        "%s: %s region '%s' of rank=%d is not held by the loopback transport of rank=%d"
            .formatted(operation, operand, region.purpose(), region.rank(), rank));
  }

  private LoopbackRegion usable(String operation, String operand, Region region) {
    LoopbackRegion ours = mine(operation, operand, region);
    ours.throwIfUnusable();
    return ours;
  }

  /** Copies; when memory goes away meanwhile, says whose. */
  private static void copy(
      LoopbackRegion src, long srcOffset, LoopbackRegion dst, long dstOffset, long bytes) {
    try {
      MemorySegment.copy(src.segment(), srcOffset, dst.segment(), dstOffset, bytes);
    } catch (IllegalStateException e) {
      src.throwIfUnusable();
      dst.throwIfUnusable();
      throw e;
    }
  }
}
