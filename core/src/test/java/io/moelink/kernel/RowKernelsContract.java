package io.moelink.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What every implementation of {@link RowKernels} must do, to the bit. A subclass gives the kernels
 * and memory that they can work on. Every destination lies between guard bytes that must survive.
 *
 * <p>Long because it holds one contract: a test per kernel and kind of mistake.
 */
public abstract class RowKernelsContract {
  private static final int GUARD_BYTES = 72;
  private static final byte GUARD = 0x5a;
  private static final int[] HIDDEN = {1, 3, 7, 16, 100, 1023, 1024, 1025, 2880};

  /** The kernels under test. */
  protected abstract RowKernels kernels();

  /** Memory that the kernels can load and store and that Java can, too. */
  protected Region allocate(long bytes, String purpose) {
    return PlainRegion.of(bytes, purpose);
  }

  /** One random case; its text names the seed. */
  record Case(
      long seed, ElementType src, ElementType dst, ElementType partial, int hidden, int special) {}

  static Stream<Case> cases() {
    List<Case> cases = new ArrayList<>();
    long seed = 20_260_101;
    for (int hidden : HIDDEN) {
      for (ElementType src : ElementType.values()) {
        for (ElementType dst : ElementType.values()) {
          ElementType partial = ElementType.values()[(int) (seed / 2 % 3)];
          int special = new int[] {0, 64, 4}[(int) (seed % 3)];
          cases.add(new Case(seed++, src, dst, partial, hidden, special));
        }
      }
    }
    return cases.stream();
  }

  static Stream<Integer> rowBytes() {
    return Stream.of(1, 2, 3, 7, 8, 31, 64, 100, 4096, 5760, 14336);
  }

  // ---- moves

  @ParameterizedTest
  @MethodSource("rowBytes")
  void gatherCopiesTheRowsOfTheIndex(int rowBytes) {
    RowData data = new RowData(rowBytes, 0);
    Region src = allocate(8 + 20L * rowBytes, "src");
    data.bytes(src);
    MemorySegment rows = data.rows(33, 20);
    Span dst = guarded(33L * rowBytes);
    kernels().gatherRows(dst, new Span(src, 8), rowBytes, 33, rows);
    for (int i = 0; i < 33; i++) {
      assertSameBytes(
          dst,
          (long) i * rowBytes,
          src,
          8 + (long) ReferenceRows.index(rows, i) * rowBytes,
          rowBytes);
    }
    assertGuards(dst, 33L * rowBytes);
  }

  @ParameterizedTest
  @MethodSource("rowBytes")
  void gatherWithoutIndexCopiesInOrder(int rowBytes) {
    RowData data = new RowData(rowBytes, 0);
    Region src = allocate(5L * rowBytes, "src");
    data.bytes(src);
    Span dst = guarded(5L * rowBytes);
    kernels().gatherRows(dst, Span.of(src), rowBytes, 5, null);
    assertSameBytes(dst, 0, src, 0, 5L * rowBytes);
    assertGuards(dst, 5L * rowBytes);
  }

  @ParameterizedTest
  @MethodSource("rowBytes")
  void scatterWritesEachRowToAllItsPlaces(int rowBytes) {
    for (boolean indexed : new boolean[] {false, true}) {
      RowData data = new RowData(1000 + rowBytes, 0);
      int count = 25;
      Region src = allocate((long) count * rowBytes, "src");
      data.bytes(src);
      int[] starts = data.starts(count, 4);
      int copies = starts[count];
      int[] places = data.permutation(copies + 3);
      MemorySegment rows = indexed ? data.rows(count, count) : null;
      long bytes = (copies + 3L) * rowBytes;
      Span dst = guarded(bytes);
      kernels()
          .scatterRows(
              ScatterRows.toOne(
                  dst, Span.of(src), rowBytes, rows, RowData.ints(starts), RowData.ints(places)),
              count);
      for (int i = 0; i < count; i++) {
        long from = (long) (indexed ? ReferenceRows.index(rows, i) : i) * rowBytes;
        for (int c = starts[i]; c < starts[i + 1]; c++) {
          assertSameBytes(dst, (long) places[c] * rowBytes, src, from, rowBytes);
        }
      }
      for (int c = copies; c < copies + 3; c++) {
        assertFilled(dst, (long) places[c] * rowBytes, rowBytes);
      }
      assertGuards(dst, bytes);
    }
  }

