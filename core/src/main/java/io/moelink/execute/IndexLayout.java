package io.moelink.execute;

import io.moelink.layout.dispatch.Scope;
import io.moelink.layout.dispatch.TokenSet;
import io.moelink.layout.routing.ExpertPlacement;
import io.moelink.layout.topology.Topology;

/**
 * Where the parts of a published {@link io.moelink.layout.dispatch.RoutingIndex} lie in memory.
 * Offsets in bytes from the start of the index, for the largest number of tokens:
 *
 * <pre>
 *   0          tokens (int64)
 *   64         offsets, int32 [E + 1]
 *   slots      int32 [T_max * K]
 *   weights    float32 [T_max * K]
 *   ranks      int64 [R][words]       words = ceil(T / 64) of the actual T
 *   vnodes     int64 [VNodes][words]
 *   domains    int64 [domains][words]
 * </pre>
 */
final class IndexLayout {
  static final long TOKENS = 0;
  static final long OFFSETS = 64;

  private final long slots;
  private final long weights;
  private final long ranks;
  private final long vnodes;
  private final long domains;
  private final long byteSize;

  IndexLayout(Topology topology, ExpertPlacement placement, int topK, int tokensMax) {
    long slotBytes = align((long) tokensMax * topK * Integer.BYTES);
    long words = TokenSet.wordCount(tokensMax);
    slots = OFFSETS + align((placement.experts() + 1L) * Integer.BYTES);
    weights = slots + slotBytes;
    ranks = weights + slotBytes;
    vnodes = ranks + align(topology.rankCount() * words * Long.BYTES);
    domains = vnodes + align(topology.vnodeCount() * words * Long.BYTES);
    byteSize = domains + align(topology.domainCount() * words * Long.BYTES);
  }

  private static long align(long bytes) {
    return (bytes + 63) & -64;
  }

  long slots() {
    return slots;
  }

  long weights() {
    return weights;
  }

  /** Where the bitmaps of a level start. */
  long bitmaps(Scope.Kind level) {
    return switch (level) {
      case RANK -> ranks;
      case VNODE -> vnodes;
      case DOMAIN -> domains;
      case ALL -> throw new IllegalArgumentException("all tokens have no bitmap");
    };
  }

  long byteSize() {
    return byteSize;
  }
}
