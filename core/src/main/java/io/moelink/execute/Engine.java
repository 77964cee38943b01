package io.moelink.execute;

import io.moelink.bootstrap.Bootstrap;
import io.moelink.layout.dispatch.GatheredRouting;
import io.moelink.layout.dispatch.RoutingIndex;
import io.moelink.layout.plan.Plan;
import io.moelink.layout.plan.RowBinder;
import io.moelink.layout.routing.ExpertPlacement;
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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * One rank's engine: the transport and all that is set up once for it. Used by one thread at a
 * time, and by all ranks with the same calls in the same order.
 */
public final class Engine implements AutoCloseable {
  private final Transport transport;
  private final Bootstrap bootstrap;
  private final Duration timeout;
  private final Arena arena = Arena.ofShared();
  private final IntMemory lists = new IntMemory(arena);
  private final List<RankPlan> plans = new ArrayList<>();
  private final IndexBoard indexes;
  private final MessageBoard messages;
  private final GroupMemory memory;
  private final RegionPool scratch;
  private final Executor executor;
  private final StepTimes times;
  private final int closeSlot;
  private long operations;

  /**
   * Opens the transport and connects the boards of all ranks.
   *
   * @param plans the plans that will be run, the same on all ranks
   * @param payloadCount payloads of an operation at most
   * @param memoryBytesMax most bytes of shared memory of this rank
   */
  public Engine(
      Topology topology,
      ExpertPlacement placement,
      int topK,
      int tokensMax,
      List<Plan> plans,
      int payloadCount,
      long memoryBytesMax,
      TransportProvider provider,
      Bootstrap bootstrap,
      Duration timeout,
      int computeUnits) {
    this.bootstrap = bootstrap;
    this.timeout = timeout;
    List<Wiring> wirings = plans.stream().map(Wiring::new).toList();
    closeSlot = IndexBoard.slotCount(topology.rankCount());
    int slots = closeSlot + topology.rankCount();
    int entriesMax = 0;
    for (Wiring wiring : wirings) {
      this.plans.add(new RankPlan(wiring, bootstrap.rank(), slots, wiring.slotCount()));
      slots += Lanes.OPERATIONS * wiring.slotCount();
      entriesMax = Math.max(entriesMax, wiring.exportCountMax() * payloadCount);
    }
    transport =
        provider.open(new TransportConfig(bootstrap, Math.max(1, slots), timeout, computeUnits));
    try {
      requireLoads(topology);
      times = new StepTimes(topology.rankCount());
      memory = new GroupMemory(transport, memoryBytesMax);
      // scratch, and the caller's input and expert rows of each payload
      messages = new MessageBoard(transport, memory, 1 + 2 * payloadCount, entriesMax);
      indexes = new IndexBoard(transport, memory, topology, placement, topK, tokensMax, 0);
      scratch = new RegionPool(memory, "buffers on the way");
      executor = new Executor(transport, messages, scratch, times);
      connect();
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

  private void connect() {
    ByteArrayOutputStream keys = new ByteArrayOutputStream();
    for (byte[] key : List.of(messages.key(), indexes.key())) {
      keys.write(key.length);
      keys.writeBytes(key);
    }
    byte[][] gathered = bootstrap.allGather(keys.toByteArray(), timeout);
    for (int rank = 0; rank < gathered.length; rank++) {
      ByteBuffer theirs = ByteBuffer.wrap(gathered[rank]);
      messages.connect(rank, next(theirs));
      indexes.connect(rank, next(theirs));
    }
    bootstrap.barrier(timeout);
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
  public Run begin(Operation operation, long number, Deadline deadline) {
    return executor.begin(operation, number, deadline);
  }

  /** The memory that other ranks can reach. */
  public GroupMemory memory() {
    return memory;
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
    return Deadline.after(timeout);
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
        awaitAll();
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

  /** By signals and not by the bootstrap, which would not hear of a rank that aborts. */
  private void awaitAll() {
    for (int to = 0; to < transport.size(); to++) {
      transport.signal(to, closeSlot + transport.rank(), 1);
    }
    Deadline deadline = deadline();
    for (int from = 0; from < transport.size(); from++) {
      try {
        transport.awaitSignal(closeSlot + from, 1, deadline, from);
      } catch (TransportException e) {
        if (!deadline.passed() || e.rank() != from) {
          throw e;
        }
        throw new TransportException(
            from,
            "rank %d, close: waited %s for rank %d to come to it"
                .formatted(transport.rank(), deadline, from),
            e);
      }
    }
  }

  @Override
  public void close() {
    close(false);
  }
}
