package io.moelink.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moelink.layout.InvalidInputException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class HostKernelsTest {
  /** A provider that is there or not. */
  private record Offered(String name, Optional<String> obstacle, RowKernels kernels)
      implements RowKernelsProvider {
    @Override
    public RowKernels open() {
      return kernels;
    }
  }

  private static final RowKernels FAST = new JavaRowKernels();
  private static final RowKernelsProvider C = new Offered("c", Optional.empty(), FAST);
  private static final RowKernelsProvider NO_C =
      new Offered("c", Optional.of("no file; install it"), FAST);

  @Test
  void nativeOnesComeFirstWhereTheyAreThere() {
    assertThat(HostKernels.open("", List.of(C))).isSameAs(FAST);
    assertThat(HostKernels.open("c", List.of(NO_C, C))).isSameAs(FAST);
    assertThat(HostKernels.open("", List.of(NO_C))).isNotSameAs(FAST);
    assertThat(HostKernels.open("", List.of()).name()).isEqualTo("java");
    assertThat(HostKernels.open("java", List.of(C))).isNotSameAs(FAST);
  }

  @Test
  void whatIsAskedForAndNotThereIsSaid() {
    assertThatThrownBy(() -> HostKernels.open("c", List.of(NO_C)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("MOELINK_KERNELS=c cannot be had: no file; install it");
    assertThatThrownBy(() -> HostKernels.open("fortran", List.of(C)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("MOELINK_KERNELS=fortran is not known, expected java or c");
    assertThatThrownBy(() -> HostKernels.open("c", List.of()))
        .hasMessage("MOELINK_KERNELS=c is not known, expected java");
  }
}
