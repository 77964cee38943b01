package io.moelink.nativestubs.abi;

import static io.moelink.nativestubs.abi.NativeAccess.INT;
import static io.moelink.nativestubs.abi.NativeAccess.LONG;
import static io.moelink.nativestubs.abi.NativeAccess.POINTER;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Copies between regions, and what is written to other ranks' signals. */
public final class TransferCalls {
  // int32_t mlk_put(mlk_ctx *ctx, uint64_t src, uint64_t src_offset, uint64_t dst, uint64_t
  // dst_offset, uint64_t bytes)
  private static final MethodHandle PUT = NativeAccess.function(LONG, LONG, LONG, LONG, LONG, LONG);
  // int32_t mlk_put_post(mlk_ctx *ctx, uint64_t src, uint64_t src_offset, uint64_t dst, uint64_t
  // dst_offset, uint64_t bytes, uint64_t *ticket)
  private static final MethodHandle PUT_POST =
      NativeAccess.function(LONG, LONG, LONG, LONG, LONG, LONG, POINTER);
  // int32_t mlk_put_test(mlk_ctx *ctx, uint64_t ticket)
  private static final MethodHandle PUT_TEST = NativeAccess.function(LONG, LONG);
  // int32_t mlk_get(mlk_ctx *ctx, uint64_t src, uint64_t src_offset, uint64_t dst, uint64_t
  // dst_offset, uint64_t bytes)
  private static final MethodHandle GET = NativeAccess.function(LONG, LONG, LONG, LONG, LONG, LONG);
  // int32_t mlk_put_signal(mlk_ctx *ctx, uint64_t src, uint64_t src_offset, uint64_t dst, uint64_t
  // dst_offset, uint64_t bytes, uint32_t signal, int64_t value)
  private static final MethodHandle PUT_SIGNAL =
      NativeAccess.function(LONG, LONG, LONG, LONG, LONG, LONG, INT, LONG);
  // int32_t mlk_put_value(mlk_ctx *ctx, int32_t rank, uint32_t signal, int64_t value)
  private static final MethodHandle PUT_VALUE = NativeAccess.function(LONG, INT, INT, LONG);
  // int32_t mlk_atomic_add(mlk_ctx *ctx, int32_t rank, uint32_t signal, int64_t delta)
  private static final MethodHandle ATOMIC_ADD = NativeAccess.function(LONG, INT, INT, LONG);
  // int32_t mlk_put_word(mlk_ctx *ctx, uint64_t region, uint64_t offset, int64_t value)
  private static final MethodHandle PUT_WORD = NativeAccess.function(LONG, LONG, LONG, LONG);
  // int32_t mlk_add_word(mlk_ctx *ctx, uint64_t region, uint64_t offset, int64_t delta)
  private static final MethodHandle ADD_WORD = NativeAccess.function(LONG, LONG, LONG, LONG);
  // int32_t mlk_flush(mlk_ctx *ctx, int32_t rank)
  private static final MethodHandle FLUSH = NativeAccess.function(LONG, INT);
  // int32_t mlk_progress(mlk_ctx *ctx)
  private static final MethodHandle PROGRESS = NativeAccess.function(LONG);

  private final MemorySegment put;
  private final MemorySegment putPost;
  private final MemorySegment putTest;
  private final MemorySegment get;
  private final MemorySegment putSignal;
  private final MemorySegment putValue;
  private final MemorySegment atomicAdd;
  private final MemorySegment putWord;
  private final MemorySegment addWord;
  private final MemorySegment flush;
  private final MemorySegment progress;

  TransferCalls(Symbols symbols) {
    put = symbols.function("mlk_put");
    putPost = symbols.function("mlk_put_post");
    putTest = symbols.function("mlk_put_test");
    get = symbols.function("mlk_get");
    putSignal = symbols.function("mlk_put_signal");
    putValue = symbols.function("mlk_put_value");
    atomicAdd = symbols.function("mlk_atomic_add");
    putWord = symbols.function("mlk_put_word");
    addWord = symbols.function("mlk_add_word");
    flush = symbols.function("mlk_flush");
    progress = symbols.function("mlk_progress");
  }

  public int put(long ctx, long src, long srcOffset, long dst, long dstOffset, long bytes) {
    try {
      return (int) PUT.invokeExact(put, ctx, src, srcOffset, dst, dstOffset, bytes);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }

  public int putPost(
      long ctx,
      long src,
      long srcOffset,
      long dst,
      long dstOffset,
      long bytes,
      MemorySegment ticket) {
    try {
      return (int)
          PUT_POST.invokeExact(putPost, ctx, src, srcOffset, dst, dstOffset, bytes, ticket);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }

  public int putTest(long ctx, long ticket) {
    try {
      return (int) PUT_TEST.invokeExact(putTest, ctx, ticket);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }

  public int get(long ctx, long src, long srcOffset, long dst, long dstOffset, long bytes) {
    try {
      return (int) GET.invokeExact(get, ctx, src, srcOffset, dst, dstOffset, bytes);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }

  public int putSignal(
      long ctx,
      long src,
      long srcOffset,
      long dst,
      long dstOffset,
      long bytes,
      int signal,
      long value) {
    try {
      return (int)
          PUT_SIGNAL.invokeExact(
              putSignal, ctx, src, srcOffset, dst, dstOffset, bytes, signal, value);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }

  public int putValue(long ctx, int rank, int signal, long value) {
    try {
      return (int) PUT_VALUE.invokeExact(putValue, ctx, rank, signal, value);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }

  public int atomicAdd(long ctx, int rank, int signal, long delta) {
    try {
      return (int) ATOMIC_ADD.invokeExact(atomicAdd, ctx, rank, signal, delta);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }

  public int putWord(long ctx, long region, long offset, long value) {
    try {
      return (int) PUT_WORD.invokeExact(putWord, ctx, region, offset, value);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }

  public int addWord(long ctx, long region, long offset, long delta) {
    try {
      return (int) ADD_WORD.invokeExact(addWord, ctx, region, offset, delta);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }

  public int flush(long ctx, int rank) {
    try {
      return (int) FLUSH.invokeExact(flush, ctx, rank);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }

  public int progress(long ctx) {
    try {
      return (int) PROGRESS.invokeExact(progress, ctx);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }
}
