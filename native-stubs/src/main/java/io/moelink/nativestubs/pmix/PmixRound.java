package io.moelink.nativestubs.pmix;

import io.moelink.bootstrap.BootstrapException;
import java.util.ArrayList;
import java.util.List;

/** One round of the ranks, from the side of one of them. */
final class PmixRound {
  /** How a fence ended. */
  enum Fence {
    /** All ranks took part. */
    COMPLETE,
    /** Some ranks are gone. */
    WITHOUT_SOME,
    /** Some ranks did not come in time. */
    LATE
  }

  private final PmixClient client;
  private final PmixEntry mine;
  private final byte[] given;
  private final String entryKey;
  private final String givenKey;

  /**
   * A round that has not been entered.
   *
   * @param keys what the keys of this bootstrap start with
   * @param number the how-manieth of the bootstrap
   */
  PmixRound(PmixClient client, String keys, long number, PmixEntry.Call call, byte[] given) {
    this.client = client;
    this.given = given;
    mine = PmixEntry.giving(number, call, given);
    // a rank that enters a round has read all of the one before, so two take turns
    entryKey = keys + (number % 2 == 0 ? "even" : "odd");
    givenKey = keys + number;
  }

  /** Publishes what this rank gives. */
  void publish() {
    if (mine.given() == null) {
      client.put(givenKey, given);
    }
    client.put(entryKey, mine.toBytes());
    client.commit();
  }

  /** Enters it; returns when all ranks have, or as many as ever will. */
  Fence enter(int seconds) {
    publish();
    return client.fence(seconds);
  }

  /**
   * What every rank gave, by rank.
   *
   * @param waitedMillis since this rank entered
   * @throws BootstrapException naming the ranks that did not come to this call
   */
  byte[][] read(Fence fence, long waitedMillis) {
    byte[][] all = new byte[client.size()][];
    List<Integer> missing = new ArrayList<>();
    for (int r = 0; r < all.length; r++) {
      PmixEntry entry = entry(r);
      if (entry == null || entry.round() != mine.round()) {
        missing.add(r);
      } else if (entry.call() == PmixEntry.Call.CLOSE) {
        throw waitsFor(r, "has closed");
      } else if (entry.call() != mine.call()) {
        throw failure(r, "calls it while rank=%d calls %s".formatted(r, entry.call()));
      } else if (fence != Fence.LATE) {
        all[r] = given(r, entry);
      }
    }
    if (fence == Fence.LATE) {
      throw missing.isEmpty()
          ? failure(-1, "waited %d ms for the launcher's PMIx server".formatted(waitedMillis))
          : failure(
              missing.get(0),
              "waited %d ms for ranks %s of %d".formatted(waitedMillis, missing, all.length));
    }
    if (!missing.isEmpty()) {
      throw waitsFor(
          missing.get(0),
          fence == Fence.WITHOUT_SOME
              ? "has died or lost its connection"
              : "took part in the fence and published nothing");
    }
    return all;
  }

  private PmixEntry entry(int of) {
    byte[] published = client.published(of, entryKey, PmixEntry.BYTES);
    try {
      return published == null ? null : PmixEntry.of(published);
    } catch (IllegalArgumentException e) {
      throw new BootstrapException(
          of, "%s: rank=%d published %s".formatted(mine.call(), of, e.getMessage()), e);
    }
  }

  private byte[] given(int of, PmixEntry entry) {
    byte[] found =
        entry.given() != null ? entry.given() : client.published(of, givenKey, entry.length());
    if (found == null || found.length != entry.length()) {
      throw new BootstrapException(
          of,
          "%s: rank=%d published %s, expected %d bytes"
              .formatted(
                  mine.call(),
                  of,
                  found == null ? "nothing" : found.length + " bytes",
                  entry.length()));
    }
    return found;
  }

  private BootstrapException waitsFor(int other, String how) {
    return failure(other, "waits for rank=%d, which %s".formatted(other, how));
  }

  private BootstrapException failure(int culprit, String what) {
    return new BootstrapException(
        culprit, "%s: rank=%d %s".formatted(mine.call(), client.rank(), what));
  }
}
