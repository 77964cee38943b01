package io.moelink.nativestubs.fabric;

import io.moelink.kernel.Region;
import io.moelink.kernel.RowChecks;
import io.moelink.kernel.Span;
import io.moelink.nativestubs.abi.Codes;
import io.moelink.nativestubs.abi.Structs;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Writes the operands of kernels: a region of the transport by its handle, other memory by its
 * address. What an address cannot tell C, that the memory is there and how long it is, is checked
 * here, and the memory is held until C is done.
 */
final class Operands {
  private static final Pattern WORD_BREAK = Pattern.compile("(?<=[a-z])_([a-z])");

  private final Context context;

  /** What C has addresses of, until {@link #letGo}: neither freed nor collected. */
  private final List<Region> regions = new ArrayList<>();

  private final List<MemorySegment> arrays = new ArrayList<>();

  Operands(Context context) {
    this.context = context;
  }

  /** Rows from a span on, as many as fit. */
  void rows(MemorySegment struct, long at, Span span, long rowBytes) {
    if (span.region() instanceof FabricRegion region && region.isHeldBy(context)) {
      region.throwIfReleased();
      Structs.setRows(struct, at, region.handle(), span.offset(), 0);
      return;
    }
    MemorySegment memory = held(span.region());
    long rows = (memory.byteSize() - span.offset()) / rowBytes;
    Structs.setRows(struct, at, Structs.HOST, memory.address() + span.offset(), rows);
  }

  /** Bytes from a span on. */
  void bytes(MemorySegment struct, long at, Span span) {
    if (span.region() instanceof FabricRegion region && region.isHeldBy(context)) {
      region.throwIfReleased();
      Structs.setOperand(struct, at, region.handle(), span.offset());
      return;
    }
    MemorySegment memory = held(span.region());
    Structs.setOperand(struct, at, Structs.HOST, memory.address() + span.offset());
  }

  /** An array of at least {@code length} values of 4 bytes. */
  void array(
      MemorySegment struct, long at, String kernel, String name, MemorySegment array, long length) {
    RowChecks.array(kernel, name, array, length);
    arrays.add(array);
    Structs.setOperand(struct, at, Structs.HOST, alive(array).address());
  }

  /** The same, or none. */
  void optional(
      MemorySegment struct, long at, String kernel, String name, MemorySegment array, long length) {
    if (array == null) {
      Structs.setOperand(struct, at, Structs.HOST, 0);
    } else {
      array(struct, at, kernel, name, array, length);
    }
  }

  /** Values of 4 bytes that an array holds, at most what an index can say. */
  static long length(MemorySegment array) {
    return array == null ? 0 : Math.min(Integer.MAX_VALUE, array.byteSize() / 4);
  }

  private MemorySegment held(Region region) {
    region.hold();
    regions.add(region);
    return alive(region.segment());
  }

  /** To be called when C is done, however that ended. */
  void letGo() {
    for (int i = 0; i < regions.size(); i++) {
      regions.get(i).letGo();
    }
    regions.clear();
    arrays.clear();
  }

  /** Fails as a load would when the memory was freed or belongs to another thread. */
  private static MemorySegment alive(MemorySegment memory) {
    if (memory.byteSize() > 0) {
      memory.get(ValueLayout.JAVA_BYTE, 0);
    }
    return memory;
  }

  /** The exception for a code, in the words of the Java kernels: {@code src_rows} is srcRows. */
  RuntimeException failure(String kernel, int code) {
    switch (code) {
      case Codes.INVALID, Codes.RANGE, Codes.ALIGN -> {
        String text = Context.textAfterCall(context.fabric().lastError());
        String words = WORD_BREAK.matcher(text).replaceAll(m -> m.group(1).toUpperCase());
        return new IllegalArgumentException(kernel + ": " + words);
      }
      default -> {
        return context.failure(kernel, "", code);
      }
    }
  }
}
