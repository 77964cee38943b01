package io.moelink.nativestubs.pmix;

import io.moelink.bootstrap.BootstrapException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** One round of the ranks, from the side of one of them. */
final class PmixRound {
  /** How a fence ended. */
  enum Fence {
    /** All ranks took part. */
    COMPLETE,
    /** Some ranks are gone; all that are left took part. */
    WITHOUT_SOME,
    /** Some ranks did not come in time. */
    LATE,
    /** Some ranks gather and some do not. */
    MIXED
  }

  /** After which a rank that gives nothing shows that it is there. */
  static final Duration PATIENCE = Duration.ofMillis(150);

  /** How long ranks that have come may take to show it. */
  private static final Duration SHOWING = Duration.ofMillis(300);

  private static final Duration PAUSE = Duration.ofMillis(20);

  private final PmixClient client;
  private final String key;
  private final PmixEntry mine;
  private boolean published;

  PmixRound(PmixClient client, String key, PmixEntry mine) {
    this.client = client;
    this.key = key;
    this.mine = mine;
  }

  /** Enters it; returns when all ranks have, or as many as ever will. */
  Fence enter(int seconds) {
    if (mine.call().gathers()) {
      publish();
    }
    return client.fence(mine.call().gathers(), seconds);
  }

  /** Lets the others see, if they look, that this rank is there; once is enough. */
  synchronized void publish() {
    if (!published) {
      published = true;
      client.publish(key, mine.toBytes());
    }
  }

  /** What every rank gave, by rank, when the fence is complete. */
  byte[][] read() {
    byte[][] all = new byte[mine.call().gathers() ? client.size() : 0][];
    for (int r = 0; r < all.length; r++) {
      PmixEntry entry = entry(r);
      if (entry == null) {
        // who took part and published nothing had nothing to give
        throw otherCall(r, PmixEntry.Call.BARRIER);
      }
      if (entry.call() != mine.call()) {
        throw otherCall(r, entry.call());
      }
      all[r] = entry.given();
    }
    return all;
  }

  /**
   * Why a fence ended without some.
   *
   * @param waitedMillis since this rank entered
   */
  BootstrapException why(Fence fence, long waitedMillis) {
    publish();
    List<Integer> missing = missing();
    if (missing.isEmpty()) {
      return failure(-1, "waited %d ms for the launcher's PMIx server".formatted(waitedMillis));
    }
    return fence != Fence.WITHOUT_SOME
        ? failure(
            missing.get(0),
            "waited %d ms for ranks %s of %d".formatted(waitedMillis, missing, client.size()))
        : waitsFor(missing.get(0), "has died or lost its connection");
  }

  /**
   * Ranks that do not show themselves. Of those that make another call the first is blamed,
   * whichever shows itself first.
   */
  private List<Integer> missing() {
    PmixEntry.Call[] calls = new PmixEntry.Call[client.size()];
    List<Integer> missing = new ArrayList<>();
    for (int r = 0; r < client.size(); r++) {
      missing.add(r);
    }
    long deadline = System.nanoTime() + SHOWING.toNanos();
    do {
      missing.removeIf(r -> isHere(r, calls));
      LockSupport.parkNanos(missing.isEmpty() ? 0 : PAUSE.toNanos());
    } while (!missing.isEmpty() && System.nanoTime() < deadline);
    for (int r = 0; r < calls.length; r++) {
      if (calls[r] != null && calls[r] != mine.call()) {
        throw otherCall(r, calls[r]);
      }
    }
    return missing;
  }

  private boolean isHere(int other, PmixEntry.Call[] calls) {
    PmixEntry entry = entry(other);
    if (entry == null) {
      return false;
    }
    if (entry.call() == PmixEntry.Call.CLOSE) {
      throw waitsFor(other, "has closed");
    }
    calls[other] = entry.call();
    return true;
  }

  private PmixEntry entry(int of) {
    byte[] found = client.published(of, key);
    try {
      return found == null ? null : PmixEntry.of(found);
    } catch (IllegalArgumentException e) {
      throw new BootstrapException(
          of, "%s: rank=%d published %s".formatted(mine.call(), of, e.getMessage()), e);
    }
  }

  private BootstrapException waitsFor(int other, String how) {
    return failure(other, "waits for rank=%d, which %s".formatted(other, how));
  }

  private BootstrapException otherCall(int other, PmixEntry.Call call) {
    return failure(other, "calls it while rank=%d calls %s".formatted(other, call));
  }

  private BootstrapException failure(int culprit, String what) {
    return new BootstrapException(
        culprit, "%s: rank=%d %s".formatted(mine.call(), client.rank(), what));
  }
}
