package io.moelink.nativestubs;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.moelink.bootstrap.Bootstrap;
import io.moelink.bootstrap.BootstrapException;
import io.moelink.kernel.MemoryKind;
import io.moelink.kernel.Region;
import io.moelink.kernel.RowKernels;
import io.moelink.transport.Capabilities;
import io.moelink.transport.Deadline;
import io.moelink.transport.Transport;
import io.moelink.transport.TransportChecks;
import io.moelink.transport.TransportConfig;
import io.moelink.transport.TransportException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.security.SecureRandom;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One rank on the shared-memory backend: a thin layer over its C context. Waits are sliced there,
 * so that this side sees interrupts, close and deadlines.
 *
 * <p>More than 400 lines: one method for each of the SPI, each a check and a call.
 */
final class ShmTransport implements Transport {
  private static final int CONFIG_MAGIC = 0x31474643;
  private static final int CAPS_MAGIC = 0x31504143;
  private static final int ADDRESS_MAGIC = 0x31524441;
  private static final int REQUEST_MAGIC = 0x31514552;
  private static final int REGION_MAGIC = 0x31474552;
  private static final int KEY_MAGIC = 0x3159454b;
  private static final int RECEIVED_MAGIC = 0x31564352;
  private static final int TOKEN_BYTES = 16;

  /** How long a message waits for the other side before it looks again. */
  private static final long MESSAGE_SLICE_NANOS = 1_000_000;

