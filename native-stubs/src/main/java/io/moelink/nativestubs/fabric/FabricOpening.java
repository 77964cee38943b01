package io.moelink.nativestubs.fabric;

import io.moelink.bootstrap.Bootstrap;
import io.moelink.bootstrap.BootstrapException;
import io.moelink.layout.InvalidInputException;
import io.moelink.nativestubs.abi.AddressStruct;
import io.moelink.nativestubs.abi.CapsStruct;
import io.moelink.nativestubs.abi.Codes;
import io.moelink.nativestubs.abi.ConfigStruct;
import io.moelink.nativestubs.abi.Fabric;
import io.moelink.transport.Capabilities;
import io.moelink.transport.Transport;
import io.moelink.transport.TransportConfig;
import io.moelink.transport.TransportException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;

/** Opens a context, exchanges addresses and connects: what the ranks do together, once. */
final class FabricOpening {
  private static final int TOKEN_BYTES = 16;
  private static final int COMPUTE_UNITS_MAX = 256;

  private final Fabric fabric;
  private final String name;
  private final TransportConfig config;
  private final Bootstrap bootstrap;
  private final int rank;

  FabricOpening(Fabric fabric, String name, TransportConfig config) {
    this.fabric = fabric;
    this.name = name;
    this.config = config;
    this.bootstrap = config.bootstrap();
    this.rank = bootstrap.rank();
  }

  Transport open() {
    try {
      byte[] groupToken = agree();
      try (Arena arena = Arena.ofConfined()) {
        return openAndConnect(groupToken, arena);
      }
    } catch (BootstrapException e) {
      throw new TransportException(
          e.rank(), "open %s: rank=%d: %s".formatted(name, rank, e.getMessage()), e);
    }
  }

  /**
   * Gathers what must be the same on all ranks; returns rank 0's random token of the group.
   *
   * <pre>
   *   0        16              20
   *   | token  | signal count  | name   |   one rank's bytes, little endian
   * </pre>
   */
  private byte[] agree() {
    byte[] token = new byte[TOKEN_BYTES];
    new SecureRandom().nextBytes(token);
    byte[] nameBytes = name.getBytes(StandardCharsets.UTF_8);
    byte[] mine = Arrays.copyOf(token, TOKEN_BYTES + 4 + nameBytes.length);
    MemorySegment.ofArray(mine)
        .set(ValueLayout.JAVA_INT_UNALIGNED, TOKEN_BYTES, config.signalCount());
    System.arraycopy(nameBytes, 0, mine, TOKEN_BYTES + 4, nameBytes.length);
    byte[][] all = bootstrap.allGather(mine, config.timeout());
    for (int other = 0; other < all.length; other++) {
      byte[] theirs = all[other];
      if (theirs.length != mine.length
          || !Arrays.equals(
              theirs, TOKEN_BYTES + 4, theirs.length, nameBytes, 0, nameBytes.length)) {
        throw new TransportException(
            other,
            "open %s: rank=%d opens another transport than rank=%d".formatted(name, other, rank));
      }
      int signalCount =
          MemorySegment.ofArray(theirs).get(ValueLayout.JAVA_INT_UNALIGNED, TOKEN_BYTES);
      if (signalCount != config.signalCount()) {
        throw new TransportException(
            other,
            "open %s: rank=%d has signalCount=%d, expected %d as on rank=%d"
                .formatted(name, other, signalCount, config.signalCount(), rank));
      }
    }
    return Arrays.copyOf(all[0], TOKEN_BYTES);
  }

  private Transport openAndConnect(byte[] groupToken, Arena arena) {
    Context context = new Context(fabric, openContext(groupToken, arena), name, rank);
    boolean connected = false;
    try {
      connect(context, arena);
      Capabilities capabilities = capabilities(context, arena);
      // nobody goes on, and perhaps closes, before all are connected
      bootstrap.barrier(config.timeout());
      Transport transport =
          new FabricTransport(context, config.signalCount(), capabilities, loads(context, arena));
      connected = true;
      return transport;
    } finally {
      if (!connected) {
        fabric.life().close(context.token());
      }
    }
  }

