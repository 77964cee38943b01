package io.moelink.nativestubs;

import io.moelink.kernel.RowKernels;
import io.moelink.kernel.RowKernelsProvider;
import java.util.Optional;

/** Offers the kernels in C for memory of this process, where their library is there. */
public final class NativeRowKernelsProvider implements RowKernelsProvider {
  /** For the service loader. */
  public NativeRowKernelsProvider() {}

  @Override
  public String name() {
    return "c";
  }

  @Override
  public Optional<RowKernels> open() {
    return FabricLibrary.shm().symbols() == null
        ? Optional.empty()
        : Optional.of(new NativeRowKernels());
  }
}
