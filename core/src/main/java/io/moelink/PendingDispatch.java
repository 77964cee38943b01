package io.moelink;

import io.moelink.execute.Operation;
import io.moelink.execute.Run;
import io.moelink.layout.dispatch.RoutingIndex;
import java.util.List;

/** A dispatch that was posted and not yet received. Must be awaited, in the order of posting. */
public final class PendingDispatch {
  private final ExpertGroup group;
  private final List<TokenBuffer> inputs;
  private final List<TokenBuffer> outputs;
  private final RoutingIndex index;
  private final long published;
  private final long number;
  private final DispatchEvent event = DispatchEvent.startIfOn();
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
    this.inputs = List.copyOf(inputs);
    this.outputs = List.copyOf(outputs);
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
    if (handle != null || group.engine().gathered(published)) {
      begin();
    }
  }

  private void begin() {
    if (handle == null) {
      handle = group.routings().gather(published, index);
    }
    group.checks().outputs("dispatch", outputs, handle.rowCount());
    targets = outputs.isEmpty() ? group.memory().forDispatch(handle) : outputs;
    Operation operation =
        group.operation(
            "dispatch",
            handle.dispatchPlan(),
            handle.choice().chunkRows(),
            false,
            (buffer, payload) ->
                Ends.ofDispatch(
                    group.config(),
                    buffer,
                    inputs.get(payload).start(),
                    targets.get(payload).start()));
    run = group.engine().begin(operation, number);
  }

  /**
   * Finishes the receive.
   *
   * @return the rows and the handle; the same at every call
   */
  public Dispatched await() {
    if (result == null) {
      result = group.finish(this, this::receive);
    }
    return result;
  }

  private Dispatched receive() {
    if (run == null) {
      begin();
    }
    run.finish(group.engine().deadline());
    run.release();
    pad();
    handle.setDispatched();
    group.counter().dispatched(handle);
    if (event != null) {
      event.commit("dispatch", handle, group.counter());
    }
    return new Dispatched(handle, targets);
  }

  /** Zeroes the padding rows, if the config asks for it. */
  private void pad() {
    ExpertGroupConfig config = group.config();
    if (config.zeroPadding()) {
      for (int payload = 0; payload < targets.size(); payload++) {
        TokenBuffer target = targets.get(payload);
        if (config.rowOrder() == RowOrder.ROW_MAJOR) {
          Padding.zero(handle.rows(), target);
        } else {
          Padding.zeroColumns(handle.rows(), target, config.elementType().bytes());
        }
      }
    }
  }
}
