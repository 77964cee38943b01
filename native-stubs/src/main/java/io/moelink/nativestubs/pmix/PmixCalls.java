package io.moelink.nativestubs.pmix;

import static io.moelink.nativestubs.abi.NativeAccess.INT;
import static io.moelink.nativestubs.abi.NativeAccess.LONG;
import static io.moelink.nativestubs.abi.NativeAccess.POINTER;

import io.moelink.nativestubs.abi.NativeAccess;
import io.moelink.nativestubs.abi.Symbols;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** The functions of libpmix that moelink calls. Those that return a number return a status. */
final class PmixCalls {
  // pmix_status_t PMIx_Init(pmix_proc_t *proc, pmix_info_t info[], size_t ninfo)
  private static final MethodHandle INIT = NativeAccess.function(POINTER, POINTER, LONG);
  // pmix_status_t PMIx_Finalize(const pmix_info_t info[], size_t ninfo)
  private static final MethodHandle FINALIZE = NativeAccess.function(POINTER, LONG);
  // pmix_status_t PMIx_Put(pmix_scope_t scope, const char key[], pmix_value_t *val)
  private static final MethodHandle PUT =
      NativeAccess.function(ValueLayout.JAVA_BYTE, POINTER, POINTER);
  // pmix_status_t PMIx_Commit(void)
  private static final MethodHandle COMMIT = NativeAccess.function();
  // pmix_status_t PMIx_Fence(const pmix_proc_t procs[], size_t nprocs, const pmix_info_t info[],
  //                          size_t ninfo)
  private static final MethodHandle FENCE = NativeAccess.function(POINTER, LONG, POINTER, LONG);
  // pmix_status_t PMIx_Get(const pmix_proc_t *proc, const char key[], const pmix_info_t info[],
  //                        size_t ninfo, pmix_value_t **val)
  private static final MethodHandle GET =
      NativeAccess.function(POINTER, POINTER, POINTER, LONG, POINTER);
  // void PMIx_Value_destruct(pmix_value_t *val)
  private static final MethodHandle VALUE_DESTRUCT = NativeAccess.procedure(POINTER);
  // void free(void *ptr)
  private static final MethodHandle FREE = NativeAccess.procedure(POINTER);
  // const char *PMIx_Error_string(pmix_status_t status)
  private static final MethodHandle ERROR_STRING = NativeAccess.pointerFunction(INT);

  private static final long TEXT_BYTES_MAX = 256;

  private final MemorySegment init;
  private final MemorySegment finish;
  private final MemorySegment put;
  private final MemorySegment commit;
  private final MemorySegment fence;
  private final MemorySegment get;
  private final MemorySegment valueDestruct;
  private final MemorySegment free;
  private final MemorySegment errorString;

  /**
   * Finds them.
   *
   * @throws IllegalArgumentException when one is not there
   */
  PmixCalls(Symbols pmix, Symbols system) {
    init = pmix.function("PMIx_Init");
    finish = pmix.function("PMIx_Finalize");
    put = pmix.function("PMIx_Put");
    commit = pmix.function("PMIx_Commit");
    fence = pmix.function("PMIx_Fence");
    get = pmix.function("PMIx_Get");
    valueDestruct = pmix.function("PMIx_Value_destruct");
    free = system.function("free");
    errorString = pmix.function("PMIx_Error_string");
  }

  int init(MemorySegment proc) {
    try {
      return (int) INIT.invokeExact(init, proc, MemorySegment.NULL, 0L);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }

  int finish() {
    try {
      return (int) FINALIZE.invokeExact(finish, MemorySegment.NULL, 0L);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }

  int put(byte scope, MemorySegment key, MemorySegment value) {
    try {
      return (int) PUT.invokeExact(put, scope, key, value);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }

  int commit() {
    try {
      return (int) COMMIT.invokeExact(commit);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }

  /** A fence of all processes of the job. */
  int fence(MemorySegment infos, long count) {
    try {
      return (int) FENCE.invokeExact(fence, MemorySegment.NULL, 0L, infos, count);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }

  /** Writes the address of a new value, which is the caller's to release, to {@code value}. */
  int get(
      MemorySegment proc, MemorySegment key, MemorySegment infos, long count, MemorySegment value) {
    try {
      return (int) GET.invokeExact(get, proc, key, infos, count, value);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }

  /** Releases a value that {@link #get} gave, and what it points to. */
  void release(MemorySegment value) {
    try {
      VALUE_DESTRUCT.invokeExact(valueDestruct, value);
      FREE.invokeExact(free, value);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }

  /** What a status means, for people. */
  String text(int status) {
    try {
      MemorySegment text = (MemorySegment) ERROR_STRING.invokeExact(errorString, status);
      if (text.address() == 0) {
        return Integer.toString(status);
      }
      return "%s (%d)".formatted(NativeAccess.text(text, TEXT_BYTES_MAX), status);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }
}
