package io.moelink;

import io.moelink.layout.dispatch.OutputOrder;
import io.moelink.layout.dispatch.OutputShape;
import io.moelink.layout.routing.TopK;
import java.util.ArrayList;
import java.util.List;

/** Where every slot's row lies in a rank's output, by the definitions of the orders alone. */
final class ExpectedRows {
  /** A slot that chose an expert of the rank, and its row. */
  record Entry(int row, int source, int token, int slot, int expert) {}

  final List<Entry> entries = new ArrayList<>();
  final int rowCount;
  private final ExpertGroupConfig config;
  private final TopK[] routing;

  ExpectedRows(ExpertGroupConfig config, TopK[] routing, int rank) {
    this.config = config;
    this.routing = routing;
    rowCount = config.output().rowPerSlot() ? byExpert(rank) : byRank(rank);
  }

  private int byExpert(int rank) {
    int first = config.placement().firstExpert(rank);
    int start = 0;
    for (int local = 0; local < config.placement().expertCount(rank); local++) {
      int row = start;
      for (int source = 0; source < routing.length; source++) {
        for (int token = 0; token < routing[source].tokens(); token++) {
          for (int k = 0; k < config.topK(); k++) {
            if (routing[source].id(token, k) == first + local) {
              entries.add(new Entry(row++, source, token, k, local));
            }
          }
        }
      }
      start += blockRows(rank, local);
    }
    return start;
  }

  private int blockRows(int rank, int local) {
    OutputShape shape = config.output();
    int rows = count(rank, local);
    if (shape.order() == OutputOrder.SLOTTED) {
      rows = shape.capacity();
    } else if (shape.order() == OutputOrder.PAIRED) {
      rows = Math.max(rows, partner(rank, local));
    }
    while (rows % shape.alignment() != 0) {
      rows++;
    }
    return rows;
  }

  private int partner(int rank, int local) {
    for (int other = 0; other < routing.length; other++) {
      if (other != rank && config.topology().cardOf(other) == config.topology().cardOf(rank)) {
        return count(other, local);
      }
    }
    return count(rank, local % 2 == 0 ? local + 1 : local - 1);
  }

  /** Slots that chose a local expert of a rank; 0 where there is no such expert. */
  int count(int rank, int local) {
    if (local >= config.placement().expertCount(rank)) {
      return 0;
    }
    int count = 0;
    for (TopK source : routing) {
      for (int id : source.ids()) {
        count += id == config.placement().firstExpert(rank) + local ? 1 : 0;
      }
    }
    return count;
  }

  private int byRank(int rank) {
    int first = config.placement().firstExpert(rank);
    int last = first + config.placement().expertCount(rank);
    int row = 0;
    for (int source = 0; source < routing.length; source++) {
      for (int token = 0; token < routing[source].tokens(); token++) {
        boolean any = false;
        for (int k = 0; k < config.topK(); k++) {
          int id = routing[source].id(token, k);
          if (id >= first && id < last) {
            entries.add(new Entry(row, source, token, k, id - first));
            any = true;
          }
        }
        row += any ? 1 : 0;
      }
    }
    return row;
  }
}
