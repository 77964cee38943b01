package io.moelink.nativestubs.abi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;

/** The functions of one library. */
public final class Symbols {
  private final SymbolLookup lookup;

  /** The functions that a look-up finds. */
  public Symbols(SymbolLookup lookup) {
    this.lookup = lookup;
  }

  /**
   * The address of a function.
   *
   * @throws IllegalArgumentException when the library has no function of this name
   */
  public MemorySegment function(String name) {
    return lookup
        .find(name)
        .orElseThrow(() -> new IllegalArgumentException("it has no function " + name));
  }

  /** For what a downcall declares and does not throw. */
  public static RuntimeException unexpected(Throwable e) {
    if (e instanceof RuntimeException unchecked) {
      return unchecked;
    }
    if (e instanceof Error error) {
      throw error;
    }
    throw new AssertionError("a downcall threw", e);
  }
}