  @ParameterizedTest
  @MethodSource("rowBytes")
  void scatterWritesEachRowToSeveralTargets(int rowBytes) {
    RowData data = new RowData(2000 + rowBytes, 0);
    int count = 25;
    Region src = allocate((long) count * rowBytes, "src");
    data.bytes(src);
    int[] starts = data.starts(count, 4);
    int places = starts[count];
    int[] rows = data.permutation(places);
    int[] targets = new int[places];
    Arrays.setAll(targets, p -> rows[p] % 3);
    long bytes = (long) places * rowBytes;
    List<Span> dst = List.of(guarded(bytes), guarded(bytes), guarded(bytes));
    kernels()
        .scatterRows(
            new ScatterRows(
                dst,
                Span.of(src),
                rowBytes,
                null,
                RowData.ints(starts),
                RowData.ints(targets),
                RowData.ints(rows)),
            count);
    for (int i = 0; i < count; i++) {
      for (int p = starts[i]; p < starts[i + 1]; p++) {
        long at = (long) rows[p] * rowBytes;
        for (int t = 0; t < dst.size(); t++) {
          if (t == targets[p]) {
            assertSameBytes(dst.get(t), at, src, (long) i * rowBytes, rowBytes);
          } else {
            assertFilled(dst.get(t), at, rowBytes);
          }
        }
      }
    }
    dst.forEach(span -> assertGuards(span, bytes));
  }

  @Test
  void zeroRowsTouchNothing() {
    Region empty = allocate(0, "empty");
    Span dst = guarded(16);
    MemorySegment start = RowData.ints(0);
    kernels().gatherRows(dst, Span.of(empty), 16, 0, null);
    kernels().gatherRows(dst, Span.of(empty), 16, 0, RowData.ints());
    kernels()
        .scatterRows(ScatterRows.toOne(dst, Span.of(empty), 16, null, start, RowData.ints()), 0);
    kernels().reduceRows(reduce(dst, ElementType.FP32, List.of(), 4, start, null, null), 0);
    kernels().dotRows(dst, Span.of(empty), null, Span.of(empty), null, ElementType.FP32, 4, 0);
    kernels().scaleRows(dst, Span.of(empty), null, ElementType.FP32, 4, 0, RowData.floats(0));
    kernels().reorder(dst, Span.of(empty), 4, 0, 7);
    kernels().reorder(dst, Span.of(empty), 4, 7, 0);
    kernels().fill(dst, 0, (byte) 1);
    assertFilled(dst, 0, 16);
    assertGuards(dst, 16);
  }

  @Test
  void reorderTransposes() {
    int[][] shapes = {{1, 1}, {1, 9}, {9, 1}, {32, 32}, {33, 31}, {100, 257}, {2, 2880}};
    for (int elementBytes : new int[] {1, 2, 4, 8}) {
      for (int[] shape : shapes) {
        int rows = shape[0];
        int columns = shape[1];
        long bytes = (long) elementBytes * rows * columns;
        Region src = allocate(bytes, "src");
        new RowData(rows * 31L + columns, 0).bytes(src);
        Span dst = guarded(bytes);
        kernels().reorder(dst, Span.of(src), elementBytes, rows, columns);
        for (int r = 0; r < rows; r++) {
          for (int c = 0; c < columns; c++) {
            long to = ((long) c * rows + r) * elementBytes;
            long from = ((long) r * columns + c) * elementBytes;
            assertSameBytes(dst, to, src, from, elementBytes);
          }
        }
        assertGuards(dst, bytes);
      }
    }
  }

  @Test
  void fillSetsExactlyItsBytes() {
    for (long bytes : new long[] {1, 7, 64, 100, 4097}) {
      Span dst = guarded(bytes);
      kernels().fill(dst, bytes, (byte) -3);
      byte[] expected = new byte[(int) bytes];
      java.util.Arrays.fill(expected, (byte) -3);
      assertThat(bytesAt(dst.region(), dst.offset(), bytes)).isEqualTo(expected);
      assertGuards(dst, bytes);
    }
  }

