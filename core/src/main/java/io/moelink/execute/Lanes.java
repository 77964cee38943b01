package io.moelink.execute;

/** How much can be under way at once. */
public final class Lanes {
  /** Operations in flight. */
  public static final int OPERATIONS = 2;

  /**
   * Published routing indexes. A rank publishes its n-th only after its own (n - 2)-th dispatch is
   * done, for which every rank had published its (n - 2)-th, hence finished reading all (n - 4)-th
   * ones. So with four places none is overwritten before all have read it, without a word of
   * acknowledgement; the same whether the places are the writer's or the reader's.
   */
  public static final int INDEXES = 4;

  private Lanes() {}
}
