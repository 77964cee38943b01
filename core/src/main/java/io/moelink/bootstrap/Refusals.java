package io.moelink.bootstrap;

import java.util.ArrayList;
import java.util.List;

/**
 * Whom a store turned away, for the message of a job that does not come up: a rank with a wrong
 * setting is then not just missing. Bounded, whoever knocks how often. For any thread.
 */
final class Refusals {
  private static final int RANKS_MAX = 8;

  private final List<String> ranks = new ArrayList<>();
  private int strangers;
  private int otherSecrets;

  synchronized void stranger() {
    strangers++;
  }

  synchronized void otherSecret() {
    otherSecrets++;
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
