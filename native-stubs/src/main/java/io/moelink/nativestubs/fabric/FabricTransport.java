package io.moelink.nativestubs.fabric;

import io.moelink.kernel.MemoryKind;
import io.moelink.kernel.Region;
import io.moelink.kernel.RowKernels;
import io.moelink.nativestubs.abi.Codes;
import io.moelink.nativestubs.abi.TransferCalls;
import io.moelink.transport.Capabilities;
import io.moelink.transport.Deadline;
import io.moelink.transport.Transport;
import io.moelink.transport.TransportChecks;
import io.moelink.transport.TransportException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicBoolean;

/** One rank's end of a backend's fabric. */
final class FabricTransport implements Transport {
  private final Context context;
  private final int size;
  private final int signalCount;
  private final Capabilities capabilities;
  private final boolean[] loads;
  private final TransferCalls calls;
  private final FabricMemory memory;
  private final FabricWaits waits;
  private final FabricMessages messages;
  private final RowKernels kernels;
  private final MemorySegment ticket = Arena.ofAuto().allocate(ValueLayout.JAVA_LONG);
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * A transport over a connected context, which it closes.
   *
   * @param loads by rank, whether this rank can load its memory
   */
  FabricTransport(Context context, int signalCount, Capabilities capabilities, boolean[] loads) {
    this.context = context;
    this.size = loads.length;
    this.loads = loads;
    this.signalCount = signalCount;
    this.capabilities = capabilities;
    this.calls = context.fabric().transfers();
    this.memory = new FabricMemory(context, size);
    this.waits = new FabricWaits(context);
    this.messages = new FabricMessages(context, waits);
    this.kernels = NativeRowKernels.of(context);
  }

  @Override
  public String name() {
    return context.name();
  }

  @Override
  public int rank() {
    return context.rank();
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public Capabilities capabilities() {
    return capabilities;
  }

  @Override
  public boolean loads(int other) {
    TransportChecks.rank("loads", other, size);
    return loads[other];
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
    memory.release(held("release", "the", region));
  }

  @Override
  public void put(Region src, long srcOffset, Region dst, long dstOffset, long bytes) {
    checkPut("put", src, srcOffset, dst, dstOffset, bytes);
    int code = calls.put(context.token(), handle(src), srcOffset, handle(dst), dstOffset, bytes);
    throwIfBad("put", src, dst, code);
  }

  @Override
  public long postPut(Region src, long srcOffset, Region dst, long dstOffset, long bytes) {
    checkPut("postPut", src, srcOffset, dst, dstOffset, bytes);
    int code =
        calls.putPost(
            context.token(), handle(src), srcOffset, handle(dst), dstOffset, bytes, ticket);
    if (code == Codes.AGAIN) {
      put(src, srcOffset, dst, dstOffset, bytes);
      return 0;
    }
    throwIfBad("postPut", src, dst, code);
    return ticket.get(ValueLayout.JAVA_LONG, 0);
  }

  @Override
  public boolean sourceFree(long put) {
    throwIfClosed("sourceFree");
    // C counts tickets without a sign, and knows the last one
    TransportChecks.postedPut("sourceFree", put, Long.MAX_VALUE);
    int code = calls.putTest(context.token(), put);
    if (code == Codes.AGAIN) {
      return false;
    }
    throwIfBad("sourceFree", code);
    return true;
  }

  @Override
  public void awaitSourceFree(long put, int to, Deadline deadline) {
    TransportChecks.rank("awaitSourceFree", to, size);
    while (true) {
      long seen = waits.activity();
      if (sourceFree(put)) {
        return;
      }
      waits.throwIfInterrupted("awaitSourceFree");
      if (deadline.passed()) {
        throw new TransportException(
            to, "awaitSourceFree: rank=%d waits on rank=%d for %s".formatted(rank(), to, deadline));
      }
      waits.pause("awaitSourceFree", to, seen, deadline);
    }
  }

  @Override
  public void get(Region src, long srcOffset, Region dst, long dstOffset, long bytes) {
    throwIfClosed("get");
    usable("get", "src", src);
    usable("get", "dst", dst);
    TransportChecks.local("get", "dst", dst, rank());
    TransportChecks.range("get", "src", src, srcOffset, bytes);
    TransportChecks.range("get", "dst", dst, dstOffset, bytes);
    int code = calls.get(context.token(), handle(src), srcOffset, handle(dst), dstOffset, bytes);
    throwIfBad("get", src, dst, code);
  }

  @Override
  public void putSignal(
      Region src, long srcOffset, Region dst, long dstOffset, long bytes, int signal, long value) {
    checkPut("putSignal", src, srcOffset, dst, dstOffset, bytes);
    TransportChecks.signal("putSignal", signal, signalCount);
    int code =
        calls.putSignal(
            context.token(), handle(src), srcOffset, handle(dst), dstOffset, bytes, signal, value);
    throwIfBad("putSignal", src, dst, code);
  }

  @Override
  public void signal(int to, int signal, long value) {
    checkSignal("signal", to, signal);
    throwIfBad("signal", calls.putValue(context.token(), to, signal, value));
  }

  @Override
  public void addSignal(int to, int signal, long delta) {
    checkSignal("addSignal", to, signal);
    throwIfBad("addSignal", calls.atomicAdd(context.token(), to, signal, delta));
  }

  @Override
  public long signalValue(int signal) {
    TransportChecks.signal("signalValue", signal, signalCount);
    return waits.signalValue(signal);
  }

  @Override
  public void awaitSignal(int signal, long value, Deadline deadline, int fromRank) {
    throwIfClosed("awaitSignal");
    TransportChecks.signal("awaitSignal", signal, signalCount);
    if (fromRank != -1) {
      TransportChecks.rank("awaitSignal", fromRank, size);
    }
    waits.awaitSignal(signal, value, deadline, fromRank);
  }

  @Override
  public long activity() {
    return waits.activity();
  }

  @Override
  public void awaitActivity(long seen, int arrivals, Deadline deadline) {
    throwIfClosed("awaitActivity");
    TransportChecks.arrivals("awaitActivity", arrivals);
    waits.awaitActivity(seen, arrivals, deadline);
  }

  @Override
  public void send(int to, Region src, long offset, long bytes, Deadline deadline) {
    throwIfClosed("send");
    TransportChecks.rank("send", to, size);
    FabricRegion from = usable("send", "src", src);
    TransportChecks.local("send", "src", src, rank());
    TransportChecks.range("send", "src", src, offset, bytes);
    if (to == rank()) {
      throw new IllegalArgumentException("send: rank=%d sends to itself".formatted(to));
    }
    messages.send(to, from, offset, bytes, deadline);
  }

  @Override
  public void receive(int from, Region dst, long offset, long bytes, Deadline deadline) {
    throwIfClosed("receive");
    TransportChecks.rank("receive", from, size);
    FabricRegion into = usable("receive", "dst", dst);
    TransportChecks.local("receive", "dst", dst, rank());
    TransportChecks.range("receive", "dst", dst, offset, bytes);
    if (from == rank()) {
      throw new IllegalArgumentException("receive: rank=%d receives from itself".formatted(from));
    }
    messages.receive(from, into, offset, bytes, deadline);
  }

  @Override
  public void flush(int to, Deadline deadline) {
    throwIfClosed("flush");
    TransportChecks.rank("flush", to, size);
    while (true) {
      long seen = waits.activity();
      int code = calls.flush(context.token(), to);
      if (code == Codes.OK) {
        return;
      }
      if (code != Codes.AGAIN) {
        throw context.failure("flush", "", code);
      }
      waits.throwIfInterrupted("flush");
      if (deadline.passed()) {
        throw new TransportException(
            to, "flush: rank=%d waits on rank=%d for %s".formatted(rank(), to, deadline));
      }
      waits.pause("flush", to, seen, deadline);
    }
  }

  @Override
  public void progress() {
    throwIfClosed("progress");
    throwIfBad("progress", calls.progress(context.token()));
  }

  @Override
  public RowKernels kernels() {
    return kernels;
  }

  @Override
  public void abort(int causeRank, String why) {
    if (causeRank != -1) {
      TransportChecks.rank("abort", causeRank, size);
    }
    try (Arena arena = Arena.ofConfined()) {
      int code = context.fabric().life().abort(context.token(), causeRank, arena.allocateFrom(why));
      // who has closed has nothing left to say
      if (code != Codes.CLOSED) {
        throwIfBad("abort", code);
      }
    }
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      // not closed over memory that is still in use: endViews throws then
      memory.endViews();
      throwIfBad("close", context.fabric().life().close(context.token()));
    }
  }

