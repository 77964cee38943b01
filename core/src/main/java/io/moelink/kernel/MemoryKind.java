package io.moelink.kernel;

/** Where a region lives and who can reach it. */
public enum MemoryKind {
  /** Memory of this process; not for other ranks to attach. */
  HOST,
  /** Host memory that other ranks can attach, and load from where the transport says so. */
  SHARED,
  /** Memory of an accelerator: reached by kernels and transfers, not by Java. */
  DEVICE
}
