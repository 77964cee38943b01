package io.moelink;

import io.moelink.execute.Run;
import io.moelink.layout.dispatch.RoutingIndex;
import io.moelink.transport.Deadline;
import java.util.List;

/** A dispatch that was posted and not yet received. Must be awaited, in the order of posting. */
public final class PendingDispatch {
  private final ExpertGroup group;
  private final List<TokenBuffer> inputs;
  private final List<TokenBuffer> outputs;
  private final RoutingIndex index;
  private final long published;
  private final long number;
  private final DispatchEvent event = new DispatchEvent();
  private Handle handle;
  private List<TokenBuffer> targets;
  private Run run;
  private Dispatched result;

  PendingDispatch(
      ExpertGroup group,
      List<TokenBuffer> inputs,
      List<TokenBuffer> outputs,
      RoutingIndex index,
      long published,
      long number) {
    this.group = group;
    this.inputs = inputs;
    this.outputs = outputs;
    this.index = index;
    this.published = published;
    this.number = number;
  }

  /** A dispatch whose routing is known already. */
  PendingDispatch(
      ExpertGroup group,
      List<TokenBuffer> inputs,
      List<TokenBuffer> outputs,
      Handle handle,
      long number) {
    this(group, inputs, outputs, null, 0, number);
    this.handle = handle;
  }

  /** Posts what can be posted without waiting for another rank. */
  void post() {
    event.begin();
    if (handle != null || group.engine().gathered(published)) {
      begin(group.engine().deadline());
    }
  }

  private void begin(Deadline deadline) {
    if (handle == null) {
      handle = new Handle(group, group.engine().gather(published, deadline), index);
    }
    targets = group.targets(handle, outputs);
    run = group.beginDispatch(handle, inputs, targets, number, deadline);
  }

  /**
   * Finishes the receive.
   *
   * @return the rows and the handle; the same at every call
   */
  public Dispatched await() {
    if (result == null) {
      group.requireOpen("await");
      result = group.guarded("dispatch", () -> group.finish(this, this::receive));
    }
    return result;
  }

  private Dispatched receive() {
    // anew: the time between post and await was the caller's
    Deadline deadline = group.engine().deadline();
    if (run == null) {
      begin(deadline);
    }
    run.finish(deadline);
    run.release();
    group.pad(handle, targets);
    handle.setDispatched();
    event.commit(group.rank(), handle);
    return new Dispatched(handle, targets);
  }
}
