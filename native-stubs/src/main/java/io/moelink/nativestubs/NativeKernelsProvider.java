package io.moelink.nativestubs;

import io.moelink.kernel.RowKernels;
import io.moelink.kernel.RowKernelsProvider;
import io.moelink.nativestubs.abi.NativeLibraries;
import io.moelink.nativestubs.abi.NativeLibrary;
import io.moelink.nativestubs.fabric.NativeRowKernels;
import java.util.Optional;

/**
 * The kernels in C, for any memory of this process. {@code MOELINK_ISA} asks for an instruction
 * set: avx512, avx2, neon or baseline.
 */
public final class NativeKernelsProvider implements RowKernelsProvider {
  private static final String ISA_VARIABLE = "MOELINK_ISA";

  /** For the service loader. */
  public NativeKernelsProvider() {}

  @Override
  public String name() {
    return "c";
  }

  @Override
  public Optional<String> obstacle() {
    return switch (NativeLibraries.shm()) {
      case NativeLibrary.Missing missing -> Optional.of(missing.why() + "; " + missing.whatToDo());
      case NativeLibrary.Loaded loaded ->
          obstacle(loaded.fabric().isa(), System.getenv(ISA_VARIABLE));
    };
  }

  /** Where the library lacks what was asked for, it would use another one in silence. */
  static Optional<String> obstacle(String isa, String wanted) {
    if (wanted == null || wanted.isEmpty() || wanted.equals(isa)) {
      return Optional.empty();
    }
    return Optional.of(
        "%s=%s is not there, expected avx512, avx2 or baseline, as the processor has it"
            .formatted(ISA_VARIABLE, wanted));
  }

  @Override
  public RowKernels open() {
    return switch (NativeLibraries.shm()) {
      case NativeLibrary.Loaded loaded -> NativeRowKernels.onHost(loaded.fabric());
      case NativeLibrary.Missing missing ->
          throw new IllegalStateException(
              "C kernels are not available: %s; %s".formatted(missing.why(), missing.whatToDo()));
    };
  }
}
