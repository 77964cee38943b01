package io.moelink.layout.cost;

import io.moelink.layout.dispatch.Scope;
import io.moelink.layout.plan.Buffer;
import io.moelink.layout.plan.BufferKind;
import io.moelink.layout.plan.Step;
import io.moelink.layout.topology.Topology;
import java.util.Arrays;

/**
 * What a step moves and over what.
 *
 * <p>A copy in a rank's own memory of b bytes reads b and writes b, and takes b of its copy engine;
 * so a step takes half of the bytes that it reads and writes at home. What a kernel loads from
 * another rank is on the links between them and not read at home. Pulls and pushes are carried by
 * the links alone, but for a push that has to pack its rows first.
 */
final class StepCosts {
  private static final int SCALAR_BYTES = 4;

  private final Topology topology;
  private final RowCounts rows;
  private final RowShape shape;
  private final Resources resources;

  private int[] used = new int[8];
  private double[] load = new double[8];
  private int count;

  StepCosts(Topology topology, RowCounts rows, RowShape shape, Resources resources) {
    this.topology = topology;
    this.rows = rows;
    this.shape = shape;
    this.resources = resources;
  }

  Work of(Step step) {
    count = 0;
    int rank = step.rank();
    return switch (step) {
      case Step.Pull pull -> transfer(rank, pull.from(), pull.to(), false);
      case Step.Push push -> transfer(rank, push.from(), push.to(), true);
      case Step.Permute permute -> permute(rank, permute);
      case Step.Reduce reduce -> reduce(rank, reduce);
      case Step.Reorder reorder -> {
        add(resources.engine(rank), bytes(reorder.from()));
        yield work(rank, rank, 0, 0);
      }
    };
  }

  /** Bytes of the rows of a buffer. */
  double bytes(Buffer buffer) {
    return switch (buffer.kind()) {
      case EXPERT, EXPERT_COLUMNS -> rows.expertRows(buffer.rank()) * shape.rowBytes();
      case SCALAR -> rows.slots(buffer.source(), buffer.scope().index()) * SCALAR_BYTES;
      case INPUT, INPUT_COLUMNS, OUTPUT, OUTPUT_COLUMNS, STAGING, PARTIAL ->
          rows.needed(buffer.source(), buffer.content()) * shape.rowBytes();
    };
  }

  /** Bytes of a push's chunk. */
  double chunkBytes() {
    return (double) shape.chunkRows() * shape.rowBytes();
  }

  private Work transfer(int rank, Buffer from, Buffer to, boolean push) {
    double bytes = bytes(to);
    link(from.rank(), to.rank(), bytes);
    double latency = resources.latency(from.rank(), to.rank());
    if (push && !from.content().equals(to.content())) {
      int engine = resources.engine(rank);
      add(engine, bytes);
      // nothing can leave before the first chunk is packed
      latency += Math.min(chunkBytes(), bytes) / resources.bytesPerSecond(engine);
    }
    return work(rank, push ? to.rank() : from.rank(), latency, bytes);
  }

  private Work permute(int rank, Step.Permute step) {
    Buffer from = step.from();
    double read = rows.needed(from.source(), Scope.rank(rank)) * shape.rowBytes();
    double written = rows.rowPerSlot() ? rows.slots(from.source(), rank) * shape.rowBytes() : read;
    boolean home = from.rank() == rank;
    if (!home) {
      link(from.rank(), rank, read);
    }
    add(resources.engine(rank), ((home ? read : 0) + written) / 2);
    double latency = home ? 0 : resources.latency(from.rank(), rank);
    return work(rank, from.rank(), latency, home ? 0 : read);
  }

  private Work reduce(int rank, Step.Reduce step) {
    int source = step.to().source();
    double atHome = bytes(step.to());
    double linkBytes = 0;
    double latency = 0;
    double slowest = 0;
    int lane = rank;
    for (Step.Addend addend : step.addends()) {
      Buffer buffer = addend.buffer();
      boolean slots = buffer.kind() == BufferKind.EXPERT && rows.rowPerSlot();
      double read =
          (slots ? rows.slots(source, buffer.rank()) : rows.needed(source, addend.present()))
              * shape.rowBytes();
      if (buffer.rank() == rank) {
        atHome += read;
      } else if (read > 0) {
        link(buffer.rank(), rank, read);
        linkBytes += read;
        latency = Math.max(latency, resources.latency(buffer.rank(), rank));
        double seconds = read / topology.link(buffer.rank(), rank).gigabytesPerSecond();
        if (seconds > slowest) {
          slowest = seconds;
          lane = buffer.rank();
        }
      }
    }
    add(resources.engine(rank), atHome / 2);
    return work(rank, lane, latency, linkBytes);
  }

  private void link(int from, int to, double bytes) {
    for (int resource : resources.route(from, to)) {
      add(resource, bytes);
    }
  }

  private void add(int resource, double bytes) {
    if (bytes <= 0) {
      return;
    }
    for (int i = 0; i < count; i++) {
      if (used[i] == resource) {
        load[i] += bytes;
        return;
      }
    }
    if (count == used.length) {
      used = Arrays.copyOf(used, count * 2);
      load = Arrays.copyOf(load, count * 2);
    }
    used[count] = resource;
    load[count++] = bytes;
  }

  private Work work(int rank, int other, double latency, double linkBytes) {
    double amount = 0;
    for (int i = 0; i < count; i++) {
      amount = Math.max(amount, load[i]);
    }
    double[] shares = new double[count];
    for (int i = 0; i < count; i++) {
      shares[i] = load[i] / amount;
    }
    return new Work(
        (long) rank << 32 | other,
        amount > 0 ? latency : 0,
        amount,
        Arrays.copyOf(used, count),
        shares,
        linkBytes);
  }
}
