package io.moelink.nativestubs;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The functions of the shared-memory backend, one handle and one method for each. Touch this class
 * only where {@link FabricLibrary#shm} has symbols. Every function may be called by any thread that
 * the header allows; codes are those of the header.
 *
 * <p>More than 400 lines: one function after the other, none with logic of its own.
 */
final class Fabric {
  private static final Linker LINKER = Linker.nativeLinker();

  private static final MethodHandle OPEN = function("mlk_open", JAVA_LONG, JAVA_LONG);

  private static final MethodHandle ADDRESS_GET = function("mlk_address_get", JAVA_LONG, JAVA_LONG);

  private static final MethodHandle CONNECT =
      function("mlk_connect", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT);

  private static final MethodHandle CLOSE = function("mlk_close", JAVA_LONG);

  private static final MethodHandle CAPS_GET = function("mlk_caps_get", JAVA_LONG, JAVA_LONG);

  private static final MethodHandle LAST_ERROR =
      function("mlk_last_error", JAVA_LONG, JAVA_LONG, JAVA_LONG);

  private static final MethodHandle FAILED_RANK = function("mlk_failed_rank", JAVA_LONG, JAVA_LONG);

  private static final MethodHandle ABORT = function("mlk_abort", JAVA_LONG, JAVA_INT, JAVA_LONG);

  private static final MethodHandle REGION_ALLOC =
      function("mlk_region_alloc", JAVA_LONG, JAVA_LONG, JAVA_LONG);

  private static final MethodHandle REGION_REGISTER =
      function("mlk_region_register", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

  private static final MethodHandle REGION_EXPORT =
      function("mlk_region_export", JAVA_LONG, JAVA_LONG, JAVA_LONG);

  private static final MethodHandle REGION_ATTACH =
      function("mlk_region_attach", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG);

  private static final MethodHandle REGION_RELEASE =
      function("mlk_region_release", JAVA_LONG, JAVA_LONG);

  private static final MethodHandle REGION_QUERY =
      function("mlk_region_query", JAVA_LONG, JAVA_LONG, JAVA_LONG);

  private static final MethodHandle PUT =
      function("mlk_put", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

  private static final MethodHandle GET =
      function("mlk_get", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

  private static final MethodHandle PUT_SIGNAL =
      function(
          "mlk_put_signal",
          JAVA_LONG,
          JAVA_LONG,
          JAVA_LONG,
          JAVA_LONG,
          JAVA_LONG,
          JAVA_LONG,
          JAVA_INT,
          JAVA_LONG);

  private static final MethodHandle PUT_VALUE =
      function("mlk_put_value", JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG);

  private static final MethodHandle ATOMIC_ADD =
      function("mlk_atomic_add", JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_LONG);

  private static final MethodHandle SIGNAL_READ =
      critical("mlk_signal_read", JAVA_LONG, JAVA_INT, JAVA_LONG);

  private static final MethodHandle SIGNAL_WAIT =
      function("mlk_signal_wait", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG);

  private static final MethodHandle ACTIVITY = critical("mlk_activity", JAVA_LONG, JAVA_LONG);

  private static final MethodHandle ACTIVITY_WAIT =
      function("mlk_activity_wait", JAVA_LONG, JAVA_LONG, JAVA_LONG);

  private static final MethodHandle SEND =
      function(
          "mlk_send", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

  private static final MethodHandle SEND_TEST =
      function("mlk_send_test", JAVA_LONG, JAVA_INT, JAVA_LONG);

  private static final MethodHandle SEND_CANCEL =
      function("mlk_send_cancel", JAVA_LONG, JAVA_INT, JAVA_LONG);

  private static final MethodHandle RECEIVE =
      function("mlk_recv", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

  private static final MethodHandle FLUSH = function("mlk_flush", JAVA_LONG, JAVA_INT);

  private static final MethodHandle PROGRESS = function("mlk_progress", JAVA_LONG);

  private static final MethodHandle ISA = function("spc_isa", JAVA_LONG, JAVA_LONG);

  private static final MethodHandle GATHER_ROWS = function("spc_gather_rows", JAVA_LONG, JAVA_LONG);

  private static final MethodHandle RAW_GATHER_ROWS = function("spc_raw_gather_rows", JAVA_LONG);

  private static final MethodHandle SCATTER_ROWS =
      function("spc_scatter_rows", JAVA_LONG, JAVA_LONG);

  private static final MethodHandle RAW_SCATTER_ROWS = function("spc_raw_scatter_rows", JAVA_LONG);

  private static final MethodHandle REDUCE_ROWS = function("spc_reduce_rows", JAVA_LONG, JAVA_LONG);

  private static final MethodHandle RAW_REDUCE_ROWS = function("spc_raw_reduce_rows", JAVA_LONG);

  private static final MethodHandle DOT_ROWS = function("spc_dot_rows", JAVA_LONG, JAVA_LONG);

  private static final MethodHandle RAW_DOT_ROWS = function("spc_raw_dot_rows", JAVA_LONG);

  private static final MethodHandle SCALE_ROWS = function("spc_scale_rows", JAVA_LONG, JAVA_LONG);

  private static final MethodHandle RAW_SCALE_ROWS = function("spc_raw_scale_rows", JAVA_LONG);

  private static final MethodHandle REORDER = function("spc_reorder", JAVA_LONG, JAVA_LONG);

  private static final MethodHandle RAW_REORDER = function("spc_raw_reorder", JAVA_LONG);

  private static final MethodHandle FILL = function("spc_fill", JAVA_LONG, JAVA_LONG);

  private static final MethodHandle RAW_FILL = function("spc_raw_fill", JAVA_LONG);

  private Fabric() {}

  private static MethodHandle function(String name, MemoryLayout... arguments) {
    return bind(name, arguments);
  }

  /** For calls so short that the thread need not become visible to the collector for them. */
  private static MethodHandle critical(String name, MemoryLayout... arguments) {
    return bind(name, arguments, Linker.Option.critical(false));
  }

  @SuppressWarnings("restricted") // the one place that makes native functions callable
  private static MethodHandle bind(
      String name, MemoryLayout[] arguments, Linker.Option... options) {
    MemorySegment symbol =
        FabricLibrary.shm()
            .symbols()
            .find(name)
            .orElseThrow(() -> new IllegalStateException("the library has no function " + name));
    return LINKER.downcallHandle(symbol, FunctionDescriptor.of(JAVA_INT, arguments), options);
  }

  /** C functions throw nothing: what comes here is an error of the JVM or of a signature. */
  private static Error failed(Throwable e) {
    if (e instanceof Error error) {
      throw error;
    }
    throw new IllegalStateException("native call failed: " + e.getMessage(), e);
  }

  /** {@code int32_t mlk_open(const mlk_config *config, mlk_ctx **ctx)}. */
  static int open(long config, long ctxOut) {
    try {
      return (int) OPEN.invokeExact(config, ctxOut);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** {@code int32_t mlk_address_get(mlk_ctx *ctx, mlk_address *address)}. */
  static int addressGet(long ctx, long address) {
    try {
      return (int) ADDRESS_GET.invokeExact(ctx, address);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /**
   * {@code int32_t mlk_connect(mlk_ctx *ctx, const void *addresses, uint64_t stride, int32_t
   * count)}.
   */
  static int connect(long ctx, long addresses, long stride, int count) {
    try {
      return (int) CONNECT.invokeExact(ctx, addresses, stride, count);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** {@code int32_t mlk_close(mlk_ctx *ctx)}. */
  static int close(long ctx) {
    try {
      return (int) CLOSE.invokeExact(ctx);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** {@code int32_t mlk_caps_get(mlk_ctx *ctx, mlk_caps *caps)}. */
  static int capsGet(long ctx, long caps) {
    try {
      return (int) CAPS_GET.invokeExact(ctx, caps);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** {@code int32_t mlk_last_error(mlk_ctx *ctx, char *text, uint64_t text_bytes)}. */
  static int lastError(long ctx, long text, long textBytes) {
    try {
      return (int) LAST_ERROR.invokeExact(ctx, text, textBytes);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** {@code int32_t mlk_failed_rank(mlk_ctx *ctx, int32_t *rank)}. */
  static int failedRank(long ctx, long rankOut) {
    try {
      return (int) FAILED_RANK.invokeExact(ctx, rankOut);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** {@code int32_t mlk_abort(mlk_ctx *ctx, int32_t cause_rank, const char *text)}. */
  static int abort(long ctx, int causeRank, long text) {
    try {
      return (int) ABORT.invokeExact(ctx, causeRank, text);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /**
   * {@code int32_t mlk_region_alloc(mlk_ctx *ctx, const mlk_region_request *request, uint64_t
   * *region)}.
   */
  static int regionAlloc(long ctx, long request, long regionOut) {
    try {
      return (int) REGION_ALLOC.invokeExact(ctx, request, regionOut);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /**
   * {@code int32_t mlk_region_register(mlk_ctx *ctx, void *address, uint64_t bytes, uint64_t
   * *region)}.
   */
  static int regionRegister(long ctx, long address, long bytes, long regionOut) {
    try {
      return (int) REGION_REGISTER.invokeExact(ctx, address, bytes, regionOut);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** {@code int32_t mlk_region_export(mlk_ctx *ctx, uint64_t region, mlk_key *key)}. */
  static int regionExport(long ctx, long region, long key) {
    try {
      return (int) REGION_EXPORT.invokeExact(ctx, region, key);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /**
   * {@code int32_t mlk_region_attach(mlk_ctx *ctx, int32_t rank, const mlk_key *key, uint64_t
   * *region)}.
   */
  static int regionAttach(long ctx, int rank, long key, long regionOut) {
    try {
      return (int) REGION_ATTACH.invokeExact(ctx, rank, key, regionOut);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** {@code int32_t mlk_region_release(mlk_ctx *ctx, uint64_t region)}. */
  static int regionRelease(long ctx, long region) {
    try {
      return (int) REGION_RELEASE.invokeExact(ctx, region);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** {@code int32_t mlk_region_query(mlk_ctx *ctx, uint64_t region, mlk_region_info *info)}. */
  static int regionQuery(long ctx, long region, long info) {
    try {
      return (int) REGION_QUERY.invokeExact(ctx, region, info);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /**
   * {@code int32_t mlk_put(mlk_ctx *ctx, uint64_t src, uint64_t src_offset, uint64_t dst, uint64_t
   * dst_offset, uint64_t bytes)}.
   */
  static int put(long ctx, long src, long srcOffset, long dst, long dstOffset, long bytes) {
    try {
      return (int) PUT.invokeExact(ctx, src, srcOffset, dst, dstOffset, bytes);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /**
   * {@code int32_t mlk_get(mlk_ctx *ctx, uint64_t src, uint64_t src_offset, uint64_t dst, uint64_t
   * dst_offset, uint64_t bytes)}.
   */
  static int get(long ctx, long src, long srcOffset, long dst, long dstOffset, long bytes) {
    try {
      return (int) GET.invokeExact(ctx, src, srcOffset, dst, dstOffset, bytes);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /**
   * {@code int32_t mlk_put_signal(mlk_ctx *ctx, uint64_t src, uint64_t src_offset, uint64_t dst,
   * uint64_t dst_offset, uint64_t bytes, uint32_t signal, int64_t value)}.
   */
  static int putSignal(
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
          PUT_SIGNAL.invokeExact(ctx, src, srcOffset, dst, dstOffset, bytes, signal, value);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** {@code int32_t mlk_put_value(mlk_ctx *ctx, int32_t rank, uint32_t signal, int64_t value)}. */
  static int putValue(long ctx, int rank, int signal, long value) {
    try {
      return (int) PUT_VALUE.invokeExact(ctx, rank, signal, value);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** {@code int32_t mlk_atomic_add(mlk_ctx *ctx, int32_t rank, uint32_t signal, int64_t delta)}. */
  static int atomicAdd(long ctx, int rank, int signal, long delta) {
    try {
      return (int) ATOMIC_ADD.invokeExact(ctx, rank, signal, delta);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** {@code int32_t mlk_signal_read(mlk_ctx *ctx, uint32_t signal, int64_t *value)}. */
  static int signalRead(long ctx, int signal, long valueOut) {
    try {
      return (int) SIGNAL_READ.invokeExact(ctx, signal, valueOut);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /**
   * {@code int32_t mlk_signal_wait(mlk_ctx *ctx, uint32_t signal, int64_t at_least, int32_t
   * from_rank, int64_t timeout_ns)}.
   */
  static int signalWait(long ctx, int signal, long atLeast, int fromRank, long timeoutNanos) {
    try {
      return (int) SIGNAL_WAIT.invokeExact(ctx, signal, atLeast, fromRank, timeoutNanos);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** {@code int32_t mlk_activity(mlk_ctx *ctx, int64_t *count)}. */
  static int activity(long ctx, long countOut) {
    try {
      return (int) ACTIVITY.invokeExact(ctx, countOut);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** {@code int32_t mlk_activity_wait(mlk_ctx *ctx, int64_t seen, int64_t timeout_ns)}. */
  static int activityWait(long ctx, long seen, long timeoutNanos) {
    try {
      return (int) ACTIVITY_WAIT.invokeExact(ctx, seen, timeoutNanos);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /**
   * {@code int32_t mlk_send(mlk_ctx *ctx, int32_t to, uint64_t src, uint64_t offset, uint64_t
   * bytes, uint64_t tag, uint64_t *sequence)}.
   */
  static int send(long ctx, int to, long src, long offset, long bytes, long tag, long sequenceOut) {
    try {
      return (int) SEND.invokeExact(ctx, to, src, offset, bytes, tag, sequenceOut);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** {@code int32_t mlk_send_test(mlk_ctx *ctx, int32_t to, uint64_t sequence)}. */
  static int sendTest(long ctx, int to, long sequence) {
    try {
      return (int) SEND_TEST.invokeExact(ctx, to, sequence);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** {@code int32_t mlk_send_cancel(mlk_ctx *ctx, int32_t to, uint64_t sequence)}. */
  static int sendCancel(long ctx, int to, long sequence) {
    try {
      return (int) SEND_CANCEL.invokeExact(ctx, to, sequence);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /**
   * {@code int32_t mlk_recv(mlk_ctx *ctx, int32_t from, uint64_t dst, uint64_t offset, uint64_t
   * bytes, mlk_received *received)}.
   */
  static int receive(long ctx, int from, long dst, long offset, long bytes, long received) {
    try {
      return (int) RECEIVE.invokeExact(ctx, from, dst, offset, bytes, received);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** {@code int32_t mlk_flush(mlk_ctx *ctx, int32_t rank)}. */
  static int flush(long ctx, int rank) {
    try {
      return (int) FLUSH.invokeExact(ctx, rank);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** {@code int32_t mlk_progress(mlk_ctx *ctx)}. */
  static int progress(long ctx) {
    try {
      return (int) PROGRESS.invokeExact(ctx);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /** {@code int32_t spc_isa(char *name, uint64_t name_bytes)}. */
  static int isa(long name, long nameBytes) {
    try {
      return (int) ISA.invokeExact(name, nameBytes);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /**
   * {@code int32_t spc_gather_rows(mlk_ctx *ctx, const spc_gather_args *args)}; with ctx 0 {@code
   * int32_t spc_raw_gather_rows(const spc_gather_args *args)}.
   */
  static int gatherRows(long ctx, long args) {
    try {
      return ctx == 0
          ? (int) RAW_GATHER_ROWS.invokeExact(args)
          : (int) GATHER_ROWS.invokeExact(ctx, args);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /**
   * {@code int32_t spc_scatter_rows(mlk_ctx *ctx, const spc_scatter_args *args)}; with ctx 0 {@code
   * int32_t spc_raw_scatter_rows(const spc_scatter_args *args)}.
   */
  static int scatterRows(long ctx, long args) {
    try {
      return ctx == 0
          ? (int) RAW_SCATTER_ROWS.invokeExact(args)
          : (int) SCATTER_ROWS.invokeExact(ctx, args);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /**
   * {@code int32_t spc_reduce_rows(mlk_ctx *ctx, const spc_reduce_args *args)}; with ctx 0 {@code
   * int32_t spc_raw_reduce_rows(const spc_reduce_args *args)}.
   */
  static int reduceRows(long ctx, long args) {
    try {
      return ctx == 0
          ? (int) RAW_REDUCE_ROWS.invokeExact(args)
          : (int) REDUCE_ROWS.invokeExact(ctx, args);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /**
   * {@code int32_t spc_dot_rows(mlk_ctx *ctx, const spc_dot_args *args)}; with ctx 0 {@code int32_t
   * spc_raw_dot_rows(const spc_dot_args *args)}.
   */
  static int dotRows(long ctx, long args) {
    try {
      return ctx == 0
          ? (int) RAW_DOT_ROWS.invokeExact(args)
          : (int) DOT_ROWS.invokeExact(ctx, args);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /**
   * {@code int32_t spc_scale_rows(mlk_ctx *ctx, const spc_scale_args *args)}; with ctx 0 {@code
   * int32_t spc_raw_scale_rows(const spc_scale_args *args)}.
   */
  static int scaleRows(long ctx, long args) {
    try {
      return ctx == 0
          ? (int) RAW_SCALE_ROWS.invokeExact(args)
          : (int) SCALE_ROWS.invokeExact(ctx, args);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /**
   * {@code int32_t spc_reorder(mlk_ctx *ctx, const spc_reorder_args *args)}; with ctx 0 {@code
   * int32_t spc_raw_reorder(const spc_reorder_args *args)}.
   */
  static int reorder(long ctx, long args) {
    try {
      return ctx == 0 ? (int) RAW_REORDER.invokeExact(args) : (int) REORDER.invokeExact(ctx, args);
    } catch (Throwable e) {
      throw failed(e);
    }
  }

  /**
   * {@code int32_t spc_fill(mlk_ctx *ctx, const spc_fill_args *args)}; with ctx 0 {@code int32_t
   * spc_raw_fill(const spc_fill_args *args)}.
   */
  static int fill(long ctx, long args) {
    try {
      return ctx == 0 ? (int) RAW_FILL.invokeExact(args) : (int) FILL.invokeExact(ctx, args);
    } catch (Throwable e) {
      throw failed(e);
    }
  }
}
