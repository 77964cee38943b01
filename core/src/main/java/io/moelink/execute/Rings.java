package io.moelink.execute;

import io.moelink.layout.plan.Step;
import io.moelink.transport.Transport;
import java.util.Arrays;
import java.util.List;

/**
 * How far the rings of one operation have been read ({@link RingEnd}): by others and by puts, of
 * those that this rank fills; and by this rank, which says so to who fills them.
 */
final class Rings {
  /** Rows are told of, and sent, by so many parts of a ring: some are on their way meanwhile. */
  private static final int PARTS = 4;

  private final RankPlan plan;
  private final int lane;
  private final Transport transport;

  /**
   * For each task that reads rings of others: by buffer, rows that it has read, and has told of.
   */
  private final int[][] read;

  private final int[][] told;

  /** For the task that fills an own ring and the one that sends it: the same object. */
  private final SentRows[] sent;

  private long number;

  Rings(RankPlan plan, int lane, Transport transport) {
    this.plan = plan;
    this.lane = lane;
    this.transport = transport;
    List<Task> tasks = plan.tasks();
    read = new int[tasks.size()][];
    told = new int[tasks.size()][];
    sent = new SentRows[tasks.size()];
    for (int i = 0; i < sent.length; i++) {
      Task task = tasks.get(i);
      if (task.emptiesAny()) {
        read[i] = new int[task.empties().length];
        told[i] = new int[task.empties().length];
      }
      if (task.sendsRing()) {
        sent[i] = new SentRows();
        sent[task.readTasks()[0][0]] = sent[i];
      }
    }
  }

  void begin(long ofNumber) {
    number = ofNumber;
    for (int i = 0; i < sent.length; i++) {
      if (read[i] != null) {
        Arrays.fill(read[i], 0);
        Arrays.fill(told[i], 0);
      }
      if (sent[i] != null) {
        sent[i].clear();
      }
    }
  }

  /** Rows after which a task stops for others to go on; puts that no ring bounds are of chunks. */
  int pieceRows(Task task, int chunkRows) {
    boolean bounded = !(task.step() instanceof Step.Push) || task.fills() != null;
    return bounded || task.sendsRing() ? Math.min(chunkRows, plan.ringRows() / PARTS) : chunkRows;
  }

  /** The end of the rows from {@code first} on that a task can write into its ring at once. */
  int end(int index, BoundTask bound, int first) {
    return bound.wrapsWritten() ? bound.ringEnd(first, emptied(index)) : Integer.MAX_VALUE;
  }

  /** Whether a task cannot go on before another rank has read what lies in its ring. */
  boolean waitsForReader(int index, BoundTask bound, int done) {
    RingEnd reader = plan.tasks().get(index).fills();
    return reader != null && reader.slot() != RingEnd.OWN && isFull(index, bound, done);
  }

  /** The same for puts of this rank that are under way. */
  boolean waitsForPuts(int index, BoundTask bound, int done) {
    RingEnd reader = plan.tasks().get(index).fills();
    boolean own = reader != null && reader.slot() == RingEnd.OWN;
    return own && isFull(index, bound, done) && sent[index].any();
  }

  private boolean isFull(int index, BoundTask bound, int done) {
    return bound.wrapsWritten() && bound.ringEnd(done, emptied(index)) <= done;
  }

  /** Rows that have been read of the ring that a task fills; all where it only sends one. */
  private int emptied(int index) {
    RingEnd reader = plan.tasks().get(index).fills();
    if (reader == null) {
      return Progress.ALL;
    }
    return reader.slot() == RingEnd.OWN
        ? sent[index].read(transport)
        : Progress.rows(transport.signalValue(plan.slot(lane, reader.slot())), number);
  }

  /**
   * A task has done some of its rows.
   *
   * @param put what reads them in a ring of this rank; 0: nothing any more
   */
  void done(int index, BoundTask bound, int first, int last, long put) {
    if (bound.task().sendsRing()) {
      sent[index].add(put, last);
    }
    if (bound.wrapsAny()) {
      bound.countRead(first, last, read[index]);
      for (int i = 0; i < read[index].length; i++) {
        if (bound.wraps(i) && read[index][i] >= told[index][i] + plan.ringRows() / PARTS) {
          tell(bound.task().empties()[i], read[index][i]);
          told[index][i] = read[index][i];
        }
      }
    }
  }

  private void tell(RingEnd filler, int rows) {
    transport.signal(filler.rank(), plan.slot(lane, filler.slot()), Progress.of(number, rows));
  }
}
