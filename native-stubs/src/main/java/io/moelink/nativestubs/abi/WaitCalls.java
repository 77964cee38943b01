package io.moelink.nativestubs.abi;

import static io.moelink.nativestubs.abi.NativeAccess.INT;
import static io.moelink.nativestubs.abi.NativeAccess.LONG;
import static io.moelink.nativestubs.abi.NativeAccess.POINTER;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Own signals and arrivals. A wait takes one slice at most, so none of them blocks for long. */
public final class WaitCalls {
  // int32_t mlk_signal_read(mlk_ctx *ctx, uint32_t signal, int64_t *value)
  private static final MethodHandle SIGNAL_READ = NativeAccess.shortFunction(LONG, INT, POINTER);
  // int32_t mlk_signal_test(mlk_ctx *ctx, uint32_t signal, int64_t at_least)
  private static final MethodHandle SIGNAL_TEST = NativeAccess.function(LONG, INT, LONG);
  // int32_t mlk_signal_wait(mlk_ctx *ctx, uint32_t signal, int64_t at_least, int32_t from_rank,
  // int64_t timeout_ns)
  private static final MethodHandle SIGNAL_WAIT = NativeAccess.function(LONG, INT, LONG, INT, LONG);
  // int32_t mlk_activity(mlk_ctx *ctx, int64_t *count)
  private static final MethodHandle ACTIVITY = NativeAccess.shortFunction(LONG, POINTER);
  // int32_t mlk_activity_wait(mlk_ctx *ctx, int64_t seen, uint32_t arrivals, int64_t timeout_ns)
  private static final MethodHandle ACTIVITY_WAIT = NativeAccess.function(LONG, LONG, INT, LONG);

  private final MemorySegment signalRead;
  private final MemorySegment signalTest;
  private final MemorySegment signalWait;
  private final MemorySegment activity;
  private final MemorySegment activityWait;

  WaitCalls(Symbols symbols) {
    signalRead = symbols.function("mlk_signal_read");
    signalTest = symbols.function("mlk_signal_test");
    signalWait = symbols.function("mlk_signal_wait");
    activity = symbols.function("mlk_activity");
    activityWait = symbols.function("mlk_activity_wait");
  }

  public int signalRead(long ctx, int signal, MemorySegment value) {
    try {
      return (int) SIGNAL_READ.invokeExact(signalRead, ctx, signal, value);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }

  public int signalTest(long ctx, int signal, long atLeast) {
    try {
      return (int) SIGNAL_TEST.invokeExact(signalTest, ctx, signal, atLeast);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }

  public int signalWait(long ctx, int signal, long atLeast, int fromRank, long timeoutNanos) {
    try {
      return (int)
          SIGNAL_WAIT.invokeExact(signalWait, ctx, signal, atLeast, fromRank, timeoutNanos);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }

  public int activity(long ctx, MemorySegment count) {
    try {
      return (int) ACTIVITY.invokeExact(activity, ctx, count);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }

  public int activityWait(long ctx, long seen, int arrivals, long timeoutNanos) {
    try {
      return (int) ACTIVITY_WAIT.invokeExact(activityWait, ctx, seen, arrivals, timeoutNanos);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }
}
