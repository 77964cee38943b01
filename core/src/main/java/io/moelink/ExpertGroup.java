package io.moelink;

import io.moelink.bootstrap.Bootstrap;
import io.moelink.bootstrap.BootstrapException;
import io.moelink.execute.BoundPlan;
import io.moelink.execute.Engine;
import io.moelink.execute.EngineConfig;
import io.moelink.execute.Operation;
import io.moelink.execute.Run;
import io.moelink.layout.InvalidInputException;
import io.moelink.layout.dispatch.RoutingIndex;
import io.moelink.layout.routing.TopK;
import io.moelink.transport.TransportException;
import io.moelink.transport.TransportProvider;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * One rank's membership in a group of ranks that hold the experts of a layer together. All ranks
 * make the same calls in the same order; one thread at a time. See the package's page.
 *
 * <p>More than 400 lines: every call that a user makes is here with its documentation. Checks of
 * arguments are in {@link CallChecks}, routings in {@link Routings}, the work is in {@code
 * io.moelink.execute}.
 */
public final class ExpertGroup implements AutoCloseable {
  private static final int IN_FLIGHT_MAX = 2;

  private final ExpertGroupConfig config;
  private final int rank;
  private final PlanChoices choices;
  private final Engine engine;
  private final CallChecks checks;
  private final RowMemory memory;
  private final int[] payloadBytes;
  private final int[] hiddenBytes;
  private final StatsCounter stats;
  private final Backward backward;
  private final Routings routings;
  private final GroupFailure failure;
  private final List<PendingDispatch> inFlight = new ArrayList<>();

  private final Bootstrap bootstrap;
  private final TransportProvider provider;

  /**
   * What it is left of, where a group was shrunk to this one, which has the bootstrap to itself.
   */
  private Remaining remaining;

  private volatile boolean closed;

  private ExpertGroup(ExpertGroupConfig config, Bootstrap bootstrap, TransportProvider provider) {
    this.config = config;
    this.bootstrap = bootstrap;
    this.provider = provider;
    payloadBytes = config.payloadBytes();
    hiddenBytes = new int[] {payloadBytes[0]};
    rank = bootstrap.rank();
    choices = new PlanChoices(config);
    EngineConfig setUp =
        new EngineConfig(
            config.topology(),
            config.placement(),
            choices::plans,
            config.topK(),
            config.tokensPerRankMax(),
            payloadBytes.length,
            config.memoryBytesMax(),
            config.ringRows(),
            config.timeout(),
            config.computeUnits());
    engine = new Engine(setUp, provider, bootstrap);
    failure = new GroupFailure(engine.transport());
    routings = new Routings(this, engine);
    checks = new CallChecks(this);
    memory = new RowMemory(this, engine.memory());
    stats = new StatsCounter(config, engine.times());
    backward = new Backward(this);
  }

  /**
   * Joins a group. Returns when all ranks have.
   *
   * @param bootstrap finds the other ranks; stays the caller's to close, after the group
   * @throws InvalidInputException when the ranks' configs differ, or their number is not the
   *     topology's
   * @throws TransportException when a rank does not come in time
   */
  public static ExpertGroup open(
      ExpertGroupConfig config, Bootstrap bootstrap, TransportProvider provider) {
    try {
      // first, so that all ranks hear of a config that one of them has for itself
      ConfigAgreement.check(config, bootstrap);
      if (bootstrap.size() != config.topology().rankCount()) {
        throw new InvalidInputException(
            "ranks: found "
                + bootstrap.size()
                + ", expected "
                + config.topology().rankCount()
                + " (topology "
                + config.topology().name()
                + ")");
      }
      return new ExpertGroup(config, bootstrap, provider);
    } catch (BootstrapException e) {
      throw new TransportException(
          e.rank(), "rank " + bootstrap.rank() + ", open: " + e.getMessage(), e);
    }
  }

  public ExpertGroupConfig config() {
    return config;
  }

  /** This rank's number. */
  public int rank() {
    return rank;
  }

  /** The transport's name and its kernels', for people. */
  public String transportName() {
    return engine.transport().name() + " (" + engine.transport().kernels().name() + " kernels)";
  }

