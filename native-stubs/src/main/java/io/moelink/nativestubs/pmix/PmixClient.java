package io.moelink.nativestubs.pmix;

import io.moelink.bootstrap.BootstrapException;
import io.moelink.nativestubs.abi.NativeAccess;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * This process as a client of its launcher's PMIx server. Calls block as long as the server takes:
 * {@link PmixBootstrap} keeps the time. For any thread, but nothing may run beside or after {@link
 * #close}.
 */
final class PmixClient {
  private static final int SIZE_MAX = 4096;

  /** How long the server may look for what a rank has published, if it honours it. */
  private static final int GET_SECONDS = 1;

  private final PmixCalls calls;
  private final MemorySegment me;
  private final int rank;
  private final int size;

  private PmixClient(PmixCalls calls, MemorySegment me) {
    this.calls = calls;
    this.me = me;
    rank = PmixStructs.rank(me);
    size = jobSize();
    if (rank < 0 || rank >= size) {
      throw failure("rank %d, expected 0 to %d".formatted(rank, size - 1));
    }
  }

  /**
   * Connects to the server that the environment names.
   *
   * @throws BootstrapException saying what PMIx answered
   */
  static PmixClient open(PmixCalls calls) {
    MemorySegment me = Arena.ofAuto().allocate(PmixStructs.PROC);
    int status = calls.init(me);
    if (status != PmixStructs.SUCCESS) {
      throw failure("PMIx_Init: " + calls.text(status));
    }
    try {
      return new PmixClient(calls, me);
    } catch (BootstrapException e) {
      calls.finish();
      throw e;
    }
  }

  int rank() {
    return rank;
  }

  int size() {
    return size;
  }

  private int jobSize() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = get(arena, PmixStructs.RANK_WILDCARD, PmixStructs.JOB_SIZE, 0);
      if (value == null) {
        throw failure("has no " + PmixStructs.JOB_SIZE);
      }
      try {
        int type = PmixStructs.type(value);
        if (type != PmixStructs.TYPE_UINT32) {
          throw failure("job size of type %d, expected 14, uint32".formatted(type));
        }
        int found = PmixStructs.uint32(value);
        if (found < 1 || found > SIZE_MAX) {
          throw failure(
              "job of %s ranks, expected 1 to %d"
                  .formatted(Integer.toUnsignedString(found), SIZE_MAX));
        }
        return found;
      } finally {
        calls.release(value);
      }
    }
  }

  /** Lays bytes of this rank under a key, of the length of what was there, if anything was. */
  void put(String key, byte[] bytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocate(PmixStructs.VALUE);
      PmixStructs.setBytes(value, arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes));
      check("PMIx_Put", calls.put(PmixStructs.SCOPE_GLOBAL, arena.allocateFrom(key), value));
    }
  }

  /** Publishes what was put. */
  void commit() {
    check("PMIx_Commit", calls.commit());
  }

  /**
   * Waits for all ranks, and brings what they have published.
   *
   * @param seconds after which the server is to give up
   */
  PmixRound.Fence fence(int seconds) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment infos = arena.allocate(PmixStructs.INFO, 2);
      PmixStructs.setTrue(infos, 0, PmixStructs.COLLECT_DATA);
      PmixStructs.setInt(infos, 1, PmixStructs.TIMEOUT_SECONDS, seconds);
      int status = calls.fence(infos, 2);
      if (status == PmixStructs.TIMEOUT) {
        return PmixRound.Fence.LATE;
      }
      if (status == PmixStructs.PARTIAL_SUCCESS) {
        return PmixRound.Fence.WITHOUT_SOME;
      }
      check("PMIx_Fence", status);
      return PmixRound.Fence.COMPLETE;
    }
  }

  /**
   * What a rank has published under a key; null if nothing is there yet.
   *
   * @param bytesMax most bytes that are taken
   */
  byte[] published(int of, String key, int bytesMax) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = get(arena, of, key, 3);
      if (value == null) {
        return null;
      }
      try {
        int type = PmixStructs.type(value);
        if (type != PmixStructs.TYPE_BYTE_OBJECT) {
          throw published(of, "type " + type, "type " + PmixStructs.TYPE_BYTE_OBJECT);
        }
        long bytes = PmixStructs.size(value);
        if (bytes < 0 || bytes > bytesMax) {
          throw published(of, bytes + " bytes", "at most " + bytesMax);
        }
        return NativeAccess.view(PmixStructs.bytes(value).address(), bytes, arena)
            .toArray(ValueLayout.JAVA_BYTE);
      } finally {
        calls.release(value);
      }
    }
  }

  private static BootstrapException published(int of, String found, String expected) {
    return new BootstrapException(
        of, "bootstrap pmix: rank=%d published %s, expected %s".formatted(of, found, expected));
  }

  /** The value, to be released, or null if it is not there. */
  private MemorySegment get(Arena arena, int of, String key, int infoCount) {
    MemorySegment proc = arena.allocate(PmixStructs.PROC).copyFrom(me);
    PmixStructs.rank(proc, of);
    MemorySegment infos = arena.allocate(PmixStructs.INFO, 3);
    PmixStructs.setTrue(infos, 0, PmixStructs.IMMEDIATE);
    PmixStructs.setInt(infos, 1, PmixStructs.TIMEOUT_SECONDS, GET_SECONDS);
    // what was read before under the same key lies in a cache of the library
    PmixStructs.setTrue(infos, 2, PmixStructs.REFRESH);
    MemorySegment value = arena.allocate(ValueLayout.ADDRESS);
    int status = calls.get(proc, arena.allocateFrom(key), infos, infoCount, value);
    if (status == PmixStructs.NOT_FOUND || status == PmixStructs.TIMEOUT) {
      return null;
    }
    check("PMIx_Get", status);
    return NativeAccess.view(
        value.get(ValueLayout.ADDRESS, 0).address(), PmixStructs.VALUE.byteSize(), arena);
  }

  private void check(String function, int status) {
    if (status != PmixStructs.SUCCESS) {
      throw failure("%s: %s".formatted(function, calls.text(status)));
    }
  }

  private static BootstrapException failure(String found) {
    return new BootstrapException(-1, "bootstrap pmix: the launcher's server: " + found);
  }

  /** Leaves the server; nothing can be called any more. */
  void close() {
    check("PMIx_Finalize", calls.finish());
  }
}
