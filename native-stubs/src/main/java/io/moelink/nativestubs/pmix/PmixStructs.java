package io.moelink.nativestubs.pmix;

import static io.moelink.nativestubs.abi.NativeAccess.INT;
import static io.moelink.nativestubs.abi.NativeAccess.LONG;
import static io.moelink.nativestubs.abi.NativeAccess.POINTER;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * Structs and constants of {@code pmix_common.h} 4.2 on platforms of 64 bits, as far as moelink
 * uses them; a test compares them with what the C compiler says.
 *
 * <pre>
 *   pmix_proc_t    0        256      260
 *                  | nspace | rank   |
 *   pmix_value_t   0        2        8                                 32
 *                  | type   | -      | union; the largest has 24 bytes |
 *     of it a byte object   8        16       24
 *                           | bytes  | size   |
 *   pmix_info_t    0        512      516      520     552
 *                  | key    | flags  | -      | value |
 * </pre>
 */
final class PmixStructs {
  static final int SUCCESS = 0;

  /** A fence in which not all have taken part that should, since they are gone. */
  static final int PARTIAL_SUCCESS = -52;

  static final int TIMEOUT = -24;
  static final int NOT_FOUND = -46;

  static final int RANK_WILDCARD = -2;
  static final byte SCOPE_GLOBAL = 3;

  static final short TYPE_BOOL = 1;
  static final short TYPE_INT = 6;
  static final short TYPE_UINT32 = 14;
  static final short TYPE_BYTE_OBJECT = 27;

  static final String JOB_SIZE = "pmix.job.size";
  static final String COLLECT_DATA = "pmix.collect";
  static final String TIMEOUT_SECONDS = "pmix.timeout";
  static final String IMMEDIATE = "pmix.immediate";
  static final String REFRESH = "pmix.get.refresh";

  private static final int NAMESPACE_BYTES = 256;
  private static final int KEY_BYTES = 512;
  private static final int UNION_BYTES = 24;

  static final StructLayout PROC =
      MemoryLayout.structLayout(
              MemoryLayout.sequenceLayout(NAMESPACE_BYTES, ValueLayout.JAVA_BYTE)
                  .withName("nspace"),
              INT.withName("rank"))
          .withName("pmix_proc_t");

  static final StructLayout BYTE_OBJECT =
      MemoryLayout.structLayout(POINTER.withName("bytes"), LONG.withName("size"))
          .withName("pmix_byte_object_t");

  static final StructLayout VALUE =
      MemoryLayout.structLayout(
              ValueLayout.JAVA_SHORT.withName("type"),
              MemoryLayout.paddingLayout(Long.BYTES - Short.BYTES),
              MemoryLayout.sequenceLayout(UNION_BYTES / Long.BYTES, LONG).withName("data"))
          .withName("pmix_value_t");

  static final StructLayout INFO =
      MemoryLayout.structLayout(
              MemoryLayout.sequenceLayout(KEY_BYTES, ValueLayout.JAVA_BYTE).withName("key"),
              INT.withName("flags"),
              MemoryLayout.paddingLayout(Integer.BYTES),
              VALUE.withName("value"))
          .withName("pmix_info_t");

  private static final long RANK = offset(PROC, "rank");
  private static final long DATA = offset(VALUE, "data");
  private static final long SIZE = DATA + offset(BYTE_OBJECT, "size");
  private static final long INFO_VALUE = offset(INFO, "value");

  private PmixStructs() {}

  private static long offset(StructLayout struct, String field) {
    return struct.byteOffset(PathElement.groupElement(field));
  }

  static int rank(MemorySegment proc) {
    return proc.get(INT, RANK);
  }

  /** Names another process of the same namespace. */
  static void rank(MemorySegment proc, int rank) {
    proc.set(INT, RANK, rank);
  }

  static short type(MemorySegment value) {
    return value.get(ValueLayout.JAVA_SHORT, 0);
  }

  static int uint32(MemorySegment value) {
    return value.get(INT, DATA);
  }

  static MemorySegment bytes(MemorySegment value) {
    return value.get(POINTER, DATA);
  }

  static long size(MemorySegment value) {
    return value.get(LONG, SIZE);
  }

  static void setBytes(MemorySegment value, MemorySegment bytes) {
    value.set(ValueLayout.JAVA_SHORT, 0, TYPE_BYTE_OBJECT);
    value.set(POINTER, DATA, bytes);
    value.set(LONG, SIZE, bytes.byteSize());
  }

  /** A setting of a call that is true. */
  static void setTrue(MemorySegment infos, int index, String key) {
    MemorySegment value = setKey(infos, index, key, TYPE_BOOL);
    value.set(ValueLayout.JAVA_BYTE, DATA, (byte) 1);
  }

  static void setInt(MemorySegment infos, int index, String key, int number) {
    MemorySegment value = setKey(infos, index, key, TYPE_INT);
    value.set(INT, DATA, number);
  }

  private static MemorySegment setKey(MemorySegment infos, int index, String key, short type) {
    MemorySegment info = infos.asSlice(index * INFO.byteSize(), INFO);
    info.setString(0, key, StandardCharsets.US_ASCII);
    MemorySegment value = info.asSlice(INFO_VALUE, VALUE);
    value.set(ValueLayout.JAVA_SHORT, 0, type);
    return value;
  }
}
