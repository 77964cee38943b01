package io.moelink.execute;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.moelink.layout.dispatch.RoutingIndex;
import io.moelink.layout.dispatch.Scope;
import io.moelink.layout.topology.Topology;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * What all readers read alike of a source's {@link RoutingIndex}; written once where they can load
 * it:
 *
 * <pre>
 *   0          tokens, T (int64)
 *   8          offsets, int32 [E + 1]
 *   counts     tokens that each rank, VNode and domain needs, int32 [R + VNodes + domains]
 * </pre>
 */
final class SliceHead {
  static final long TOKENS = 0;
  static final long OFFSETS = Long.BYTES;

  private final Topology topology;
  private final long counts;
  private final List<Scope> counted = new ArrayList<>();

  SliceHead(int experts, Topology topology) {
    this.topology = topology;
    counts = OFFSETS + (experts + 1L) * Integer.BYTES;
    addCounted(Scope.Kind.RANK, topology.rankCount());
    addCounted(Scope.Kind.VNODE, topology.vnodeCount());
    addCounted(Scope.Kind.DOMAIN, topology.domainCount());
  }

  private void addCounted(Scope.Kind level, int members) {
    for (int i = 0; i < members; i++) {
      counted.add(new Scope(level, i));
    }
  }

  /** Its size, a multiple of 64. */
  long bytes() {
    return SliceLayout.align(counts + (long) counted.size() * Integer.BYTES);
  }

  /** Where the number of tokens that a rank, a VNode or a domain needs is. */
  long count(Scope scope) {
    int before =
        switch (scope.kind()) {
          case RANK -> 0;
          case VNODE -> topology.rankCount();
          case DOMAIN -> topology.rankCount() + topology.vnodeCount();
          case ALL -> throw new IllegalArgumentException("all tokens have no count of their own");
        };
    return counts + (long) (before + scope.index()) * Integer.BYTES;
  }

  void write(RoutingIndex index, MemorySegment memory, long start) {
    memory.set(JAVA_LONG, start + TOKENS, index.tokens());
    int[] offsets = index.offsets();
    MemorySegment.copy(offsets, 0, memory, JAVA_INT, start + OFFSETS, offsets.length);
    for (int i = 0; i < counted.size(); i++) {
      long at = start + counts + (long) i * Integer.BYTES;
      memory.set(JAVA_INT, at, index.count(counted.get(i)));
    }
  }
}
