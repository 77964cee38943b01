package io.moelink.layout.routing;

/**
 * The random numbers of one token: a splitmix64 stream that starts at a hash of (seed, rank,
 * token), so any rank can recompute any token without the ones before it, on any machine.
 */
final class TokenRandom {
  private static final long GOLDEN = 0x9e3779b97f4a7c15L;
  private static final double UNIT = 0x1.0p-53;

  private long state;

  void start(long seed, int rank, int token) {
    state = mix(mix(seed + GOLDEN) ^ mix((long) rank << 32 | token & 0xffffffffL));
  }

  long nextLong() {
    state += GOLDEN;
    return mix(state);
  }

  /** Uniform in [0, 1). */
  double nextDouble() {
    return (nextLong() >>> 11) * UNIT;
  }

  /** Uniform in 0..bound-1; the bias of at most bound/2^32 is of no interest here. */
  int nextInt(int bound) {
    return (int) ((nextLong() >>> 32) * bound >>> 32);
  }

  private static long mix(long z) {
    long first = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
    long second = (first ^ first >>> 27) * 0x94d049bb133111ebL;
    return second ^ second >>> 31;
  }
}
