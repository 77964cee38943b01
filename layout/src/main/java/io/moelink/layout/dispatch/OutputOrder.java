package io.moelink.layout.dispatch;

/** How a rank's received rows lie in its output buffer. */
public enum OutputOrder {
  /** Experts ascending; inside an expert by source rank, source token, slot: one row per slot. */
  EXPERT_MAJOR,
  /** Source ranks ascending, then tokens: one row per token, with its local experts beside it. */
  RANK_MAJOR,
  /** The rows of an expert as in EXPERT_MAJOR, in a block of fixed capacity. */
  SLOTTED,
  /**
   * As EXPERT_MAJOR, but two experts that share an allocation get the larger count of rows each.
   */
  PAIRED
}
