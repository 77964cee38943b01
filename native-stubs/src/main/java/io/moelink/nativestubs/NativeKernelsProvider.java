package io.moelink.nativestubs;

import io.moelink.kernel.RowKernels;
import io.moelink.kernel.RowKernelsProvider;
import io.moelink.layout.InvalidInputException;
import io.moelink.nativestubs.abi.NativeLibraries;
import io.moelink.nativestubs.abi.NativeLibrary;
import io.moelink.nativestubs.fabric.NativeRowKernels;
import java.util.Optional;

/**
 * The kernels in C, for any memory of this process. {@code MOELINK_ISA} asks for an instruction
 * set: avx512, avx2 or baseline; {@code MOELINK_STREAMING_BYTES} says from how many bytes of output
 * on they write past the caches.
 */
public final class NativeKernelsProvider implements RowKernelsProvider {
  private static final String ISA_VARIABLE = "MOELINK_ISA";
  private static final String STREAMING_VARIABLE = "MOELINK_STREAMING_BYTES";

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
      case NativeLibrary.Loaded loaded -> Optional.empty();
    };
  }

  /**
   * Where the library lacks what was asked for, it would use another one in silence.
   *
   * @throws InvalidInputException when the variables ask for what there is not
   */
  static void check(String isa, String wantedIsa, String streamingBytes) {
    if (wantedIsa != null && !wantedIsa.isEmpty() && !wantedIsa.equals(isa)) {
      throw new InvalidInputException(
          "%s=%s is not there, expected avx512, avx2 or baseline, as the processor has it"
              .formatted(ISA_VARIABLE, wantedIsa));
    }
    if (streamingBytes != null && !streamingBytes.matches("[0-9]{0,18}")) {
      throw new InvalidInputException(
          "%s=%s, expected a number of bytes".formatted(STREAMING_VARIABLE, streamingBytes));
    }
  }

  @Override
  public RowKernels open() {
    return switch (NativeLibraries.shm()) {
      case NativeLibrary.Loaded loaded -> {
        String isa = loaded.fabric().isa();
        check(isa, System.getenv(ISA_VARIABLE), System.getenv(STREAMING_VARIABLE));
        yield NativeRowKernels.onHost(loaded.fabric());
      }
      case NativeLibrary.Missing missing ->
          throw new IllegalStateException(
              "C kernels are not available: %s; %s".formatted(missing.why(), missing.whatToDo()));
    };
  }
}