  private long openContext(byte[] groupToken, Arena arena) {
    MemorySegment struct = ConfigStruct.allocate(arena);
    struct.set(ValueLayout.JAVA_INT, ConfigStruct.RANK, rank);
    struct.set(ValueLayout.JAVA_INT, ConfigStruct.RANK_COUNT, bootstrap.size());
    struct.set(ValueLayout.JAVA_INT, ConfigStruct.SIGNAL_COUNT, config.signalCount());
    struct.set(
        ValueLayout.JAVA_INT,
        ConfigStruct.COMPUTE_UNITS,
        Math.min(COMPUTE_UNITS_MAX, config.computeUnits()));
    struct.set(ValueLayout.JAVA_LONG, ConfigStruct.TIMEOUT_NS, nanos(config.timeout()));
    MemorySegment.copy(
        groupToken, 0, struct, ValueLayout.JAVA_BYTE, ConfigStruct.GROUP_TOKEN, TOKEN_BYTES);
    ConfigStruct.setGroupName(struct, name + "-" + HexFormat.of().formatHex(groupToken, 0, 4));
    MemorySegment context = arena.allocate(ValueLayout.JAVA_LONG);
    int code = fabric.life().open(struct, context);
    if (code != Codes.OK) {
      RuntimeException failure =
          new Context(fabric, 0, name, rank).failure("open " + name, "", code);
      // of what is invalid there only variables of the environment were not checked before
      throw code == Codes.INVALID ? new InvalidInputException(failure.getMessage()) : failure;
    }
    return context.get(ValueLayout.JAVA_LONG, 0);
  }

  private static long nanos(Duration duration) {
    long secondsMax = Long.MAX_VALUE / 1_000_000_000L - 1;
    return duration.getSeconds() > secondsMax ? Long.MAX_VALUE / 2 : duration.toNanos();
  }

  private void connect(Context context, Arena arena) {
    MemorySegment address = AddressStruct.allocate(arena);
    throwIfBad(context, fabric.life().addressGet(context.token(), address));
    byte[][] all = bootstrap.allGather(address.toArray(ValueLayout.JAVA_BYTE), config.timeout());
    long bytes = address.byteSize();
    MemorySegment addresses = arena.allocate(bytes * all.length, 8);
    for (int other = 0; other < all.length; other++) {
      if (all[other].length != bytes) {
        throw new TransportException(
            other,
            "open %s: rank=%d has an address of %d bytes, expected %d"
                .formatted(name, other, all[other].length, bytes));
      }
      MemorySegment.copy(
          all[other], 0, addresses, ValueLayout.JAVA_BYTE, bytes * other, (int) bytes);
    }
    throwIfBad(context, fabric.life().connect(context.token(), addresses, bytes, all.length));
  }

  private Capabilities capabilities(Context context, Arena arena) {
    MemorySegment caps = CapsStruct.allocate(arena);
    throwIfBad(context, fabric.life().capsGet(context.token(), caps));
    int flags = caps.get(ValueLayout.JAVA_INT, CapsStruct.FLAGS);
    return new Capabilities(
        (flags & CapsStruct.REMOTE_LOADS) != 0,
        (flags & CapsStruct.DEVICE_MEMORY) != 0,
        caps.get(ValueLayout.JAVA_LONG, CapsStruct.MESSAGE_BYTES_MAX),
        caps.get(ValueLayout.JAVA_INT, CapsStruct.COMPUTE_UNITS));
  }

  private boolean[] loads(Context context, Arena arena) {
    boolean[] loads = new boolean[bootstrap.size()];
    MemorySegment loadable = arena.allocate(ValueLayout.JAVA_INT);
    for (int other = 0; other < loads.length; other++) {
      throwIfBad(context, fabric.life().loads(context.token(), other, loadable));
      loads[other] = loadable.get(ValueLayout.JAVA_INT, 0) != 0;
    }
    return loads;
  }

  private void throwIfBad(Context context, int code) {
    if (code != Codes.OK) {
      throw context.failure("open " + name, "", code);
    }
  }
}
