package io.moelink.layout.dispatch;

/**
 * Division of slot numbers by K. K is not a constant of the program, and a hardware division for
 * every slot would cost as much as all the rest of a layout: so it is a multiplication with the
 * reciprocal, exact for every slot below 2^30 and every K up to 32, and a shift where K is a power
 * of two.
 *
 * @param topK K
 * @param reciprocal 2^shift / K, rounded up; 1 where K is a power of two
 * @param shift see there
 */
public record SlotDivision(int topK, long reciprocal, int shift) {
  /** Division by {@code topK}, 1 to 32. */
  public static SlotDivision by(int topK) {
    if (Integer.bitCount(topK) == 1) {
      return new SlotDivision(topK, 1, Integer.numberOfTrailingZeros(topK));
    }
    // the error of slot * reciprocal is below slot * K, which must stay below 2^shift
    int shift = 30 + Integer.SIZE - Integer.numberOfLeadingZeros(topK - 1);
    return new SlotDivision(topK, Math.ceilDiv(1L << shift, topK), shift);
  }

  /** The token of a slot. */
  public int token(int slot) {
    return (int) (slot * reciprocal >>> shift);
  }

  /**
   * The tokens of the first {@code count} slots; {@code into} may be {@code slots} itself. Both
   * have one index, without which the compiler cannot know that it may divide several at a time.
   */
  public void tokens(int[] slots, int count, int[] into) {
    if (reciprocal == 1) {
      shift(slots, count, shift, into);
    } else {
      multiply(slots, count, reciprocal, shift, into);
    }
  }

  // twice as many numbers of 32 bits as of 64 go into one vector
  private static void shift(int[] slots, int count, int bits, int[] into) {
    for (int i = 0; i < count; i++) {
      into[i] = slots[i] >>> bits;
    }
  }

  private static void multiply(int[] slots, int count, long factor, int bits, int[] into) {
    for (int i = 0; i < count; i++) {
      into[i] = (int) (slots[i] * factor >>> bits);
    }
  }
}