  /** A word for the results of calls that any thread may make. */
  private static final ThreadLocal<MemorySegment> WORD =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(JAVA_LONG));

  /** Stands for any other thread where memory is asked whether it is open to all. */
  private static final Thread ANY_THREAD = Thread.ofVirtual().unstarted(() -> {});

  private final long ctx;
  private final int rank;
  private final int size;
  private final int signalCount;
  private final Capabilities capabilities;
  private final RowKernels kernels;
  private final Regions regions = new Regions();
  private final AtomicBoolean closed = new AtomicBoolean();

  private ShmTransport(long ctx, TransportConfig config) {
    this.ctx = ctx;
    rank = config.bootstrap().rank();
    size = config.bootstrap().size();
    signalCount = config.signalCount();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment caps = arena.allocate(FabricLayouts.CAPS);
      FabricLayouts.start(caps, FabricLayouts.CAPS, CAPS_MAGIC);
      FabricError.check(ctx, "open shm", Fabric.capsGet(ctx, caps.address()));
      capabilities =
          new Capabilities(
              true,
              false,
              caps.get(JAVA_LONG, FabricLayouts.offset(FabricLayouts.CAPS, "message_bytes_max")),
              caps.get(JAVA_INT, FabricLayouts.offset(FabricLayouts.CAPS, "compute_units")));
    }
    kernels = new NativeRowKernels(ctx);
  }

  /** Opens a context, exchanges addresses and connects. */
  static Transport open(TransportConfig config) {
    Bootstrap bootstrap = config.bootstrap();
    try (Arena arena = Arena.ofConfined()) {
      byte[] proposed = new byte[TOKEN_BYTES + Integer.BYTES + ShmTransportProvider.NAME.length()];
      MemorySegment mine = MemorySegment.ofArray(proposed);
      byte[] random = new byte[TOKEN_BYTES];
      new SecureRandom().nextBytes(random);
      MemorySegment.copy(random, 0, mine, JAVA_BYTE, 0, TOKEN_BYTES);
      mine.set(JAVA_INT.withByteAlignment(1), TOKEN_BYTES, config.signalCount());
      mine.asSlice(TOKEN_BYTES + Integer.BYTES)
          .copyFrom(MemorySegment.ofArray(ShmTransportProvider.NAME.getBytes()));
      byte[][] all = bootstrap.allGather(proposed, config.timeout());
      requireSame(all, proposed, bootstrap.rank(), config.signalCount());
      long ctx = openContext(config, all[0], arena);
      boolean open = false;
      try {
        connect(ctx, config, arena);
        ShmTransport transport = new ShmTransport(ctx, config);
        bootstrap.barrier(config.timeout());
        open = true;
        return transport;
      } finally {
        if (!open) {
          Fabric.close(ctx);
        }
      }
    } catch (BootstrapException e) {
      throw new TransportException(
          e.rank(), "open shm: rank=%d: %s".formatted(bootstrap.rank(), e.getMessage()), e);
    }
  }

  private static void requireSame(byte[][] all, byte[] mine, int rank, int signalCount) {
    for (int other = 0; other < all.length; other++) {
      MemorySegment theirs = MemorySegment.ofArray(all[other]);
      if (all[other].length != mine.length
          || theirs
                  .asSlice(TOKEN_BYTES + Integer.BYTES)
                  .mismatch(MemorySegment.ofArray(mine).asSlice(TOKEN_BYTES + Integer.BYTES))
              != -1) {
        throw new TransportException(
            other, "open shm: rank=%d opens another transport than rank=%d".formatted(other, rank));
      }
      int count = theirs.get(JAVA_INT.withByteAlignment(1), TOKEN_BYTES);
      if (count != signalCount) {
        throw new TransportException(
            other,
            "open shm: rank=%d has signalCount=%d, expected %d as on rank=%d"
                .formatted(other, count, signalCount, rank));
      }
    }
  }

  private static long openContext(TransportConfig config, byte[] first, Arena arena) {
    MemorySegment c = arena.allocate(FabricLayouts.CONFIG);
    FabricLayouts.start(c, FabricLayouts.CONFIG, CONFIG_MAGIC);
    c.set(JAVA_INT, offset("rank"), config.bootstrap().rank());
    c.set(JAVA_INT, offset("rank_count"), config.bootstrap().size());
    c.set(JAVA_INT, offset("signal_count"), config.signalCount());
    c.set(JAVA_INT, offset("compute_units"), config.computeUnits());
    c.set(JAVA_LONG, offset("timeout_ns"), Deadline.after(config.timeout()).nanosLeft());
    MemorySegment.copy(first, 0, c, JAVA_BYTE, offset("group_token"), TOKEN_BYTES);
    c.setString(offset("group_name"), "moelink");
    MemorySegment ctx = arena.allocate(JAVA_LONG);
    FabricError.check(0, "open shm", Fabric.open(c.address(), ctx.address()));
    return ctx.get(JAVA_LONG, 0);
  }

  private static long offset(String field) {
    return FabricLayouts.offset(FabricLayouts.CONFIG, field);
  }

  private static void connect(long ctx, TransportConfig config, Arena arena) {
    MemorySegment address = arena.allocate(FabricLayouts.ADDRESS);
    FabricLayouts.start(address, FabricLayouts.ADDRESS, ADDRESS_MAGIC);
    FabricError.check(ctx, "open shm", Fabric.addressGet(ctx, address.address()));
    byte[][] all = config.bootstrap().allGather(address.toArray(JAVA_BYTE), config.timeout());
    long stride = FabricLayouts.ADDRESS.byteSize();
    MemorySegment addresses = arena.allocate(stride * all.length, 8);
    for (int other = 0; other < all.length; other++) {
      if (all[other].length != stride) {
        throw new TransportException(
            other,
            "open shm: rank=%d sent an address of %d bytes".formatted(other, all[other].length));
      }
      MemorySegment.copy(all[other], 0, addresses, JAVA_BYTE, other * stride, (int) stride);
    }
    FabricError.check(
        ctx, "open shm", Fabric.connect(ctx, addresses.address(), stride, all.length));
  }

  @Override
  public String name() {
    return ShmTransportProvider.NAME;
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
  public Capabilities capabilities() {
    return capabilities;
  }

  @Override
  public boolean loads(int other) {
    TransportChecks.rank("loads", other, size);
    return true;
  }

  @Override
  public Region allocate(MemoryKind kind, long bytes, String purpose) {
    throwIfClosed("allocate");
    TransportChecks.regionBytes("allocate", purpose, bytes);
    if (kind == MemoryKind.DEVICE) {
      throw new UnsupportedOperationException(
          "allocate: region '%s': shm has no DEVICE memory, expected HOST or SHARED"
              .formatted(purpose));
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment request = arena.allocate(FabricLayouts.REGION_REQUEST);
      FabricLayouts.start(request, FabricLayouts.REGION_REQUEST, REQUEST_MAGIC);
      request.set(
          JAVA_INT, FabricLayouts.offset(FabricLayouts.REGION_REQUEST, "kind"), kind.ordinal());
      request.set(JAVA_LONG, FabricLayouts.offset(FabricLayouts.REGION_REQUEST, "bytes"), bytes);
      MemorySegment handle = arena.allocate(JAVA_LONG);
      int code = Fabric.regionAlloc(ctx, request.address(), handle.address());
      FabricError.check(ctx, "allocate: region '" + purpose + "'", code);
      return region(handle.get(JAVA_LONG, 0), kind, purpose, arena);
    }
  }

  @Override
  public Region register(MemorySegment memory, String purpose) {
    throwIfClosed("register");
    if (!memory.isNative() || !memory.isAccessibleBy(ANY_THREAD)) {
      throw new IllegalArgumentException(
          "register: region '%s': found memory %s, expected off-heap memory open to all threads"
              .formatted(purpose, memory.isNative() ? "of one thread" : "on the heap"));
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment handle = arena.allocate(JAVA_LONG);
      int code = Fabric.regionRegister(ctx, memory.address(), memory.byteSize(), handle.address());
      FabricError.check(ctx, "register: region '" + purpose + "'", code);
      return region(handle.get(JAVA_LONG, 0), MemoryKind.HOST, purpose, arena);
    }
  }

  private FabricRegion region(long handle, MemoryKind kind, String purpose, Arena arena) {
    MemorySegment info = arena.allocate(FabricLayouts.REGION_INFO);
    FabricLayouts.start(info, FabricLayouts.REGION_INFO, REGION_MAGIC);
    FabricError.check(ctx, "region", Fabric.regionQuery(ctx, handle, info.address()));
    FabricRegion region =
        new FabricRegion(
            this,
            handle,
            info.get(JAVA_INT, FabricLayouts.offset(FabricLayouts.REGION_INFO, "owner")),
            kind,
            info.get(JAVA_LONG, FabricLayouts.offset(FabricLayouts.REGION_INFO, "address")),
            info.get(JAVA_LONG, FabricLayouts.offset(FabricLayouts.REGION_INFO, "bytes")),
            purpose);
    regions.add(region);
    return region;
  }

  /** Throws when the owner of an attached region has released it, or is gone. */
  void requireAlive(FabricRegion region) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment info = arena.allocate(FabricLayouts.REGION_INFO);
      FabricLayouts.start(info, FabricLayouts.REGION_INFO, REGION_MAGIC);
      int code = Fabric.regionQuery(ctx, region.handle(), info.address());
      FabricError.check(ctx, "region of rank=" + region.rank(), code);
    }
  }

  @Override
  public byte[] export(Region region) {
    throwIfClosed("export");
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment key = arena.allocate(FabricLayouts.KEY);
      FabricLayouts.start(key, FabricLayouts.KEY, KEY_MAGIC);
      FabricError.check(
          ctx, "export", Fabric.regionExport(ctx, own("export", "the", region), key.address()));
      return key.toArray(JAVA_BYTE);
    }
  }

  @Override
  public Region attach(int owner, byte[] key) {
    throwIfClosed("attach");
    TransportChecks.rank("attach", owner, size);
    if (key.length != FabricLayouts.KEY.byteSize()) {
      throw new IllegalArgumentException(
          "attach: rank=%d: found a key of %d bytes, expected %d"
              .formatted(owner, key.length, FabricLayouts.KEY.byteSize()));
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment struct = arena.allocate(FabricLayouts.KEY);
      MemorySegment.copy(key, 0, struct, JAVA_BYTE, 0, key.length);
      MemorySegment handle = arena.allocate(JAVA_LONG);
      int code = Fabric.regionAttach(ctx, owner, struct.address(), handle.address());
      FabricError.check(ctx, "attach: rank=" + owner, code);
      return region(handle.get(JAVA_LONG, 0), MemoryKind.SHARED, "attached", arena);
    }
  }

  @Override
  public void release(Region region) {
    throwIfClosed("release");
    long handle = handle("release", "the", region);
    ((FabricRegion) region).end();
    regions.remove((FabricRegion) region);
    FabricError.check(ctx, "release", Fabric.regionRelease(ctx, handle));
  }

  @Override
  public void put(Region src, long srcOffset, Region dst, long dstOffset, long bytes) {
    long from = checkPut("put", src, srcOffset, dst, dstOffset, bytes);
    FabricError.check(
        ctx,
        "put",
        Fabric.put(ctx, from, srcOffset, ((FabricRegion) dst).handle(), dstOffset, bytes));
  }

  @Override
  public void get(Region src, long srcOffset, Region dst, long dstOffset, long bytes) {
    throwIfClosed("get");
    long from = handle("get", "src", src);
    long to = own("get", "dst", dst);
    TransportChecks.range("get", "src", src, srcOffset, bytes);
    TransportChecks.range("get", "dst", dst, dstOffset, bytes);
    FabricError.check(ctx, "get", Fabric.get(ctx, from, srcOffset, to, dstOffset, bytes));
  }

  @Override
  public void putSignal(
      Region src, long srcOffset, Region dst, long dstOffset, long bytes, int signal, long value) {
    long from = checkPut("putSignal", src, srcOffset, dst, dstOffset, bytes);
    TransportChecks.signal("putSignal", signal, signalCount);
    int code =
        Fabric.putSignal(
            ctx, from, srcOffset, ((FabricRegion) dst).handle(), dstOffset, bytes, signal, value);
    FabricError.check(ctx, "putSignal", code);
  }

  private long checkPut(
      String operation, Region src, long srcOffset, Region dst, long dstOffset, long bytes) {
    throwIfClosed(operation);
    long from = own(operation, "src", src);
    handle(operation, "dst", dst);
    TransportChecks.range(operation, "src", src, srcOffset, bytes);
    TransportChecks.range(operation, "dst", dst, dstOffset, bytes);
    return from;
  }

  @Override
  public void signal(int to, int signal, long value) {
    throwIfClosed("signal");
    TransportChecks.rank("signal", to, size);
    TransportChecks.signal("signal", signal, signalCount);
    FabricError.check(ctx, "signal", Fabric.putValue(ctx, to, signal, value));
  }

  @Override
  public void addSignal(int to, int signal, long delta) {
    throwIfClosed("addSignal");
    TransportChecks.rank("addSignal", to, size);
    TransportChecks.signal("addSignal", signal, signalCount);
    FabricError.check(ctx, "addSignal", Fabric.atomicAdd(ctx, to, signal, delta));
  }

  @Override
  public long signalValue(int signal) {
    TransportChecks.signal("signalValue", signal, signalCount);
    MemorySegment word = WORD.get();
    FabricError.check(ctx, "signalValue", Fabric.signalRead(ctx, signal, word.address()));
    return word.get(JAVA_LONG, 0);
  }

  @Override
  public void awaitSignal(int signal, long value, Deadline deadline, int fromRank) {
    throwIfClosed("awaitSignal");
    TransportChecks.signal("awaitSignal", signal, signalCount);
    if (fromRank != -1) {
      TransportChecks.rank("awaitSignal", fromRank, size);
    }
    while (true) {
      int code = Fabric.signalWait(ctx, signal, value, fromRank, deadline.nanosLeft());
      if (code == FabricCode.OK) {
        return;
      }
      if (code != FabricCode.TIMEOUT_SLICE && code != FabricCode.TIMEOUT) {
        throw FabricError.of(ctx, "awaitSignal: rank=" + rank, code);
      }
      throwIfInterrupted("awaitSignal");
      if (deadline.passed()) {
        throw new TransportException(
            fromRank,
            "awaitSignal: rank=%d waits on %s for %s: signal=%d found=%d expected>=%d"
                .formatted(
                    rank,
                    fromRank == -1 ? "any rank" : "rank=" + fromRank,
                    deadline,
                    signal,
                    signalValue(signal),
                    value));
      }
    }
  }

  @Override
  public long activity() {
    MemorySegment word = WORD.get();
    FabricError.check(ctx, "activity", Fabric.activity(ctx, word.address()));
    return word.get(JAVA_LONG, 0);
  }

  @Override
  public void awaitActivity(long seen, Deadline deadline) {
    throwIfClosed("awaitActivity");
    while (true) {
      int code = Fabric.activityWait(ctx, seen, deadline.nanosLeft());
      if (code == FabricCode.OK) {
        return;
      }
      if (code != FabricCode.TIMEOUT_SLICE && code != FabricCode.TIMEOUT) {
        throw FabricError.of(ctx, "awaitActivity: rank=" + rank, code);
      }
      throwIfInterrupted("awaitActivity");
      if (deadline.passed()) {
        return;
      }
    }
  }

  @Override
  public void send(int to, Region src, long offset, long bytes, Deadline deadline) {
    throwIfClosed("send");
    peer("send", to);
    long from = own("send", "src", src);
    TransportChecks.range("send", "src", src, offset, bytes);
    MemorySegment word = WORD.get();
    String what = "send: rank=%d to rank=%d".formatted(rank, to);
    while (true) {
      int code = Fabric.send(ctx, to, from, offset, bytes, 0, word.address());
      if (code == FabricCode.OK) {
        break;
      }
      if (code != FabricCode.AGAIN) {
        throw FabricError.of(ctx, what, code, to);
      }
      pause("send", to, bytes, deadline);
    }
    long sequence = word.get(JAVA_LONG, 0);
    while (true) {
      int code = Fabric.sendTest(ctx, to, sequence);
      if (code == FabricCode.OK) {
        return;
      }
      if (code != FabricCode.AGAIN) {
        throw FabricError.of(ctx, what, code, to);
      }
      if (deadline.passed() && Fabric.sendCancel(ctx, to, sequence) == FabricCode.OK) {
        throw late("send", to, bytes, deadline);
      }
      breathe("send");
    }
  }

  @Override
  public void receive(int from, Region dst, long offset, long bytes, Deadline deadline) {
    throwIfClosed("receive");
    peer("receive", from);
    long to = own("receive", "dst", dst);
    TransportChecks.range("receive", "dst", dst, offset, bytes);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment received = arena.allocate(FabricLayouts.RECEIVED);
      FabricLayouts.start(received, FabricLayouts.RECEIVED, RECEIVED_MAGIC);
      while (true) {
        int code = Fabric.receive(ctx, from, to, offset, bytes, received.address());
        if (code == FabricCode.OK) {
          return;
        }
        if (code != FabricCode.AGAIN) {
          throw FabricError.of(
              ctx, "receive: rank=%d from rank=%d".formatted(rank, from), code, from);
        }
        pause("receive", from, bytes, deadline);
      }
    }
  }

  @Override
  public void flush(int to, Deadline deadline) {
    throwIfClosed("flush");
    TransportChecks.rank("flush", to, size);
    while (true) {
      int code = Fabric.flush(ctx, to);
      if (code == FabricCode.OK) {
        return;
      }
      if (code != FabricCode.AGAIN) {
        throw FabricError.of(ctx, "flush: rank=" + rank, code);
      }
      pause("flush", to, 0, deadline);
    }
  }

  /** Waits a moment for another rank, or throws when there is no time left. */
  private void pause(String operation, int other, long bytes, Deadline deadline) {
    if (deadline.passed()) {
      throw late(operation, other, bytes, deadline);
    }
    breathe(operation);
  }

  private void breathe(String operation) {
    throwIfInterrupted(operation);
    throwIfClosed(operation);
    java.util.concurrent.locks.LockSupport.parkNanos(MESSAGE_SLICE_NANOS / 20);
  }

  private TransportException late(String operation, int other, long bytes, Deadline deadline) {
    return new TransportException(
        other,
        "%s: rank=%d waits on rank=%d for %s: bytes=%d"
            .formatted(operation, rank, other, deadline, bytes));
  }

  @Override
  public void progress() {
    throwIfClosed("progress");
    // failures are reported by the calls that wait
    Fabric.progress(ctx);
  }

  @Override
  public RowKernels kernels() {
    return kernels;
  }

  @Override
  public void abort(int causeRank, String why) {
    if (closed.get()) {
      return;
    }
    if (causeRank != -1) {
      TransportChecks.rank("abort", causeRank, size);
    }
    try (Arena arena = Arena.ofConfined()) {
      Fabric.abort(ctx, causeRank, arena.allocateFrom(why == null ? "" : why).address());
    }
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      regions.endAll();
      Fabric.close(ctx);
    }
  }

  private void peer(String operation, int other) {
    TransportChecks.rank(operation, other, size);
    if (other == rank) {
      throw new IllegalArgumentException(
          "%s: rank=%d is the calling rank, expected another".formatted(operation, other));
    }
  }

  private long own(String operation, String operand, Region region) {
    long handle = handle(operation, operand, region);
    TransportChecks.local(operation, operand, region, rank);
    return handle;
  }

  private long handle(String operation, String operand, Region region) {
    if (!(region instanceof FabricRegion mine) || mine.transport() != this) {
      throw new IllegalArgumentException(
          "%s: %s region '%s' is not of this transport"
              .formatted(operation, operand, region.purpose()));
    }
    if (mine.released()) {
      throw new IllegalStateException(
          "%s: %s region '%s' of rank=%d was released"
              .formatted(operation, operand, region.purpose(), region.rank()));
    }
    return mine.handle();
  }

  private void throwIfClosed(String operation) {
    if (closed.get()) {
      throw new IllegalStateException(
          "%s: shm transport of rank=%d is closed".formatted(operation, rank));
    }
  }

  private void throwIfInterrupted(String operation) {
    if (Thread.currentThread().isInterrupted()) {
      throw new TransportException(
          -1, "%s: rank=%d: the thread was interrupted".formatted(operation, rank));
    }
  }
}
