package io.moelink.layout.plan;

/** What lies in a buffer. */
public enum BufferKind {
  /** The rows of a rank's own tokens, given by the caller of dispatch. */
  INPUT,
  /** Rows on their way to other ranks. */
  STAGING,
  /** The rows of a rank's experts: written by dispatch, given by the caller of combine. */
  EXPERT,
  /** Partial sums: of one rank (card), one VNode or one domain, as the scope says. */
  PARTIAL,
  /** The combined rows of a rank's own tokens. */
  OUTPUT,
  /** One float32 for each slot of the source that chose an expert of the scope's rank. */
  SCALAR,
  /** {@link #INPUT} as the caller holds it, column-major. */
  INPUT_COLUMNS,
  /** {@link #EXPERT} as the caller holds it, column-major. */
  EXPERT_COLUMNS,
  /** {@link #OUTPUT} as the caller holds it, column-major. */
  OUTPUT_COLUMNS;

  /** Whether rows lie one after the other. */
  public boolean rowMajor() {
    return this != INPUT_COLUMNS && this != EXPERT_COLUMNS && this != OUTPUT_COLUMNS;
  }
}
