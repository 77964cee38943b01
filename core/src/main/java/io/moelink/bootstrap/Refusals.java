package io.moelink.bootstrap;

import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Whom a store turned away, for the message of a job that does not come up: a rank with a wrong
 * setting is then not just missing. The first of each kind gets a line on standard error as well,
 * since the job may come up without it. Bounded, whoever knocks how often. For any thread.
 */
final class Refusals {
  private static final int RANKS_MAX = 8;

  private final List<String> ranks = new ArrayList<>();
  private int strangers;
  private int otherSecrets;

  private final String place;
  private final Consumer<String> notices;

  /**
   * Nobody yet.
   *
   * @param place where the store listens, for people
   * @param notices gets lines for people
   */
  Refusals(String place, Consumer<String> notices) {
    this.place = place;
    this.notices = notices;
  }

  /** Someone who does not speak the protocol. */
  synchronized void stranger(SocketAddress from) {
    if (strangers++ == 0) {
      notice(from, "does not speak the protocol");
    }
  }

  /** Someone who does, with another secret. */
  synchronized void otherSecret(SocketAddress from) {
    if (otherSecrets++ == 0) {
      notice(from, "has another MOELINK_SECRET");
    }
  }

  private void notice(SocketAddress from, String why) {
    notices.accept(
        "moelink: the store at %s refused %s, which %s; more of these are not reported"
            .formatted(place, from, why));
  }

  /** Someone who knows the secret, and what was wrong with it. */
  synchronized void rank(int rank, String why) {
    if (ranks.size() < RANKS_MAX) {
      ranks.add("rank=%d %s".formatted(rank, why));
    }
  }

  /** What to add to a message: nothing if nobody was refused. */
  synchronized String summary() {
    List<String> parts = new ArrayList<>(ranks);
    if (otherSecrets > 0) {
      parts.add(otherSecrets + " with another MOELINK_SECRET");
    }
    if (strangers > 0) {
      parts.add(strangers + " that did not speak the protocol");
    }
    return parts.isEmpty() ? "" : "; refused " + String.join(", ", parts);
  }
}