  /** Memory for hidden rows of {@code rows} tokens. */
  public TokenBuffer allocateTokens(int rows) {
    return allocatePayload(0, rows);
  }

  /** Memory for {@code rows} rows of a payload; 0 is the hidden row. */
  public TokenBuffer allocatePayload(int payload, int rows) {
    requireOpen("allocate");
    checks.payload(payload);
    if (rows < 0) {
      throw new InvalidInputException("rows to allocate: found " + rows + ", expected 0 or more");
    }
    return memory.allocate(payload, rows);
  }

  /**
   * Works out a routing without moving a row: {@link Handle#rowCount} and the counts per expert say
   * how much memory dispatch will fill.
   */
  public Handle plan(TopK topK) {
    requireOpen("plan");
    // the places for published routings are counted for dispatches in flight alone
    requireNoneInFlight("plan");
    checks.routing("plan", topK);
    RoutingIndex index = routings.index(topK);
    return failure.guarded("plan", () -> routings.gather(routings.publish(index), index));
  }

  /**
   * Brings every token's row to the ranks of the experts that it chose.
   *
   * @param tokens one row per token
   * @param topK the experts that each token chose, with weights
   */
  public Dispatched dispatch(TokenBuffer tokens, TopK topK) {
    requireNoneInFlight("dispatch");
    return dispatchAsync(List.of(tokens), topK, List.of()).await();
  }

  /** Dispatches other rows by a routing that is known already. */
  public Dispatched dispatch(Handle handle, TokenBuffer tokens) {
    return dispatch(handle, List.of(tokens), List.of());
  }

  /**
   * Dispatches by a routing that is known already.
   *
   * @param inputs one buffer per payload, a row per token
   * @param outputs the caller's buffers, at least {@link Handle#rowCount} rows each, one per
   *     payload; empty: the group makes them
   */
  public Dispatched dispatch(Handle handle, List<TokenBuffer> inputs, List<TokenBuffer> outputs) {
    String call = "dispatch";
    requireOpen(call);
    requireNoneInFlight(call);
    handle.requireUsable(this, call);
    checks.inputs(call, inputs, handle.tokens());
    checks.outputs(call, outputs, handle.rowCount());
    checks.apart(call, inputs, outputs);
    return post(new PendingDispatch(this, inputs, outputs, handle, engine.nextNumber())).await();
  }

  /** As {@link #dispatchAsync(List, TopK, List)} for hidden rows alone. */
  public PendingDispatch dispatchAsync(TokenBuffer tokens, TopK topK) {
    return dispatchAsync(List.of(tokens), topK, List.of());
  }

  /**
   * Posts a dispatch: what this rank has to give is on its way or there to be fetched when it
   * returns. Two may be in flight; each is awaited before its input changes.
   *
   * @param inputs one buffer per payload, a row per token
   * @param outputs as in the other dispatch calls; too few rows are found only when all ranks'
   *     routing is known, and end the group
   */
  public PendingDispatch dispatchAsync(
      List<TokenBuffer> inputs, TopK topK, List<TokenBuffer> outputs) {
    String call = "dispatch";
    requireOpen(call);
    if (inFlight.size() >= IN_FLIGHT_MAX) {
      throw new MoelinkException(
          call + ": " + inFlight() + " in flight; await the first one first");
    }
    checks.routing(call, topK);
    checks.inputs(call, inputs, topK.tokens());
    checks.outputs(call, outputs, 0);
    checks.apart(call, inputs, outputs);
    RoutingIndex index = routings.index(topK);
    long number = engine.nextNumber();
    long published = failure.guarded(call, () -> routings.publish(index));
    return post(new PendingDispatch(this, inputs, outputs, index, published, number));
  }

  private PendingDispatch post(PendingDispatch pending) {
    inFlight.add(pending);
    failure.guarded(
        "dispatch",
        () -> {
          pending.post();
          return pending;
        });
    return pending;
  }

  /** Runs the end of a dispatch in flight, which must be the first of them. */
  Dispatched finish(PendingDispatch pending, Supplier<Dispatched> end) {
    requireOpen("await");
    if (inFlight.isEmpty() || inFlight.getFirst() != pending) {
      throw new MoelinkException("await: dispatches are awaited in the order of posting");
    }
    Dispatched result = failure.guarded("dispatch", end);
    inFlight.removeFirst();
    return result;
  }

