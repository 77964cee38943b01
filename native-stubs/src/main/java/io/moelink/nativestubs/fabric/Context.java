package io.moelink.nativestubs.fabric;

import io.moelink.nativestubs.abi.Codes;
import io.moelink.nativestubs.abi.Fabric;
import io.moelink.transport.TransportException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * An open context of a backend and what its codes mean in Java. For any thread.
 *
 * @param fabric the functions
 * @param token the context
 * @param name the backend's name
 * @param rank this rank
 */
record Context(Fabric fabric, long token, String name, int rank) {
  /**
   * The exception for a code, with this thread's text, for a call that has just failed.
   *
   * @param operation what the user called
   * @param detail what it was about, such as the regions, or empty
   */
  RuntimeException failure(String operation, String detail, int code) {
    String text = textAfterCall(fabric.lastError());
    String message =
        "%s: %s%s"
            .formatted(operation, detail.isEmpty() ? "rank=" + rank + ": " : detail + ": ", text);
    return switch (code) {
      case Codes.INVALID,
          Codes.STRUCT,
          Codes.RANGE,
          Codes.KEY,
          Codes.PEER,
          Codes.ALIGN,
          Codes.LENGTH ->
          new IllegalArgumentException(message);
      case Codes.CLOSED -> closed(operation);
      case Codes.HANDLE, Codes.STALE_KEY, Codes.STATE -> new IllegalStateException(message);
      case Codes.UNSUPPORTED -> new UnsupportedOperationException(message);
      case Codes.PEER_DEAD, Codes.PEER_CLOSED, Codes.ABORTED ->
          new TransportException(failedRank(), message);
      default -> new TransportException(rank, message);
    };
  }

  IllegalStateException closed(String operation) {
    return new IllegalStateException(
        "%s: %s transport of rank=%d is closed".formatted(operation, name, rank));
  }

  /** The rank at fault after a failure by a rank, -1 when it is none. */
  int failedRank() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment found = arena.allocate(ValueLayout.JAVA_INT);
      return fabric.life().failedRank(token, found) == Codes.OK
          ? found.get(ValueLayout.JAVA_INT, 0)
          : -1;
    }
  }

  /** The text without the name of the C function that it starts with. */
  static String textAfterCall(String text) {
    int end = text.indexOf(": ");
    boolean called = end > 0 && text.lastIndexOf(' ', end) < 0;
    return called ? text.substring(end + 2) : text;
  }
}
