package io.moelink;

import io.moelink.execute.BoundPlan;
import io.moelink.layout.dispatch.ExpertRows;
import io.moelink.layout.dispatch.GatheredRouting;
import io.moelink.layout.dispatch.RoutingIndex;
import io.moelink.layout.dispatch.Scope;
import io.moelink.layout.plan.RowBinder;
import io.moelink.layout.plan.SlotRows;
import java.util.ArrayList;
import java.util.List;

/**
 * One routing of a group, worked out: which rows come, where they lie, and what each step of
 * dispatch and combine moves. Serves any number of calls until it is closed.
 */
public final class Handle implements AutoCloseable {
  private final ExpertGroup group;
  private final RoutingIndex index;
  private final RowBinder binder;
  private final ExpertRows rows;
  private final Choice choice;
  private final BoundPlan dispatch;

  /** Worked out with what is left. */
  private final int[] receivedPerRank;

  private final List<SlotRows> received = new ArrayList<>();

  /** Null until it is asked for. */
  private BoundPlan combine;

  private BoundPlan scalars;
  private final List<TokenBuffer> buffers = new ArrayList<>();
  private boolean dispatched;
  private boolean closed;

  /**
   * Works out what dispatch needs. The gathered routing may be gone after {@link #bindRest}, and
   * not before.
   */
  Handle(ExpertGroup group, GatheredRouting routing, RoutingIndex index) {
    this.group = group;
    this.index = index;
    binder = group.routings().binder(routing);
    PlanChoices choices = group.choices();
    choice = choices.choose(routing);
    dispatch = group.engine().bind(choices.dispatchPlan(choice), binder);
    rows = binder.expertRows(group.rank());
    receivedPerRank = new int[routing.topology().rankCount()];
  }

  /** Works out what is left, so that dispatch need not wait for what combine needs. */
  void bindRest() {
    if (combine != null || closed) {
      return;
    }
    try {
      Scope here = Scope.rank(group.rank());
      for (int source = 0; source < receivedPerRank.length; source++) {
        receivedPerRank[source] = binder.routing().neededCount(source, here);
        received.add(binder.slotRows(source, group.rank()));
      }
      combine = group.engine().bind(group.choices().combinePlan(choice), binder);
      scalars = group.engine().bind(group.choices().scalarPlan(), binder);
    } catch (RuntimeException e) {
      // the routing lies in the memory of ranks that may have given up meanwhile
      throw group.engine().abortOr(e);
    }
  }

  /** Tokens that this rank brings. */
  public int tokens() {
    return index.tokens();
  }

  /** Rows of this rank's output buffer, padding included. */
  public int rowCount() {
    return rows.rowCount();
  }

  /** Local experts of this rank. */
  public int expertCount() {
    return rows.expertCount();
  }

  /** Rows of each local expert, padding not included: {@code [E_local]}. */
  public int[] rowsPerExpert() {
    int[] counts = new int[rows.expertCount()];
    java.util.Arrays.setAll(counts, rows::received);
    return counts;
  }

  /** First row of each local expert's block: {@code [E_local]}; empty for RANK_MAJOR. */
  public int[] firstRowPerExpert() {
    int[] starts = new int[group.config().output().rowPerSlot() ? rows.expertCount() : 0];
    java.util.Arrays.setAll(starts, rows::blockStart);
    return starts;
  }

  /**
   * Tokens of each rank that this rank received: {@code [R]}.
   *
   * @throws MoelinkException when the handle was closed before they were worked out: by this call,
   *     by a combine, or with the next routing
   */
  public int[] receivedPerRank() {
    bindRest();
    if (combine == null) {
      throw new MoelinkException("receivedPerRank: the handle is closed");
    }
    return receivedPerRank.clone();
  }

  /** The name of the algorithm that moves the rows. */
  public String algorithm() {
    return choice.algorithm();
  }

  /** How the rows travel, and why: what was simulated where the config lets the group choose. */
  public Choice choice() {
    return choice;
  }

  ExpertGroup group() {
    return group;
  }

  RoutingIndex index() {
    return index;
  }

  ExpertRows rows() {
    return rows;
  }

  BoundPlan dispatchPlan() {
    return dispatch;
  }

  BoundPlan combinePlan() {
    bindRest();
    return combine;
  }

  BoundPlan scalarPlan() {
    bindRest();
    return scalars;
  }

  /** The slots of each source that chose experts of this rank, with their rows and weights. */
  List<SlotRows> received() {
    bindRest();
    return received;
  }

  void setDispatched() {
    dispatched = true;
  }

  void requireUsable(ExpertGroup by, String call) {
    if (group != by) {
      throw new MoelinkException(call + ": the handle belongs to another group");
    }
    if (closed) {
      throw new MoelinkException(call + ": the handle is closed");
    }
  }

  void requireDispatched(String call) {
    if (!dispatched) {
      throw new MoelinkException(call + " before dispatch: nothing was dispatched with the handle");
    }
  }

  void own(TokenBuffer buffer) {
    // a handle may serve a whole training: keep no more than what is open
    buffers.removeIf(TokenBuffer::isClosed);
    buffers.add(buffer);
  }

  /** Ends the handle and the buffers that dispatch made for it; a second close does nothing. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      buffers.forEach(TokenBuffer::close);
      dispatch.release();
      if (combine != null) {
        combine.release();
        scalars.release();
      }
      group.routings().reuse(index, binder);
    }
  }
}
