package io.moelink.nativestubs;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The structs of {@code moelink_fabric.h}. Each starts with
 *
 * <pre>
 *   0  uint32 size
 *   4  uint32 magic
 * </pre>
 *
 * and has its fields in the order of the header, with the names that it gives them; a test compares
 * sizes and offsets with what a C program prints.
 */
final class FabricLayouts {
  static final StructLayout OPERAND =
      MemoryLayout.structLayout(JAVA_LONG.withName("region"), JAVA_LONG.withName("offset"))
          .withName("mlk_operand");

  static final StructLayout ROWS =
      MemoryLayout.structLayout(
              JAVA_LONG.withName("region"),
              JAVA_LONG.withName("offset"),
              JAVA_LONG.withName("row_count"))
          .withName("mlk_rows");

  static final StructLayout CONFIG =
      struct(
          "mlk_config",
          u32("rank"),
          u32("rank_count"),
          u32("signal_count"),
          u32("compute_units"),
          u64("timeout_ns"),
          bytes("group_token", 16),
          bytes("group_name", 64));

  static final StructLayout CAPS =
      struct(
          "mlk_caps",
          u32("abi_version"),
          u32("flags"),
          u64("message_bytes_max"),
          u64("page_bytes"),
          u64("streaming_bytes"),
          u32("compute_units"),
          u32("signal_count"),
          bytes("backend", 16),
          bytes("isa", 16));

  static final StructLayout ADDRESS = struct("mlk_address", bytes("bytes", 120));

  static final StructLayout REGION_REQUEST =
      struct("mlk_region_request", u32("kind"), u32("flags"), u64("bytes"));

  static final StructLayout REGION_INFO =
      struct("mlk_region_info", u32("owner"), u32("kind"), u64("bytes"), u64("address"));

  static final StructLayout KEY = struct("mlk_key", bytes("bytes", 56));

  static final StructLayout RECEIVED =
      struct("mlk_received", u32("from"), u32("reserved"), u64("tag"), u64("bytes"));

  static final StructLayout GATHER =
      struct(
          "spc_gather_args",
          rows("dst"),
          rows("src"),
          u64("row_bytes"),
          u64("count"),
          operand("src_rows"));

  static final StructLayout SCATTER =
      struct(
          "spc_scatter_args",
          rows("dst"),
          rows("src"),
          u64("row_bytes"),
          u64("count"),
          operand("src_rows"),
          operand("dst_start"),
          operand("dst_rows"),
          u64("dst_row_length"));

  static final StructLayout REDUCE =
      struct(
          "spc_reduce_args",
          rows("dst"),
          u32("dst_type"),
          u32("src_type"),
          u32("partial_type"),
          u32("source_count"),
          u64("sources"),
          u64("hidden"),
          u64("count"),
          u64("group_length"),
          u64("element_length"),
          operand("group_start"),
          operand("elem_start"),
          operand("elem_source"),
          operand("elem_row"),
          operand("weights"));

  static final StructLayout DOT =
      struct(
          "spc_dot_args",
          operand("out"),
          rows("a"),
          rows("b"),
          operand("a_rows"),
          operand("b_rows"),
          u32("type"),
          u32("reserved"),
          u64("hidden"),
          u64("count"));

  static final StructLayout SCALE =
      struct(
          "spc_scale_args",
          rows("dst"),
          rows("src"),
          operand("src_rows"),
          operand("weights"),
          u32("type"),
          u32("reserved"),
          u64("hidden"),
          u64("count"));

  static final StructLayout REORDER =
      struct(
          "spc_reorder_args",
          operand("dst"),
          operand("src"),
          u32("element_bytes"),
          u32("reserved"),
          u64("rows"),
          u64("columns"));

  static final StructLayout FILL =
      struct("spc_fill_args", operand("dst"), u64("bytes"), u32("value"), u32("reserved"));

  private FabricLayouts() {}

  /** Writes the size and the magic number, four letters that the header spells as one number. */
  static void start(MemorySegment struct, StructLayout layout, int magic) {
    struct.set(JAVA_INT, 0, (int) layout.byteSize());
    struct.set(JAVA_INT, Integer.BYTES, magic);
  }

  static long offset(StructLayout layout, String field) {
    return layout.byteOffset(PathElement.groupElement(field));
  }

  /** The offsets of all fields, for who needs them at every call. */
  static Map<String, Long> offsets(StructLayout layout) {
    return layout.memberLayouts().stream()
        .map(field -> field.name().orElseThrow())
        .collect(Collectors.toUnmodifiableMap(name -> name, name -> offset(layout, name)));
  }

  private static StructLayout struct(String name, MemoryLayout... fields) {
    MemoryLayout[] all = new MemoryLayout[fields.length + 2];
    all[0] = u32("size");
    all[1] = u32("magic");
    System.arraycopy(fields, 0, all, 2, fields.length);
    return MemoryLayout.structLayout(all).withName(name);
  }

  private static MemoryLayout u32(String name) {
    return JAVA_INT.withName(name);
  }

  private static MemoryLayout u64(String name) {
    return JAVA_LONG.withName(name);
  }

  private static MemoryLayout bytes(String name, int count) {
    return MemoryLayout.sequenceLayout(count, JAVA_BYTE).withName(name);
  }

  private static MemoryLayout rows(String name) {
    return ROWS.withName(name);
  }

  private static MemoryLayout operand(String name) {
    return OPERAND.withName(name);
  }
}
