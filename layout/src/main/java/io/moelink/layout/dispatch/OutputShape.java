package io.moelink.layout.dispatch;

import io.moelink.layout.InvalidInputException;

/**
 * The form of the output buffer that a caller asks for.
 *
 * @param order see {@link OutputOrder}
 * @param alignment rows that the start of each expert's block is rounded up to; 1 or more
 * @param capacity rows of an expert's block for SLOTTED, 0 for the other orders
 */
public record OutputShape(OutputOrder order, int alignment, int capacity) {
  public OutputShape {
    if (alignment < 1 || alignment > 1 << 16) {
      throw new InvalidInputException(
          "expert alignment: found " + alignment + ", expected 1 to " + (1 << 16));
    }
    if (order == OutputOrder.SLOTTED ? capacity < 1 : capacity != 0) {
      throw new InvalidInputException(
          "capacity of "
              + order
              + ": found "
              + capacity
              + ", expected "
              + (order == OutputOrder.SLOTTED ? "1 or more rows an expert" : "0"));
    }
  }

  /** EXPERT_MAJOR without padding: the canonical buffer. */
  public static final OutputShape CANONICAL = expertMajor(1);

  public static OutputShape expertMajor(int alignment) {
    return new OutputShape(OutputOrder.EXPERT_MAJOR, alignment, 0);
  }

  public static OutputShape rankMajor() {
    return new OutputShape(OutputOrder.RANK_MAJOR, 1, 0);
  }

  public static OutputShape slotted(int capacity) {
    return new OutputShape(OutputOrder.SLOTTED, 1, capacity);
  }

  public static OutputShape paired(int alignment) {
    return new OutputShape(OutputOrder.PAIRED, alignment, 0);
  }

  /** True where a row stands for one slot, false where it stands for a token with all its slots. */
  public boolean rowPerSlot() {
    return order != OutputOrder.RANK_MAJOR;
  }
}
