package io.moelink;

/** What becomes of the experts of ranks that are lost. */
public enum LostExperts {
  /**
   * They are gone. Those that are left are numbered again from 0 in their old order and stay where
   * they are; {@link Remaining#choices} turns choices over, a lost expert's into no choice.
   */
  MASKED,
  /**
   * All experts are spread over the ranks that are left, in blocks of about one size, by ascending
   * number. Callers bring the weights of experts to where they are now.
   */
  REPLACED
}
