package io.moelink.execute;

import io.moelink.bootstrap.Bootstrap;
import io.moelink.layout.dispatch.GatheredRouting;
import io.moelink.layout.dispatch.RoutingIndex;
import io.moelink.layout.plan.RowBinder;
import io.moelink.layout.topology.Topology;
import io.moelink.memory.GroupMemory;
import io.moelink.transport.Deadline;
import io.moelink.transport.Transport;
import io.moelink.transport.TransportConfig;
import io.moelink.transport.TransportException;
import io.moelink.transport.TransportProvider;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * One rank's engine: the transport and all that is set up once for it. Used by one thread at a
 * time, and by all ranks with the same calls in the same order.
 */
public final class Engine {
  private final Transport transport;
  private final EngineConfig config;
  private final Arena arena = Arena.ofShared();
  private final IntMemory lists = new IntMemory(arena);
  private final List<RankPlan> plans = new ArrayList<>();
  private final IndexBoard indexes;
  private final MessageBoard messages;
  private final GroupMemory memory;
  private final RegionPool scratch;
  private final Executor executor;
  private final StepTimes times;
  private final Farewell farewell;
  private long operations;

  /** Opens the transport and connects the boards of all ranks. */
  public Engine(EngineConfig config, TransportProvider provider, Bootstrap bootstrap) {
    this.config = config;
    List<Wiring> wirings = config.plans().stream().map(Wiring::new).toList();
    int ranks = config.topology().rankCount();
    int farewellSlot = IndexBoard.slotCount(ranks);
    int slots = farewellSlot + Farewell.slotCount(ranks);
    int entriesMax = 0;
    for (Wiring wiring : wirings) {
      plans.add(new RankPlan(wiring, bootstrap.rank(), slots, wiring.slotCount()));
      slots += Lanes.OPERATIONS * wiring.slotCount();
      entriesMax = Math.max(entriesMax, wiring.exportCountMax() * config.payloadCount());
    }
    transport =
        provider.open(
            new TransportConfig(bootstrap, slots, config.timeout(), config.computeUnits()));
    try {
      requireLoads(config.topology());
      times = new StepTimes(ranks);
      farewell = new Farewell(transport, farewellSlot);
      memory = new GroupMemory(transport, config.memoryBytesMax());
      // scratch, and the caller's input and expert rows of each payload
      messages = new MessageBoard(transport, memory, 1 + 2 * config.payloadCount(), entriesMax);
      indexes = new IndexBoard(transport, memory, config, 0, times, farewell);
      scratch = new RegionPool(memory, "buffers on the way");
      executor = new Executor(transport, messages, scratch, times, farewell);
      connect(bootstrap);
    } catch (RuntimeException e) {
      transport.close();
      arena.close();
      throw e;
    }
  }

  private void requireLoads(Topology topology) {
    for (int rank = 0; rank < topology.rankCount(); rank++) {
      if (!transport.loads(rank)) {
        throw new TransportException(
            rank,
            "transport %s: rank %d cannot load memory of rank %d, which the routing index needs"
                .formatted(transport.name(), transport.rank(), rank));
      }
    }
  }

  private void connect(Bootstrap bootstrap) {
    ByteArrayOutputStream keys = new ByteArrayOutputStream();
    for (byte[] key : List.of(messages.key(), indexes.key())) {
      keys.write(key.length);
      keys.writeBytes(key);
    }
    byte[][] gathered = bootstrap.allGather(keys.toByteArray(), config.timeout());
    for (int rank = 0; rank < gathered.length; rank++) {
      ByteBuffer theirs = ByteBuffer.wrap(gathered[rank]);
      messages.connect(rank, next(theirs));
      indexes.connect(rank, next(theirs));
    }
    bootstrap.barrier(config.timeout());
  }

  private static byte[] next(ByteBuffer keys) {
    byte[] key = new byte[keys.get()];
    keys.get(key);
    return key;
  }

  /** Publishes this rank's routing; returns its number. */
  public long publish(RoutingIndex index) {
    return indexes.publish(index);
  }

  /** Whether {@link #gather} would return at once. */
  public boolean gathered(long number) {
    return indexes.complete(number);
  }

  /** Waits for the routing of all ranks. */
  public GatheredRouting gather(long number, Deadline deadline) {
    return indexes.gather(number, deadline);
  }

  /** Binds this rank's part of the i-th plan. */
  public BoundPlan bind(int plan, RowBinder binder) {
    return new BoundPlan(plans.get(plan), binder, lists);
  }

  /** Reserves the number of the next operation; every operation begins with one. */
  public long nextNumber() {
    return ++operations;
  }

  /** Begins an operation. */
  public Run begin(Operation operation, long number) {
    return executor.begin(operation, number);
  }

  /** The memory that other ranks can reach. */
  public GroupMemory memory() {
    return memory;
  }

  /** What ended the group, if a rank has given it up; else the failure itself. */
  public RuntimeException abortOr(RuntimeException failure) {
    return executor.abortOr(failure);
  }

  public Transport transport() {
    return transport;
  }

  /** Where time went. */
  public StepTimes times() {
    return times;
  }

  /** A deadline for one operation. */
  public Deadline deadline() {
    return Deadline.after(config.timeout());
  }

  /**
   * Waits until all ranks are done, and ends everything; a group that has failed waits for nobody
   * and does not count what is left.
   *
   * @throws IllegalStateException naming the purpose of memory that is still held
   * @throws TransportException when a rank does not come in time or has failed
   */
  public void close(boolean failed) {
    try {
      if (!failed) {
        farewell.leave(deadline());
        messages.close();
        indexes.close();
        scratch.close();
        memory.close();
      }
    } finally {
      transport.close();
      arena.close();
    }
  }
}