  // ---- sums

  @ParameterizedTest
  @MethodSource("cases")
  void weightedReduceIsTheDefinition(Case it) {
    checkReduce(it, true, true);
    checkReduce(it, true, false);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void unweightedReduceIsTheDefinition(Case it) {
    checkReduce(it, false, true);
    checkReduce(it, false, false);
  }

  private void checkReduce(Case it, boolean weighted, boolean elementLists) {
    RowData data = new RowData(it.seed, it.special);
    int count = 9;
    int sourceRows = 6;
    List<Span> sources = new ArrayList<>();
    for (int s = 0; s < 3; s++) {
      // offsets that are aligned to the element and to nothing more
      Region region =
          allocate((3L + s + (long) sourceRows * it.hidden) * it.src.bytes(), "source " + s);
      Span span = new Span(region, (long) s * it.src.bytes());
      data.elements(span, it.src, (long) sourceRows * it.hidden);
      sources.add(span);
    }
    int[] groupStart = data.starts(count, 4);
    int groups = groupStart[count];
    int[] elemStart = elementLists ? data.starts(groups, 5) : null;
    int elements = elementLists ? elemStart[groups] : groups;
    MemorySegment elemSource = data.rows(elements, 3);
    MemorySegment elemRow = data.rows(elements, sourceRows);
    MemorySegment weights = weighted ? data.weights(elements) : null;
    long bytes = (long) count * it.hidden * it.dst.bytes();
    Span actual = guarded(bytes);
    Span expected = guarded(bytes);
    for (Span dst : List.of(actual, expected)) {
      ReduceRows sum =
          new ReduceRows(
              dst,
              it.dst,
              sources,
              it.src,
              it.hidden,
              RowData.ints(groupStart),
              elementLists ? RowData.ints(elemStart) : null,
              elemSource,
              elemRow,
              weights,
              it.partial);
      if (dst == actual) {
        kernels().reduceRows(sum, count);
      } else {
        ReferenceRows.reduce(sum, count);
      }
    }
    assertSameElements(actual, expected, it.dst, (long) count * it.hidden);
    assertGuards(actual, bytes);
  }

  @Test
  void rowWithoutTermsIsZeroAndMinusZeroStays() {
    Region src = allocate(4, "src");
    src.segment().set(ValueLayout.JAVA_INT, 0, 0x80000000);
    Span dst = guarded(12);
    // row 0: one term of -0; row 1: no group; row 2: one group with no element
    ReduceRows sum =
        reduce(
            dst,
            ElementType.FP32,
            List.of(Span.of(src)),
            1,
            RowData.ints(0, 1, 1, 2),
            RowData.ints(0, 1, 1),
            RowData.ints(0));
    kernels().reduceRows(sum, 3);
    MemorySegment out = dst.region().segment();
    assertThat(out.get(ValueLayout.JAVA_INT, dst.offset())).isEqualTo(0x80000000);
    assertThat(out.get(ValueLayout.JAVA_INT, dst.offset() + 4)).isZero();
    assertThat(out.get(ValueLayout.JAVA_INT, dst.offset() + 8)).isZero();
  }

  @ParameterizedTest
  @EnumSource(ElementType.class)
  void everyHalfAndManyFloatsRoundAsDefined(ElementType dstType) {
    for (ElementType srcType : ElementType.values()) {
      int n = 1 << 16;
      Region src = allocate((long) n * srcType.bytes(), "src");
      if (srcType == ElementType.FP32) {
        // all upper halves, with lower halves around the tie of BF16
        for (int i = 0; i < n; i++) {
          int low = new int[] {0x7fff, 0x8000, 0x8001, 0x0000, 0x1000, 0x3000}[i * 31 % 6];
          src.segment().set(ValueLayout.JAVA_INT, 4L * i, i << 16 | low);
        }
      } else {
        for (int i = 0; i < n; i++) {
          src.segment().set(ValueLayout.JAVA_SHORT, 2L * i, (short) i);
        }
      }
      Span actual = guarded((long) n * dstType.bytes());
      Span expected = guarded((long) n * dstType.bytes());
      MemorySegment starts = RowData.ints(0, 1);
      MemorySegment row = RowData.ints(0);
      List<Span> sources = List.of(Span.of(src));
      kernels()
          .reduceRows(
              new ReduceRows(
                  actual,
                  dstType,
                  sources,
                  srcType,
                  n,
                  starts,
                  null,
                  null,
                  row,
                  null,
                  ElementType.FP32),
              1);
      for (int i = 0; i < n; i++) {
        ReferenceRows.write(expected, dstType, i, ReferenceRows.read(Span.of(src), srcType, i));
      }
      assertSameElements(actual, expected, dstType, n);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void dotIsTheDefinition(Case it) {
    RowData data = new RowData(it.seed, it.special);
    int count = 6;
    ElementType type = it.src;
    Span a = new Span(allocate((1 + 5L * it.hidden) * type.bytes(), "a"), type.bytes());
    Span b = Span.of(allocate(6L * it.hidden * type.bytes(), "b"));
    data.elements(a, type, 5L * it.hidden);
    data.elements(b, type, 6L * it.hidden);
    MemorySegment aRows = data.rows(count, 5);
    MemorySegment bRows = data.chance() ? data.rows(count, 6) : null;
    Span actual = guarded(4L * count);
    Span expected = guarded(4L * count);
    kernels().dotRows(actual, a, aRows, b, bRows, type, it.hidden, count);
    for (int i = 0; i < count; i++) {
      int bRow = bRows == null ? i : ReferenceRows.index(bRows, i);
      float dot = ReferenceRows.dot(a, ReferenceRows.index(aRows, i), b, bRow, type, it.hidden);
      ReferenceRows.write(expected, ElementType.FP32, i, dot);
    }
    assertSameElements(actual, expected, ElementType.FP32, count);
    assertGuards(actual, 4L * count);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void scaleIsTheDefinition(Case it) {
    RowData data = new RowData(it.seed, it.special);
    int count = 5;
    ElementType type = it.src;
    Span src = new Span(allocate((1 + 5L * it.hidden) * type.bytes(), "src"), type.bytes());
    data.elements(src, type, 5L * it.hidden);
    MemorySegment rows = data.chance() ? data.rows(count, 5) : null;
    MemorySegment weights = data.weights(count);
    long elements = (long) count * it.hidden;
    Span actual = guarded(elements * type.bytes());
    Span expected = guarded(elements * type.bytes());
    kernels().scaleRows(actual, src, rows, type, it.hidden, count, weights);
    for (int i = 0; i < count; i++) {
      long row = rows == null ? i : ReferenceRows.index(rows, i);
      float weight = weights.get(ValueLayout.JAVA_FLOAT, 4L * i);
      for (int h = 0; h < it.hidden; h++) {
        float scaled = weight * ReferenceRows.read(src, type, row * it.hidden + h);
        ReferenceRows.write(expected, type, (long) i * it.hidden + h, scaled);
      }
    }
    assertSameElements(actual, expected, type, elements);
    assertGuards(actual, elements * type.bytes());
  }

  @Test
  void sameCallTwentyTimesGivesTheSameBits() {
    Case it = new Case(77, ElementType.BF16, ElementType.BF16, ElementType.BF16, 2880, 0);
    for (int i = 0; i < 20; i++) {
      checkReduce(it, true, true);
    }
  }

  // ---- mistakes: found before anything is written

  @Test
  void badSizesAndIndexesAreRefused() {
    Span dst = guarded(64);
    Span src = Span.of(allocate(64, "src"));
    RowKernels k = kernels();
    MemorySegment good = RowData.ints(0, 1, 2, 3);
    refused("gatherRows", () -> k.gatherRows(dst, src, 0, 1, null));
    refused("gatherRows", () -> k.gatherRows(dst, src, 16, -1, null));
    refused("gatherRows", () -> k.gatherRows(dst, src, 16, 5, null));
    refused("gatherRows", () -> k.gatherRows(dst, src, Long.MAX_VALUE, 4, null));
    refused("gatherRows", () -> k.gatherRows(dst, src, 16, 4, RowData.ints(0, 1, 2, 4)));
    refused("gatherRows", () -> k.gatherRows(dst, src, 16, 4, RowData.ints(0, -1, 2, 3)));
    refused("gatherRows", () -> k.gatherRows(dst, src, 16, 4, RowData.ints(0, 1, 2)));
    refused(
        "gatherRows",
        () -> k.gatherRows(dst, src, 16, 4, MemorySegment.ofArray(new int[] {0, 1, 2, 3})));
    refused("gatherRows", () -> k.gatherRows(dst, new Span(src.region(), 1), 16, 4, good));
    refusedScatter(16, 2, RowData.ints(0, 2, 1), null, good);
    refusedScatter(16, 2, RowData.ints(-1, 1, 2), null, good);
    refusedScatter(16, 2, RowData.ints(0, 1, 5), null, good);
    refusedScatter(16, 2, null, null, good);
    refusedScatter(16, 2, RowData.ints(0, 1, 2), null, RowData.ints(0, 99));
    refusedScatter(16, 9, RowData.ints(new int[10]), null, good);
    refusedScatter(16, -1, RowData.ints(0, 1, 2), null, good);
    refusedScatter(0, 2, RowData.ints(0, 1, 2), null, good);
    refusedScatter(16, 2, RowData.ints(0, 1, 2), RowData.ints(0, 2), good);
    refusedScatter(16, 2, RowData.ints(0, 1, 2), RowData.ints(0, -1), good);
    refusedScatter(16, 2, RowData.ints(0, 1, 2), RowData.ints(0), good);
    // the second target has room for 2 rows
    refusedScatter(16, 2, RowData.ints(0, 1, 2), RowData.ints(0, 1), RowData.ints(3, 2));
    refused("scatterRows", () -> k.scatterRows(scatter(List.of(), 16, good, null, good), 1));
    List<Span> one = List.of(src);
    refused(
        "reduceRows", () -> k.reduceRows(reduce(dst, one, good, null, RowData.ints(0, 1, 16)), 3));
    refused("reduceRows", () -> k.reduceRows(reduce(dst, one, good, null, RowData.ints(0, 1)), 3));
    refused(
        "reduceRows",
        () -> k.reduceRows(reduce(dst, List.of(), good, null, RowData.ints(0, 1, 2)), 3));
    refused(
        "reduceRows",
        () -> k.reduceRows(reduce(dst, one, RowData.ints(0, 2, 1, 3), null, good), 3));
    refused("reduceRows", () -> k.reduceRows(reduce(dst, one, good, null, good), -1));
    refused(
        "reduceRows",
        () -> k.reduceRows(reduce(dst, one, good, RowData.ints(0, 1, 0, 1), good), 3));
    refused("dotRows", () -> k.dotRows(dst, src, null, src, null, ElementType.FP32, 0, 1));
    refused("dotRows", () -> k.dotRows(dst, src, null, src, null, ElementType.FP32, 4, 5));
    refused(
        "dotRows",
        () -> k.dotRows(dst, src, good, src, RowData.ints(4, 0), ElementType.FP32, 4, 2));
    refused(
        "scaleRows", () -> k.scaleRows(dst, src, null, ElementType.FP32, 4, 2, RowData.floats(1)));
    refused(
        "scaleRows",
        () -> k.scaleRows(dst, src, RowData.ints(9), ElementType.FP32, 4, 1, RowData.floats(1)));
    refused("reorder", () -> k.reorder(dst, src, 3, 2, 2));
    refused("reorder", () -> k.reorder(dst, src, 4, -1, 2));
    refused("reorder", () -> k.reorder(dst, src, 8, 3, 3));
    refused("fill", () -> k.fill(dst, -1, (byte) 0));
    refused("fill", () -> k.fill(dst, dst.region().byteSize(), (byte) 0));
    assertFilled(dst, 0, 64);
    assertGuards(dst, 64);
  }

  /** A scatter of a source of 4 rows of 16 bytes to targets of 4 and of 2 such rows. */
  private void refusedScatter(
      long rowBytes, int count, MemorySegment starts, MemorySegment of, MemorySegment rows) {
    List<Span> targets = List.of(Span.of(allocate(64, "dst")), Span.of(allocate(32, "second")));
    refused(
        "scatterRows",
        () -> kernels().scatterRows(scatter(targets, rowBytes, starts, of, rows), count));
  }

  private ScatterRows scatter(
      List<Span> targets,
      long rowBytes,
      MemorySegment starts,
      MemorySegment of,
      MemorySegment rows) {
    return new ScatterRows(targets, Span.of(allocate(64, "src")), rowBytes, null, starts, of, rows);
  }

  private static void refused(String kernel, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(kernel + ": ")
        .message()
        .doesNotContain("\n");
  }

  /** Three rows of one float, with weights. */
  private static ReduceRows reduce(
      Span dst,
      List<Span> sources,
      MemorySegment groupStart,
      MemorySegment elemStart,
      MemorySegment elemRow) {
    return new ReduceRows(
        dst,
        ElementType.FP32,
        sources,
        ElementType.FP32,
        1,
        groupStart,
        elemStart,
        null,
        elemRow,
        RowData.floats(16),
        ElementType.FP32);
  }

  private static ReduceRows reduce(
      Span dst,
      ElementType type,
      List<Span> sources,
      int hidden,
      MemorySegment groupStart,
      MemorySegment elemStart,
      MemorySegment elemRow) {
    return new ReduceRows(
        dst,
        type,
        sources,
        type,
        hidden,
        groupStart,
        elemStart,
        null,
        elemRow == null ? RowData.ints(0) : elemRow,
        null,
        type);
  }

  // ---- memory with guards

  /** A destination of {@code bytes} bytes, filled with guard bytes and with more of them around. */
  private Span guarded(long bytes) {
    Region region = allocate(bytes + 2 * GUARD_BYTES, "dst");
    region.segment().fill(GUARD);
    return new Span(region, GUARD_BYTES);
  }

  private static void assertGuards(Span dst, long bytes) {
    assertFilled(dst, -GUARD_BYTES, GUARD_BYTES);
    assertFilled(dst, bytes, GUARD_BYTES);
  }

  private static void assertFilled(Span dst, long offset, long bytes) {
    for (byte found : bytesAt(dst.region(), dst.offset() + offset, bytes)) {
      assertThat(found).isEqualTo(GUARD);
    }
  }

  private static void assertSameBytes(Span dst, long to, Region src, long from, long bytes) {
    MemorySegment actual = dst.region().segment();
    long start = dst.offset() + to;
    long at =
        MemorySegment.mismatch(actual, start, start + bytes, src.segment(), from, from + bytes);
    if (at != -1) {
      throw new AssertionError(
          "byte %d of %d differs: dst offset=%d src offset=%d".formatted(at, bytes, to, from));
    }
  }

  private static void assertSameElements(Span actual, Span expected, ElementType type, long n) {
    long bytes = n * type.bytes();
    MemorySegment found = actual.region().segment();
    MemorySegment wanted = expected.region().segment();
    long end = GUARD_BYTES + bytes;
    long at = MemorySegment.mismatch(found, GUARD_BYTES, end, wanted, GUARD_BYTES, end);
    if (at != -1) {
      long element = at / type.bytes();
      throw new AssertionError(
          "element %d of %d: found %s, expected %s"
              .formatted(element, n, hex(actual, type, element), hex(expected, type, element)));
    }
  }

  private static String hex(Span span, ElementType type, long element) {
    long at = span.offset() + element * type.bytes();
    MemorySegment memory = span.region().segment();
    String bits =
        type == ElementType.FP32
            ? "%08x".formatted(memory.get(ValueLayout.JAVA_INT_UNALIGNED, at))
            : "%04x".formatted(memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, at) & 0xffff);
    return bits + " (" + ReferenceRows.read(span, type, element) + ")";
  }

  private static byte[] bytesAt(Region region, long offset, long bytes) {
    return region.segment().asSlice(offset, bytes).toArray(ValueLayout.JAVA_BYTE);
  }
}
