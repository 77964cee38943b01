package io.moelink;

import io.moelink.bootstrap.Bootstrap;
import io.moelink.execute.Engine;
import io.moelink.execute.Operation;
import io.moelink.execute.RegionPool;
import io.moelink.execute.Run;
import io.moelink.layout.InvalidInputException;
import io.moelink.layout.dispatch.RoutingIndex;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.plan.Plan;
import io.moelink.layout.plan.PlanRequest;
import io.moelink.layout.plan.Reach;
import io.moelink.layout.routing.TopK;
import io.moelink.memory.SharedRegion;
import io.moelink.transport.Deadline;
import io.moelink.transport.TransportException;
import io.moelink.transport.TransportProvider;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * One rank's membership in a group of ranks that hold the experts of a layer together. All ranks
 * make the same calls in the same order; one thread at a time. See the package's page.
 *
 * <p>More than 400 lines: every call that a user makes is here, each with its checks; the work is
 * in {@code io.moelink.execute}.
 */
public final class ExpertGroup implements AutoCloseable {
  static final int DISPATCH = 0;
  static final int COMBINE = 1;
  static final int SCALARS = 2;
  private static final int IN_FLIGHT_MAX = 2;

  private final ExpertGroupConfig config;
  private final int rank;
  private final Engine engine;
  private final RegionPool rowPool;
  private final StatsCounter stats;
  private final Backward backward;
  private final List<PendingDispatch> inFlight = new ArrayList<>();
  private final Set<TokenBuffer> buffers = Collections.newSetFromMap(new IdentityHashMap<>());

  /** An index whose handle is closed: its arrays serve the next one. */
  private RoutingIndex unusedIndex;

  private RuntimeException failure;
  private boolean closed;

  private ExpertGroup(ExpertGroupConfig config, Bootstrap bootstrap, TransportProvider provider) {
    this.config = config;
    rank = bootstrap.rank();
    boolean columns = config.rowOrder() == RowOrder.COLUMN_MAJOR;
    PlanRequest request =
        new PlanRequest(config.topology(), config.staging(), Reach.of(config.topology()), columns);
    List<Plan> plans =
        List.of(
            config.algorithm().dispatch(request),
            config.algorithm().combine(request),
            Algorithms.scalars(request));
    engine =
        new Engine(
            config.topology(),
            config.placement(),
            config.topK(),
            config.tokensPerRankMax(),
            plans,
            config.payloadBytes().length,
            config.memoryBytesMax(),
            provider,
            bootstrap,
            config.timeout(),
            config.computeUnits());
    rowPool = new RegionPool(engine.memory(), "expert rows");
    stats = new StatsCounter(config, engine);
    backward = new Backward(this);
  }

  /**
   * Joins a group. Returns when all ranks have.
   *
   * @param bootstrap finds the other ranks; stays the caller's to close, after the group
   * @throws InvalidInputException when the ranks' configs differ, or their number is not the
   *     topology's
   */
  public static ExpertGroup open(
      ExpertGroupConfig config, Bootstrap bootstrap, TransportProvider provider) {
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
    int[] widths = config.payloadBytes();
    if (payload < 0 || payload >= widths.length) {
      throw new InvalidInputException(
          "payload: found " + payload + ", expected 0 to " + (widths.length - 1));
    }
    if (rows < 0) {
      throw new InvalidInputException("rows to allocate: found " + rows + ", expected 0 or more");
    }
    SharedRegion memory = engine.memory().allocate((long) rows * widths[payload], "token rows");
    return own(new TokenBuffer(this, memory, rows, widths[payload], memory::release));
  }

  /**
   * Works out a routing without moving a row: {@link Handle#rowCount} and the counts per expert say
   * how much memory dispatch will fill.
   */
  public Handle plan(TopK topK) {
    requireOpen("plan");
    // the places for published routings are counted for dispatches in flight alone
    requireNoneInFlight("plan");
    RoutingIndex index = index("plan", topK);
    return guarded(
        "plan",
        () -> {
          long published = engine.publish(index);
          return new Handle(this, engine.gather(published, engine.deadline()), index);
        });
  }

