package io.moelink.execute;

import io.moelink.bootstrap.Bootstrap;
import io.moelink.layout.dispatch.GatheredRouting;
import io.moelink.layout.dispatch.RoutingIndex;
import io.moelink.layout.plan.Plan;
import io.moelink.layout.plan.Reach;
import io.moelink.layout.plan.RowBinder;
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

  /** For each plan what was bound and is free to be bound again. */
  private final List<List<BoundPlan>> released = new ArrayList<>();

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
    int ranks = config.topology().rankCount();
    int farewellSlot = IndexBoard.slotCount(ranks);
    int firstSlot = farewellSlot + Farewell.slotCount(ranks);
    int slotsMax = firstSlot + planSlotsMax();
    transport =
        provider.open(
            new TransportConfig(bootstrap, slotsMax, config.timeout(), config.computeUnits()));
    try {
      LoadMatrix reach = LoadMatrix.gather(transport, bootstrap, config.timeout());
      List<Plan> made = config.plans().make(reach);
      int entriesMax = wire(made, reach, firstSlot, slotsMax);
      times = new StepTimes(ranks);
      farewell = new Farewell(transport, farewellSlot);
      memory = new GroupMemory(transport, config.memoryBytesMax());
      // scratch, and the caller's input and expert rows of each payload
      messages =
          new MessageBoard(transport, memory, reach, 1 + 2 * config.payloadCount(), entriesMax);
      indexes = new IndexBoard(transport, memory, config, made, reach, 0, times, farewell);
      scratch = new RegionPool(memory, "buffers on the way");
      executor = new Executor(transport, messages, scratch, times, farewell, config.payloadCount());
      connect(bootstrap);
    } catch (RuntimeException e) {
      transport.close();
      arena.close();
      throw e;
    }
  }

  /**
   * Signal slots that the plans need at most. Who can load from whom is known only once the
   * transport is open, which needs their number; where nobody can load, every row that a rank would
   * read elsewhere is sent to it, and each such buffer has a slot of its own: no plan needs more.
   */
  private int planSlotsMax() {
    List<Plan> most = config.plans().make((reader, owner) -> false);
    return most.stream()
        .mapToInt(plan -> Lanes.OPERATIONS * new Wiring(plan, (r, o) -> false).slotCount())
        .sum();
  }

  /** Gives each plan its slots; returns how many places of buffers a message has at most. */
  private int wire(List<Plan> made, Reach reach, int firstSlot, int slotsMax) {
    int slots = firstSlot;
    int entriesMax = 0;
    for (Plan plan : made) {
      Wiring wiring = new Wiring(plan, reach);
      plans.add(
          new RankPlan(
              config.topology(),
              wiring,
              transport.rank(),
              slots,
              wiring.slotCount(),
              config.ringRows()));
      released.add(new ArrayList<>());
      slots += Lanes.OPERATIONS * wiring.slotCount();
      entriesMax = Math.max(entriesMax, wiring.exportCountMax() * config.payloadCount());
    }
    if (slots > slotsMax) {
      throw new IllegalStateException(
          "signal slots: found %d, expected at most %d".formatted(slots, slotsMax));
    }
    return entriesMax;
  }

  private void connect(Bootstrap bootstrap) {
    ByteArrayOutputStream greetings = new ByteArrayOutputStream();
    greetings.writeBytes(messages.greeting());
    greetings.writeBytes(indexes.greeting());
    byte[][] gathered = bootstrap.allGather(greetings.toByteArray(), config.timeout());
    for (int rank = 0; rank < gathered.length; rank++) {
      ByteBuffer theirs = ByteBuffer.wrap(gathered[rank]);
      messages.connect(rank, theirs);
      indexes.connect(rank, theirs);
    }
    bootstrap.barrier(config.timeout());
  }

  /** Publishes this rank's routing; returns its number. */
  public long publish(RoutingIndex index) {
    try {
      return indexes.publish(index);
    } catch (RuntimeException e) {
      // the memory of ranks that have given up goes away under those who put into it
      throw abortOr(e);
    }
  }

  /** Whether {@link #gather} would return at once. */
  public boolean gathered(long number) {
    return indexes.complete(number);
  }

  /** Waits for the routing of all ranks; {@code index} is what this one published. */
  public GatheredRouting gather(long number, RoutingIndex index, Deadline deadline) {
    return indexes.gather(number, index, deadline);
  }

  /** Binds this rank's part of the i-th plan. */
  public BoundPlan bind(int plan, RowBinder binder) {
    List<BoundPlan> free = released.get(plan);
    BoundPlan bound =
        free.isEmpty() ? new BoundPlan(plans.get(plan), lists, free) : free.removeLast();
    return bound.bind(binder);
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

  /** Whether a rank has left the group; for any thread. */
  public boolean left(int rank) {
    return farewell.left(rank);
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
        executor.posts().close();
        scratch.close();
        memory.close();
      }
    } finally {
      transport.close();
      arena.close();
    }
  }
}
