package io.moelink.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;

/** Seeded rows and index arrays for tests of kernels. */
final class RowData {
  /** Bits of float32 that go wrong first; halves take their upper or converted part. */
  private static final int[] SPECIAL = {
    0x00000000, 0x80000000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00001, 0x7f800001, 0x7fffffff,
    0x00000001, 0x807fffff, 0x00800000, 0x7f7fffff, 0xff7fffff, 0x3f808000, 0x3f818000, 0xbf808000,
    0x7f7f8000, 0x3f801000, 0x3f803000, 0x477fefff, 0x477ff000, 0x33000000, 0x33000001, 0x387fc000,
    0x00008000, 0x00018000, 0x3f807fff, 0x3f808001
  };

  private static final short[] SPECIAL_FP16 = {
    0x0000,
    (short) 0x8000,
    0x7c00,
    (short) 0xfc00,
    0x7e00,
    0x7c01,
    (short) 0xfe01,
    0x0001,
    0x03ff,
    0x0400,
    0x7bff,
    (short) 0xfbff
  };

  private final Random random;
  private final int specialOneIn;

  /**
   * Data from a seed.
   *
   * @param specialOneIn one element in so many is a special value; 0 for none
   */
  RowData(long seed, int specialOneIn) {
    this.random = new Random(seed);
    this.specialOneIn = specialOneIn;
  }

  int below(int bound) {
    return random.nextInt(bound);
  }

  boolean chance() {
    return random.nextBoolean();
  }

  void elements(Span base, ElementType type, long count) {
    MemorySegment memory = base.region().segment();
    for (long i = 0; i < count; i++) {
      long at = base.offset() + i * type.bytes();
      boolean special = specialOneIn > 0 && random.nextInt(specialOneIn) == 0;
      int bits =
          special ? SPECIAL[random.nextInt(SPECIAL.length)] : Float.floatToRawIntBits(ordinary());
      switch (type) {
        case FP32 -> memory.set(ValueLayout.JAVA_INT_UNALIGNED, at, bits);
        case BF16 -> memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, (short) (bits >>> 16));
        case FP16 ->
            memory.set(
                ValueLayout.JAVA_SHORT_UNALIGNED,
                at,
                special
                    ? SPECIAL_FP16[random.nextInt(SPECIAL_FP16.length)]
                    : Float.floatToFloat16(Float.intBitsToFloat(bits)));
      }
    }
  }

  /** Values of either sign over some 12 binary orders of magnitude, so that sums round. */
  private float ordinary() {
    return (float) random.nextGaussian() * (1 << random.nextInt(12)) / 64;
  }

  void bytes(Region region) {
    byte[] all = new byte[(int) region.byteSize()];
    random.nextBytes(all);
    MemorySegment.copy(all, 0, region.segment(), ValueLayout.JAVA_BYTE, 0, all.length);
  }

  MemorySegment weights(int count) {
    MemorySegment array = floats(count);
    for (int i = 0; i < count; i++) {
      boolean special = specialOneIn > 0 && random.nextInt(4 * specialOneIn) == 0;
      float weight =
          special
              ? Float.intBitsToFloat(SPECIAL[random.nextInt(SPECIAL.length)])
              : random.nextFloat();
      array.set(ValueLayout.JAVA_FLOAT, 4L * i, weight);
    }
    return array;
  }

  /** Rows below {@code limit}, in any order and as often as it falls. */
  MemorySegment rows(int count, int limit) {
    int[] rows = new int[count];
    for (int i = 0; i < count; i++) {
      rows[i] = random.nextInt(limit);
    }
    return ints(rows);
  }

  /** The numbers below {@code count} in a random order. */
  int[] permutation(int count) {
    int[] order = new int[count];
    for (int i = 0; i < count; i++) {
      int j = random.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    return order;
  }

  /** {@code count + 1} starts of lists with 0 to {@code longest} entries. */
  int[] starts(int count, int longest) {
    int[] starts = new int[count + 1];
    for (int i = 0; i < count; i++) {
      starts[i + 1] = starts[i] + random.nextInt(longest + 1);
    }
    return starts;
  }

  static MemorySegment ints(int... values) {
    MemorySegment array = Arena.ofAuto().allocate(4L * Math.max(1, values.length), 4);
    MemorySegment.copy(values, 0, array, ValueLayout.JAVA_INT, 0, values.length);
    return array;
  }

  static MemorySegment floats(int count) {
    return Arena.ofAuto().allocate(4L * Math.max(1, count), 4);
  }
}
