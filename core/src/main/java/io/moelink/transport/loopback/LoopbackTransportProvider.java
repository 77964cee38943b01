package io.moelink.transport.loopback;

import io.moelink.bootstrap.Bootstrap;
import io.moelink.bootstrap.BootstrapException;
import io.moelink.transport.Availability;
import io.moelink.transport.Transport;
import io.moelink.transport.TransportConfig;
import io.moelink.transport.TransportException;
import io.moelink.transport.TransportProvider;
import java.nio.ByteBuffer;
import java.util.UUID;

/** Opens loopback transports: the ranks agree on the group of rank 0 and meet in it. */
public final class LoopbackTransportProvider implements TransportProvider {
  static final String NAME = "loopback";

  /** Tells ranks of this process (and class loader) from those of another one. */
  private static final UUID PROCESS = UUID.randomUUID();

  /** For the service loader. */
  public LoopbackTransportProvider() {}

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Availability availability() {
    return Availability.available();
  }

  @Override
  public Transport open(TransportConfig config) {
    Bootstrap bootstrap = config.bootstrap();
    try {
      UUID groupId = agree(config);
      LoopbackGroup group =
          LoopbackGroup.join(groupId, bootstrap.rank(), bootstrap.size(), config.signalCount());
      boolean open = false;
      try {
        bootstrap.barrier(config.timeout());
        open = true;
        return new LoopbackTransport(group, bootstrap.rank());
      } finally {
        if (!open) {
          group.leave(bootstrap.rank());
        }
      }
    } catch (BootstrapException e) {
      throw new TransportException(
          e.rank(), "open loopback: rank=%d: %s".formatted(bootstrap.rank(), e.getMessage()), e);
    }
  }

  private static UUID agree(TransportConfig config) {
    Bootstrap bootstrap = config.bootstrap();
    ByteBuffer mine = ByteBuffer.allocate(36);
    put(mine, PROCESS);
    put(mine, UUID.randomUUID());
    mine.putInt(config.signalCount());
    byte[][] all = bootstrap.allGather(mine.array(), config.timeout());
    UUID groupId = null;
    for (int rank = 0; rank < all.length; rank++) {
      ByteBuffer theirs = ByteBuffer.wrap(all[rank]);
      if (theirs.remaining() != mine.capacity()) {
        throw new TransportException(
            rank,
            "open loopback: rank=%d opens another transport than rank=%d"
                .formatted(rank, bootstrap.rank()));
      }
      if (!PROCESS.equals(uuid(theirs))) {
        throw new TransportException(
            rank,
            "open loopback: rank=%d is in another process than rank=%d, expected all in one"
                .formatted(rank, bootstrap.rank()));
      }
      UUID proposed = uuid(theirs);
      groupId = rank == 0 ? proposed : groupId;
      int signalCount = theirs.getInt();
      if (signalCount != config.signalCount()) {
        throw new TransportException(
            rank,
            "open loopback: rank=%d has signalCount=%d, expected %d as on rank=%d"
                .formatted(rank, signalCount, config.signalCount(), bootstrap.rank()));
      }
    }
    return groupId;
  }

  private static void put(ByteBuffer to, UUID id) {
    to.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
  }

  private static UUID uuid(ByteBuffer from) {
    return new UUID(from.getLong(), from.getLong());
  }
}
