package io.moelink.nativestubs.abi;

import static io.moelink.nativestubs.abi.NativeAccess.INT;
import static io.moelink.nativestubs.abi.NativeAccess.LONG;
import static io.moelink.nativestubs.abi.NativeAccess.POINTER;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Messages between two ranks. */
public final class MessageCalls {
  // int32_t mlk_send(mlk_ctx *ctx, int32_t to, uint64_t src, uint64_t offset, uint64_t bytes,
  // uint64_t tag, uint64_t *sequence)
  private static final MethodHandle SEND =
      NativeAccess.function(LONG, INT, LONG, LONG, LONG, LONG, POINTER);
  // int32_t mlk_send_test(mlk_ctx *ctx, int32_t to, uint64_t sequence)
  private static final MethodHandle SEND_TEST = NativeAccess.function(LONG, INT, LONG);
  // int32_t mlk_send_cancel(mlk_ctx *ctx, int32_t to, uint64_t sequence)
  private static final MethodHandle SEND_CANCEL = NativeAccess.function(LONG, INT, LONG);
  // int32_t mlk_recv(mlk_ctx *ctx, int32_t from, uint64_t dst, uint64_t offset, uint64_t bytes,
  // mlk_received *received)
  private static final MethodHandle RECV =
      NativeAccess.function(LONG, INT, LONG, LONG, LONG, POINTER);

  private final MemorySegment send;
  private final MemorySegment sendTest;
  private final MemorySegment sendCancel;
  private final MemorySegment recv;

  MessageCalls(Symbols symbols) {
    send = symbols.function("mlk_send");
    sendTest = symbols.function("mlk_send_test");
    sendCancel = symbols.function("mlk_send_cancel");
    recv = symbols.function("mlk_recv");
  }

  public int send(
      long ctx, int to, long src, long offset, long bytes, long tag, MemorySegment sequence) {
    try {
      return (int) SEND.invokeExact(send, ctx, to, src, offset, bytes, tag, sequence);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }

  public int sendTest(long ctx, int to, long sequence) {
    try {
      return (int) SEND_TEST.invokeExact(sendTest, ctx, to, sequence);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }

  public int sendCancel(long ctx, int to, long sequence) {
    try {
      return (int) SEND_CANCEL.invokeExact(sendCancel, ctx, to, sequence);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }

  public int recv(long ctx, int from, long dst, long offset, long bytes, MemorySegment received) {
    try {
      return (int) RECV.invokeExact(recv, ctx, from, dst, offset, bytes, received);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }
}
