package io.moelink.nativestubs.abi;

import static io.moelink.nativestubs.abi.NativeAccess.INT;
import static io.moelink.nativestubs.abi.NativeAccess.LONG;
import static io.moelink.nativestubs.abi.NativeAccess.POINTER;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Life and failure of a context. Contexts are tokens, passed as numbers. */
public final class LifeCalls {
  // int32_t mlk_open(const mlk_config *config, mlk_ctx **ctx)
  private static final MethodHandle OPEN = NativeAccess.function(POINTER, POINTER);
  // int32_t mlk_probe(void)
  private static final MethodHandle PROBE = NativeAccess.function();
  // int32_t mlk_loads(mlk_ctx *ctx, int32_t rank, int32_t *loads)
  private static final MethodHandle LOADS = NativeAccess.function(LONG, INT, POINTER);
  // int32_t mlk_address_get(mlk_ctx *ctx, mlk_address *address)
  private static final MethodHandle ADDRESS_GET = NativeAccess.function(LONG, POINTER);
  // int32_t mlk_connect(mlk_ctx *ctx, const void *addresses, uint64_t stride, int32_t count)
  private static final MethodHandle CONNECT = NativeAccess.function(LONG, POINTER, LONG, INT);
  // int32_t mlk_close(mlk_ctx *ctx)
  private static final MethodHandle CLOSE = NativeAccess.function(LONG);
  // int32_t mlk_caps_get(mlk_ctx *ctx, mlk_caps *caps)
  private static final MethodHandle CAPS_GET = NativeAccess.function(LONG, POINTER);
  // int32_t mlk_last_error(mlk_ctx *ctx, char *text, uint64_t text_bytes)
  private static final MethodHandle LAST_ERROR = NativeAccess.function(LONG, POINTER, LONG);
  // int32_t mlk_failed_rank(mlk_ctx *ctx, int32_t *rank)
  private static final MethodHandle FAILED_RANK = NativeAccess.function(LONG, POINTER);
  // int32_t mlk_abort(mlk_ctx *ctx, int32_t cause_rank, const char *text)
  private static final MethodHandle ABORT = NativeAccess.function(LONG, INT, POINTER);
  // uint32_t mlk_abi_version(void)
  private static final MethodHandle ABI_VERSION = NativeAccess.function();

  private final MemorySegment open;
  private final MemorySegment probe;
  private final MemorySegment loads;
  private final MemorySegment addressGet;
  private final MemorySegment connect;
  private final MemorySegment close;
  private final MemorySegment capsGet;
  private final MemorySegment lastError;
  private final MemorySegment failedRank;
  private final MemorySegment abort;
  private final MemorySegment abiVersion;

  LifeCalls(Symbols symbols) {
    open = symbols.function("mlk_open");
    probe = symbols.function("mlk_probe");
    loads = symbols.function("mlk_loads");
    addressGet = symbols.function("mlk_address_get");
    connect = symbols.function("mlk_connect");
    close = symbols.function("mlk_close");
    capsGet = symbols.function("mlk_caps_get");
    lastError = symbols.function("mlk_last_error");
    failedRank = symbols.function("mlk_failed_rank");
    abort = symbols.function("mlk_abort");
    abiVersion = symbols.function("mlk_abi_version");
  }

  /** Writes the new context, 8 bytes, to {@code ctx}. */
  public int open(MemorySegment config, MemorySegment ctx) {
    try {
      return (int) OPEN.invokeExact(open, config, ctx);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }

  /** Whether the backend has here what it needs. */
  public int probe() {
    try {
      return (int) PROBE.invokeExact(probe);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }

  /** Writes 1 or 0, 4 bytes, to {@code loadable}. */
  public int loads(long ctx, int rank, MemorySegment loadable) {
    try {
      return (int) LOADS.invokeExact(loads, ctx, rank, loadable);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }

  public int addressGet(long ctx, MemorySegment address) {
    try {
      return (int) ADDRESS_GET.invokeExact(addressGet, ctx, address);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }

  public int connect(long ctx, MemorySegment addresses, long stride, int count) {
    try {
      return (int) CONNECT.invokeExact(connect, ctx, addresses, stride, count);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }

  public int close(long ctx) {
    try {
      return (int) CLOSE.invokeExact(close, ctx);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }

  public int capsGet(long ctx, MemorySegment caps) {
    try {
      return (int) CAPS_GET.invokeExact(capsGet, ctx, caps);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }

  /** The text of this thread's last failure; see {@link Fabric#lastError}. */
  public int lastError(long ctx, MemorySegment text, long textBytes) {
    try {
      return (int) LAST_ERROR.invokeExact(lastError, ctx, text, textBytes);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }

  public int failedRank(long ctx, MemorySegment rank) {
    try {
      return (int) FAILED_RANK.invokeExact(failedRank, ctx, rank);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }

  public int abort(long ctx, int causeRank, MemorySegment text) {
    try {
      return (int) ABORT.invokeExact(abort, ctx, causeRank, text);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }

  /** The version of the interface that the library was built for. */
  public int abiVersion() {
    try {
      return (int) ABI_VERSION.invokeExact(abiVersion);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }
}
