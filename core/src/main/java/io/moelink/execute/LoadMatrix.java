package io.moelink.execute;

import io.moelink.bootstrap.Bootstrap;
import io.moelink.layout.plan.Reach;
import io.moelink.transport.Transport;
import io.moelink.transport.TransportException;
import java.time.Duration;
import java.util.BitSet;

/**
 * Whose memory each rank's kernels can load, as the transports of all ranks say: every rank holds
 * the same matrix, so all make the same plans of it.
 */
final class LoadMatrix implements Reach {
  private final BitSet[] rows;

  private LoadMatrix(BitSet[] rows) {
    this.rows = rows;
  }

  /** Gathers the rows of all ranks. */
  static LoadMatrix gather(Transport transport, Bootstrap bootstrap, Duration timeout) {
    BitSet own = new BitSet();
    for (int rank = 0; rank < transport.size(); rank++) {
      own.set(rank, transport.loads(rank));
    }
    if (!own.get(transport.rank())) {
      throw new TransportException(
          transport.rank(),
          "transport %s: rank %d cannot load its own memory, expected that it can"
              .formatted(transport.name(), transport.rank()));
    }
    byte[][] gathered = bootstrap.allGather(own.toByteArray(), timeout);
    BitSet[] rows = new BitSet[gathered.length];
    for (int rank = 0; rank < rows.length; rank++) {
      rows[rank] = BitSet.valueOf(gathered[rank]);
    }
    return new LoadMatrix(rows);
  }

  @Override
  public boolean loads(int reader, int owner) {
    return rows[reader].get(owner);
  }
}
