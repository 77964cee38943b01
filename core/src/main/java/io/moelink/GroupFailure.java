package io.moelink;

import io.moelink.layout.InvalidInputException;
import io.moelink.transport.Transport;
import io.moelink.transport.TransportException;
import java.util.function.Supplier;

/**
 * How a group fails: by the first call of this rank that does, which is told to all ranks with the
 * number of the rank at fault. Written by the group's thread, read by any.
 */
final class GroupFailure {
  private static final int NOBODY = -1;

  private final Transport transport;
  private volatile RuntimeException cause;
  private volatile int culprit = NOBODY;

  GroupFailure(Transport transport) {
    this.transport = transport;
  }

  /** Runs a part of a call; when it fails, tells all ranks, so that none waits for this one. */
  <T> T guarded(String call, Supplier<T> part) {
    try {
      return part.get();
    } catch (InvalidInputException e) {
      fail(e);
      throw e;
    } catch (TransportException e) {
      fail(e.rank(), e);
      throw e;
    } catch (RuntimeException e) {
      TransportException named =
          new TransportException(transport.rank(), where(call) + e.getMessage(), e);
      fail(named);
      throw named;
    } catch (Error e) {
      fail(new TransportException(transport.rank(), where(call) + e, e));
      throw e;
    }
  }

  private String where(String call) {
    return call + " of rank " + transport.rank() + ": ";
  }

  /** Gives the group up because of this rank. */
  void fail(RuntimeException why) {
    fail(transport.rank(), why);
  }

  private void fail(int rank, RuntimeException why) {
    if (cause == null) {
      culprit = rank;
      cause = why;
      transport.abort(rank, why.getMessage());
    }
  }

  /** Whether the group has failed. */
  boolean isSet() {
    return cause != null;
  }

  /** Whether the group has failed because of a rank. */
  boolean isBy(int rank) {
    return culprit == rank;
  }

  void throwIfSet(String call) {
    if (cause != null) {
      throw new MoelinkException(call + ": the group has failed: " + cause.getMessage());
    }
  }
}
