package io.moelink.nativestubs;

import io.moelink.transport.TransportException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Turns return codes into exceptions, with the text that the C side has for them. */
final class FabricError {
  private static final int TEXT_BYTES = 512;

  private FabricError() {}

  /** Returns for code OK and throws for any other. */
  static void check(long ctx, String operation, int code) {
    if (code != FabricCode.OK) {
      throw of(ctx, operation, code);
    }
  }

  /** The exception for a code that is not OK. */
  static RuntimeException of(long ctx, String operation, int code) {
    return of(ctx, operation, code, -1);
  }

  /** The same; {@code other} is at fault where the C side does not know better. */
  static RuntimeException of(long ctx, String operation, int code, int other) {
    String message = operation + ": " + text(ctx, code);
    return switch (code) {
      case FabricCode.CLOSED, FabricCode.HANDLE, FabricCode.STATE, FabricCode.STALE_KEY ->
          new IllegalStateException(message);
      case FabricCode.UNSUPPORTED -> new UnsupportedOperationException(message);
      default ->
          code <= FabricCode.OUTSIDE
              ? new TransportException(failedRank(ctx), message)
              : code == FabricCode.LENGTH
                  ? new TransportException(other, message)
                  : new IllegalArgumentException(message);
    };
  }

  private static String text(long ctx, int code) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = arena.allocate(TEXT_BYTES);
      Fabric.lastError(ctx, text.address(), TEXT_BYTES);
      String found = text.getString(0);
      return found.isEmpty() ? "code " + code : found;
    }
  }

  /** The rank at fault, -1 for none in particular. */
  static int failedRank(long ctx) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment rank = arena.allocate(Integer.BYTES, Integer.BYTES);
      return Fabric.failedRank(ctx, rank.address()) == FabricCode.OK
          ? rank.get(java.lang.foreign.ValueLayout.JAVA_INT, 0)
          : -1;
    }
  }
}