  /**
   * Brings every token's row to the ranks of the experts that it chose.
   *
   * @param tokens one row per token
   * @param topK the experts that each token chose, with weights
   */
  public Dispatched dispatch(TokenBuffer tokens, TopK topK) {
    requireOpen("dispatch");
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
    requireOpen("dispatch");
    handle.requireUsable(this, "dispatch");
    requireNoneInFlight("dispatch");
    requireInputs(inputs, handle.tokens());
    requireOutputs(outputs, handle.rowCount());
    return post(new PendingDispatch(this, inputs, outputs, handle, nextInFlight("dispatch")))
        .await();
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
   * @param outputs as in the other dispatch calls
   */
  public PendingDispatch dispatchAsync(
      List<TokenBuffer> inputs, TopK topK, List<TokenBuffer> outputs) {
    requireOpen("dispatch");
    requireInputs(inputs, topK.tokens());
    requireOutputs(outputs, 0);
    RoutingIndex index = index("dispatch", topK);
    long number = nextInFlight("dispatch");
    long published = guarded("dispatch", () -> engine.publish(index));
    return post(new PendingDispatch(this, inputs, outputs, index, published, number));
  }

  private PendingDispatch post(PendingDispatch pending) {
    inFlight.add(pending);
    guarded(
        "dispatch",
        () -> {
          pending.post();
          return pending;
        });
    return pending;
  }

  private long nextInFlight(String call) {
    if (inFlight.size() >= IN_FLIGHT_MAX) {
      throw new MoelinkException(
          call + ": " + inFlight.size() + " dispatches are in flight; await the first one first");
    }
    return engine.nextNumber();
  }

  /** Runs the end of a dispatch in flight, which must be the first of them. */
  <T> T finish(PendingDispatch pending, Supplier<T> end) {
    if (inFlight.isEmpty() || inFlight.getFirst() != pending) {
      throw new MoelinkException("await: dispatches are awaited in the order of posting");
    }
    inFlight.removeFirst();
    return end.get();
  }

  /**
   * Sums the experts' rows back into token order: {@code out[t] = sum over k of w[t][k] * y[row(t,
   * k)]}, in the order and with the roundings of the algorithm. RANK_MAJOR rows are summed without
   * weights, one per rank.
   *
   * @param rows the experts' rows in the order of dispatch
   * @param out one row per token; a token without experts gets a zero row
   */
  public void combine(Handle handle, TokenBuffer rows, TokenBuffer out) {
    combine("combine", handle, rows, out, true);
  }

  /**
   * The backward of dispatch: sums the gradients of a token's rows, without weights.
   *
   * @param gradients of the rows that dispatch gave
   * @param out gradients of the tokens' rows
   */
  public void dispatchBackward(Handle handle, TokenBuffer gradients, TokenBuffer out) {
    combine("dispatchBackward", handle, gradients, out, false);
  }

  private void combine(
      String call, Handle handle, TokenBuffer rows, TokenBuffer out, boolean weighted) {
    requireOpen(call);
    handle.requireUsable(this, call);
    handle.requireDispatched(call);
    requireNoneInFlight(call);
    requireHidden(call, "rows", rows, handle.rowCount());
    requireHidden(call, "out", out, handle.tokens());
    CombineEvent event = new CombineEvent();
    event.begin();
    guarded(
        call,
        () -> {
          Operation operation =
              operation(
                  call,
                  handle.combinePlan(),
                  weighted,
                  (buffer, payload) -> Ends.ofCombine(config, buffer, rows.memory(), out.memory()));
          Deadline deadline = engine.deadline();
          Run run = engine.begin(operation, engine.nextNumber(), deadline);
          run.finish(deadline);
          run.release();
          stats.combined(handle);
          return run;
        });
    event.commit(rank, handle);
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
    requireOpen(call);
    handle.requireUsable(this, call);
    handle.requireDispatched(call);
    requireNoneInFlight(call);
    requireHidden(call, "gradients", gradients, handle.tokens());
    requireHidden(call, "rows", rows, handle.rowCount());
    if (config.rowOrder() == RowOrder.COLUMN_MAJOR) {
      throw new MoelinkException(call + ": column-major rows have no weight gradients here");
    }
    return guarded(call, () -> backward.combine(handle, gradients, rows));
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
   * Gives the group up: calls of all ranks, under way or to come, fail with this rank's number, and
   * close waits for nobody.
   *
   * @param why one line, for the others
   */
  public void abort(String why) {
    fail(rank, new MoelinkException(why));
  }

  /**
   * Leaves the group when all ranks have come to it; at once when the group has failed.
   *
   * <p>Ends the buffers that are still open.
   *
   * @throws TransportException when a rank does not come in time
   * @throws IllegalStateException naming the purpose of memory that an {@code ArrowBuf} still holds
   */
  @Override
  public void close() {
    if (!closed) {
      boolean failed = failure != null || !inFlight.isEmpty();
      if (!failed) {
        List.copyOf(buffers).forEach(TokenBuffer::close);
        rowPool.close();
      }
      closed = true;
      engine.close(failed);
    }
  }

  private TokenBuffer own(TokenBuffer buffer) {
    buffers.add(buffer);
    return buffer;
  }

  /** Forgets a buffer that has ended; false when the group has, and its memory with it. */
  boolean forget(TokenBuffer buffer) {
    return buffers.remove(buffer) && !closed;
  }

  Engine engine() {
    return engine;
  }

  void reuse(RoutingIndex index) {
    unusedIndex = index;
  }

  RegionPool pool() {
    return rowPool;
  }

  StatsCounter counter() {
    return stats;
  }

  Operation operation(
      String name, io.moelink.execute.BoundPlan plan, boolean weighted, Operation.Ends ends) {
    boolean dispatch = name.equals("dispatch");
    return new Operation(
        name,
        plan,
        dispatch ? config.payloadBytes() : new int[] {config.payloadBytes()[0]},
        ends,
        config.elementType(),
        config.partialType(),
        config.hidden(),
        weighted,
        config.chunkRows());
  }

  /**
   * The buffers that a dispatch fills: the caller's, or new ones that live as long as the handle.
   */
  List<TokenBuffer> targets(Handle handle, List<TokenBuffer> outputs) {
    int[] widths = config.payloadBytes();
    if (!outputs.isEmpty()) {
      requireOutputs(outputs, handle.rowCount());
      return outputs;
    }
    List<TokenBuffer> made = new ArrayList<>();
    for (int width : widths) {
      made.add(rowBuffer(handle, width));
    }
    return made;
  }

  /** Memory for the rows of a handle, from the pool. */
  TokenBuffer rowBuffer(Handle handle, int rowBytes) {
    SharedRegion memory = rowPool.acquire((long) handle.rowCount() * rowBytes);
    TokenBuffer buffer =
        own(
            new TokenBuffer(
                this, memory, handle.rowCount(), rowBytes, () -> rowPool.giveBack(memory)));
    handle.own(buffer);
    return buffer;
  }

  Run beginDispatch(
      Handle handle,
      List<TokenBuffer> inputs,
      List<TokenBuffer> targets,
      long number,
      Deadline deadline) {
    Operation operation =
        operation(
            "dispatch",
            handle.dispatchPlan(),
            false,
            (buffer, payload) ->
                Ends.ofDispatch(
                    config, buffer, inputs.get(payload).memory(), targets.get(payload).memory()));
    stats.dispatched(handle);
    return engine.begin(operation, number, deadline);
  }

  /** Zeroes the padding rows, if the config asks for it. */
  void pad(Handle handle, List<TokenBuffer> targets) {
    if (config.zeroPadding()) {
      for (TokenBuffer target : targets) {
        if (config.rowOrder() == RowOrder.ROW_MAJOR) {
          Padding.zero(handle.rows(), target);
        } else {
          Padding.zeroColumns(handle.rows(), target, config.elementType().bytes());
        }
      }
    }
  }

  /** Runs a part of a call; when it fails, tells all ranks, so that none waits for this one. */
  <T> T guarded(String call, Supplier<T> part) {
    try {
      return part.get();
    } catch (MoelinkException | InvalidInputException e) {
      if (e instanceof InvalidInputException) {
        fail(rank, e);
      }
      throw e;
    } catch (TransportException e) {
      fail(e.rank(), e);
      throw e;
    } catch (RuntimeException e) {
      fail(rank, e);
      throw new TransportException(rank, call + " of rank " + rank + ": " + e.getMessage(), e);
    }
  }

  private void fail(int culprit, RuntimeException cause) {
    if (failure == null) {
      failure = cause;
      engine.transport().abort(culprit, cause.getMessage());
    }
  }

  private RoutingIndex index(String call, TopK topK) {
    if (topK.topK() != config.topK() || topK.experts() != config.placement().experts()) {
      throw new InvalidInputException(
          call
              + " of rank "
              + rank
              + ": found top-"
              + topK.topK()
              + " of "
              + topK.experts()
              + " experts, expected top-"
              + config.topK()
              + " of "
              + config.placement().experts());
    }
    if (topK.tokens() > config.tokensPerRankMax()) {
      throw new InvalidInputException(
          call
              + " of rank "
              + rank
              + ": found "
              + topK.tokens()
              + " tokens, expected at most "
              + config.tokensPerRankMax());
    }
    RoutingIndex used = unusedIndex;
    unusedIndex = null;
    return RoutingIndex.of(topK, config.placement(), config.topology(), used);
  }

  private void requireInputs(List<TokenBuffer> inputs, int tokens) {
    if (inputs.size() != config.payloadBytes().length) {
      throw new InvalidInputException(
          "dispatch of rank "
              + rank
              + ": found "
              + inputs.size()
              + " payloads, expected "
              + config.payloadBytes().length);
    }
    for (int payload = 0; payload < inputs.size(); payload++) {
      requireBuffer(
          "dispatch", "payload " + payload, inputs.get(payload), tokens, payloadBytes(payload));
    }
  }

  /** Buffers of the caller for a dispatch; none means that the group makes them. */
  private void requireOutputs(List<TokenBuffer> outputs, int rows) {
    if (outputs.isEmpty()) {
      return;
    }
    int payloads = config.payloadBytes().length;
    if (outputs.size() != payloads) {
      throw new InvalidInputException(
          "dispatch of rank "
              + rank
              + ": found "
              + outputs.size()
              + " outputs, expected "
              + payloads);
    }
    for (int payload = 0; payload < payloads; payload++) {
      requireBuffer(
          "dispatch", "output " + payload, outputs.get(payload), rows, payloadBytes(payload));
    }
  }

  private int payloadBytes(int payload) {
    return config.payloadBytes()[payload];
  }

  private void requireHidden(String call, String what, TokenBuffer buffer, int rows) {
    requireBuffer(call, what, buffer, rows, payloadBytes(0));
  }

  private void requireBuffer(String call, String what, TokenBuffer buffer, int rows, int rowBytes) {
    if (buffer.group() != this) {
      throw new MoelinkException(call + ": " + what + " is a buffer of another group");
    }
    if (buffer.isClosed()) {
      throw new MoelinkException(call + ": " + what + " is a buffer that was closed");
    }
    if (buffer.rowBytes() != rowBytes) {
      throw new InvalidInputException(
          call
              + " of rank "
              + rank
              + ": "
              + what
              + " has rows of "
              + buffer.rowBytes()
              + " bytes, expected "
              + rowBytes);
    }
    if (buffer.rows() < rows) {
      throw new InvalidInputException(
          call
              + " of rank "
              + rank
              + ": "
              + what
              + " has "
              + buffer.rows()
              + " rows, expected at least "
              + rows);
    }
  }

  private void requireNoneInFlight(String call) {
    if (!inFlight.isEmpty()) {
      throw new MoelinkException(
          call + ": " + inFlight.size() + " dispatches are in flight; await them first");
    }
  }

  void requireOpen(String call) {
    if (closed) {
      throw new MoelinkException(call + ": the group is closed");
    }
    if (failure != null) {
      throw new MoelinkException(call + ": the group has failed: " + failure.getMessage());
    }
  }
}