  private void throwIfClosed(String operation) {
    if (closed.get()) {
      throw context.closed(operation);
    }
  }

  private void checkPut(
      String operation, Region src, long srcOffset, Region dst, long dstOffset, long bytes) {
    throwIfClosed(operation);
    usable(operation, "src", src);
    usable(operation, "dst", dst);
    TransportChecks.local(operation, "src", src, rank());
    TransportChecks.range(operation, "src", src, srcOffset, bytes);
    TransportChecks.range(operation, "dst", dst, dstOffset, bytes);
  }

  private void checkSignal(String operation, int to, int signal) {
    throwIfClosed(operation);
    TransportChecks.rank(operation, to, size);
    TransportChecks.signal(operation, signal, signalCount);
  }

  private FabricRegion held(String operation, String operand, Region region) {
    if (region instanceof FabricRegion ours && ours.isHeldBy(context)) {
      return ours;
    }
    throw new IllegalArgumentException(
        "%s: %s region '%s' of rank=%d is not held by the %s transport of rank=%d"
            .formatted(operation, operand, region.purpose(), region.rank(), name(), rank()));
  }

  private FabricRegion usable(String operation, String operand, Region region) {
    FabricRegion ours = held(operation, operand, region);
    ours.throwIfReleased();
    return ours;
  }

  private static long handle(Region region) {
    return ((FabricRegion) region).handle();
  }

  private void throwIfBad(String operation, Region src, Region dst, int code) {
    if (code != Codes.OK) {
      String detail =
          "src region '%s' of rank=%d, dst region '%s' of rank=%d"
              .formatted(src.purpose(), src.rank(), dst.purpose(), dst.rank());
      throw context.failure(operation, detail, code);
    }
  }

  private void throwIfBad(String operation, int code) {
    if (code != Codes.OK) {
      throw context.failure(operation, "", code);
    }
  }
}