  /**
   * Sums the experts' rows back into token order: {@code out[t] = sum over k of w[t][k] * y[row(t,
   * k)]}, in the order and with the roundings of the algorithm. RANK_MAJOR rows are summed without
   * weights, one per rank.
   *
   * @param rows the experts' rows in the order of dispatch
   * @param out one row per token, another buffer; a token without experts gets a zero row
   */
  public void combine(Handle handle, TokenBuffer rows, TokenBuffer out) {
    combine("combine", handle, rows, out, true);
  }

  /**
   * The backward of dispatch: sums the gradients of a token's rows, without weights.
   *
   * @param gradients of the rows that dispatch gave
   * @param out gradients of the tokens' rows, another buffer
   */
  public void dispatchBackward(Handle handle, TokenBuffer gradients, TokenBuffer out) {
    combine("dispatchBackward", handle, gradients, out, false);
  }

  private void combine(
      String call, Handle handle, TokenBuffer rows, TokenBuffer out, boolean weighted) {
    requireDispatched(call, handle);
    checks.buffer(call, "rows", rows, 0, handle.rowCount());
    checks.buffer(call, "out", out, 0, handle.tokens());
    checks.apart(call, rows, out);
    CombineEvent event = CombineEvent.startIfOn();
    failure.guarded(
        call,
        () -> {
          Operation operation =
              operation(
                  call,
                  handle.combinePlan(),
                  handle.choice().chunkRows(),
                  weighted,
                  (buffer, payload) -> Ends.ofCombine(config, buffer, rows.start(), out.start()));
          Run run = engine.begin(operation, engine.nextNumber());
          run.finish(engine.deadline());
          run.release();
          return run;
        });
    stats.combined(handle);
    if (event != null) {
      event.commit(call, handle, stats);
    }
  }

  /**
   * The backward of combine: {@code dY[row(t, k)] = w[t][k] * dOut[t]} and {@code dW[t][k] =
   * dot(dOut[t], y[row(t, k)])}.
   *
   * @param gradients of combine's output, a row per token
   * @param rows the rows that combine was given
   */
  public CombineGradients combineBackward(Handle handle, TokenBuffer gradients, TokenBuffer rows) {
    String call = "combineBackward";
    requireDispatched(call, handle);
    checks.buffer(call, "gradients", gradients, 0, handle.tokens());
    checks.buffer(call, "rows", rows, 0, handle.rowCount());
    if (config.rowOrder() == RowOrder.COLUMN_MAJOR) {
      throw new MoelinkException(call + ": column-major rows have no weight gradients here");
    }
    DispatchEvent event = DispatchEvent.startIfOn();
    CombineGradients result =
        failure.guarded(call, () -> backward.combine(handle, gradients, rows));
    stats.combinedBackward(handle);
    if (event != null) {
      event.commit(call, handle, stats);
    }
    return result;
  }

  /** Bytes of shared memory that this rank has allocated for the group, as Arrow counts them. */
  public long allocatedBytes() {
    return engine.memory().allocatedBytes();
  }

  /** What this group has done since it was opened. */
  public GroupStats stats() {
    return stats.snapshot();
  }

  /**
   * What this rank knows of every rank, by rank; also while a call waits, for any thread. A rank
   * that died is known to have when a call needed it.
   */
  public List<RankHealth> health() {
    requireNotClosed("health");
    List<RankHealth> ranks = new ArrayList<>();
    for (int of = 0; of < config.topology().rankCount(); of++) {
      RankHealth.State state =
          failure.isBy(of)
              ? RankHealth.State.AT_FAULT
              : engine.left(of) ? RankHealth.State.LEFT : RankHealth.State.IN_THE_GROUP;
      // in this order: a wait begins after the rank was heard, and time goes on between the two
      long waited = engine.times().waitingFor(of);
      long heard = of == rank ? 0 : engine.times().sinceHeard(of);
      ranks.add(new RankHealth(of, state, Duration.ofNanos(heard), Duration.ofNanos(waited)));
    }
    return ranks;
  }

