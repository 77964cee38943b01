package io.moelink.bootstrap;

import java.time.Duration;

/**
 * One rank's view of a job that is being set up. All ranks must make the same calls in the same
 * order. One thread at a time; {@link #close} from any thread. Slow and small by intent: data goes
 * through a transport.
 *
 * <p>A training runtime whose ranks can already reach each other implements this itself and passes
 * it to {@code ExpertGroup.open}. It must keep to what the methods say, and to this:
 *
 * <ul>
 *   <li>rank and size never change, and every rank of the job has a number of its own
 *   <li>rounds do not overtake each other: what a rank gives in one call never comes out of another
 *   <li>every call ends, half a second after its timeout at the latest, and so does its thread
 *   <li>what comes from other ranks is checked for size before memory is taken for it
 *   <li>when one rank cannot be waited for any more, all ranks that wait for it fail
 * </ul>
 *
 * <p>moelink calls it when a group is opened, and for the all-gather and barriers that the runtime
 * makes itself; never while rows are on their way.
 */
public interface Bootstrap extends AutoCloseable {
  /** Most bytes that one rank can give to an all-gather. */
  int GATHER_BYTES_MAX = 1 << 20;

  /** This rank, 0 to size - 1. */
  int rank();

  /** Ranks of the job. */
  int size();

  /**
   * Gives every rank what every rank passed, by rank. The arrays are the caller's own.
   *
   * @param mine up to {@link #GATHER_BYTES_MAX} bytes, 0 included; ranks may differ in length
   * @throws BootstrapException naming a rank that did not come in time, has closed, or is in
   *     another call; after that the bootstrap of all ranks is of no more use
   */
  byte[][] allGather(byte[] mine, Duration timeout);

  /** Returns when all ranks have called it; fails as {@link #allGather} does. */
  void barrier(Duration timeout);

  /**
   * Goes on with the ranks that are left after some were lost. Every rank that lives calls it, also
   * after calls of this bootstrap have failed; all that come get the same answer.
   *
   * @param window how long the first that comes waits for the others; those that are known to be
   *     gone are not waited for
   * @throws BootstrapException when the others have gone on without this rank, or the rank that the
   *     bootstrap hangs on is lost
   * @throws UnsupportedOperationException where a bootstrap cannot
   */
  default Survivors survivors(Duration window) {
    throw new UnsupportedOperationException(
        "survivors: %s cannot go on without a rank that is lost"
            .formatted(getClass().getSimpleName()));
  }

  /**
   * The ranks that are left.
   *
   * @param bootstrap of them, numbered from 0 in the old order; of use until the old one is closed,
   *     which is still to be done
   * @param formerRanks the old number of each
   */
  record Survivors(Bootstrap bootstrap, int[] formerRanks) {}

  /** Leaves; a second close does nothing. Ranks that still wait for this one fail. */
  @Override
  void close();
}