  /**
   * Goes on with the ranks that are left: ends this group, agrees with all that call this too on
   * who they are, and opens a group of them. Ranks are numbered again from 0 in their old order,
   * over {@link io.moelink.layout.topology.Topology#without what is left of the topology}. Buffers
   * and handles of this group end; what they hold must be copied before.
   *
   * <p>Every rank that lives calls it once a call has failed because of a rank; a group that has
   * not failed is given up by it. The bootstrap that the group was opened with must be open until
   * the new group is closed.
   *
   * @param window how long the first rank that calls waits for the others; ranks that the bootstrap
   *     knows to be gone are not waited for, and those that come later are left out
   * @param experts what becomes of the experts of lost ranks
   * @throws TransportException when this rank came too late or the bootstrap is lost, too
   * @throws InvalidInputException when no links or too few experts are left
   * @throws UnsupportedOperationException when the bootstrap cannot go on without a rank
   */
  public ExpertGroup shrink(Duration window, LostExperts experts) {
    requireNotClosed("shrink");
    abort("rank " + rank + " shrinks the group");
    close();
    try {
      Bootstrap.Survivors survivors = bootstrap.survivors(window);
      return Shrinking.orClose(
          survivors.bootstrap(),
          () -> {
            Shrinking left = new Shrinking(config, survivors.formerRanks(), experts);
            ExpertGroup group = open(left.config(), survivors.bootstrap(), provider);
            group.remaining = left.remaining();
            return group;
          });
    } catch (BootstrapException e) {
      throw new TransportException(e.rank(), "rank " + rank + ", shrink: " + e.getMessage(), e);
    }
  }

  /** What this group is left of, or null where it was not shrunk from another. */
  public Remaining remaining() {
    return remaining;
  }

  private void requireNotClosed(String call) {
    if (closed) {
      throw new MoelinkException(call + ": the group is closed");
    }
  }

  /**
   * Gives the group up: calls of all ranks, under way or to come, fail with this rank's number, and
   * close waits for nobody. Does nothing once the group has failed or is closed.
   *
   * @param why one line, for the others
   */
  public void abort(String why) {
    if (!closed) {
      failure.fail(new MoelinkException(why));
    }
  }

  /**
   * Leaves the group when all ranks have come to it; at once when the group has failed, and when
   * dispatches are in flight, which fails it. Ends the buffers that are still open.
   *
   * @throws TransportException when a rank does not come in time, or fails meanwhile
   * @throws IllegalStateException naming the purpose of memory that an {@code ArrowBuf} still holds
   */
  @Override
  public void close() {
    if (!closed) {
      if (!inFlight.isEmpty()) {
        abort("rank " + rank + " closed its group while " + inFlight() + " in flight");
      }
      if (!failure.isSet()) {
        memory.close();
      }
      closed = true;
      try {
        engine.close(failure.isSet());
      } finally {
        if (remaining != null) {
          bootstrap.close();
        }
      }
    }
  }

  Routings routings() {
    return routings;
  }

  PlanChoices choices() {
    return choices;
  }

  Engine engine() {
    return engine;
  }

  CallChecks checks() {
    return checks;
  }

  RowMemory memory() {
    return memory;
  }

  StatsCounter counter() {
    return stats;
  }

  boolean isClosed() {
    return closed;
  }

  Operation operation(
      String name, BoundPlan plan, int chunkRows, boolean weighted, Operation.Ends ends) {
    boolean dispatch = name.equals("dispatch");
    return new Operation(
        name,
        plan,
        dispatch ? payloadBytes : hiddenBytes,
        ends,
        config.elementType(),
        config.partialType(),
        config.hidden(),
        weighted,
        chunkRows);
  }

  private void requireDispatched(String call, Handle handle) {
    requireOpen(call);
    handle.requireUsable(this, call);
    handle.requireDispatched(call);
    requireNoneInFlight(call);
  }

  private void requireNoneInFlight(String call) {
    if (!inFlight.isEmpty()) {
      throw new MoelinkException(call + ": " + inFlight() + " in flight; await them first");
    }
  }

  private String inFlight() {
    return inFlight.size() == 1 ? "1 dispatch is" : inFlight.size() + " dispatches are";
  }

  private void requireOpen(String call) {
    requireNotClosed(call);
    failure.throwIfSet(call);
  }
}
