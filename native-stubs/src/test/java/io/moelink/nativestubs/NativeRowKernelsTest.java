package io.moelink.nativestubs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.moelink.kernel.MemoryKind;
import io.moelink.kernel.PlainRegion;
import io.moelink.kernel.RowKernels;
import io.moelink.kernel.RowKernelsContract;
import io.moelink.kernel.ScatterRows;
import io.moelink.kernel.Span;
import io.moelink.layout.InvalidInputException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The kernels in C against the definitions, bit for bit. The build runs this once for each
 * instruction set, with MOELINK_ISA.
 */
@NativeTest
class NativeRowKernelsTest extends RowKernelsContract {
  private final RowKernels kernels = new NativeKernelsProvider().open();

  @BeforeAll
  static void instructionSetIsThere() throws IOException {
    String wanted = System.getenv("MOELINK_ISA");
    if (wanted != null) {
      String flag = wanted.equals("avx512") ? "avx512dq" : wanted;
      assumeTrue(
          wanted.equals("baseline") || Files.readString(Path.of("/proc/cpuinfo")).contains(flag),
          "this processor has no " + wanted);
    }
    assertThat(new NativeKernelsProvider().obstacle()).isEqualTo(Optional.empty());
  }

  @Override
  protected RowKernels kernels() {
    return kernels;
  }

  @Test
  void nameHasTheInstructionSet() {
    String wanted = System.getenv("MOELINK_ISA");
    System.out.println("kernels: " + kernels.name());
    assertThat(kernels.name()).startsWith("c-" + (wanted == null ? "" : wanted));
  }

  @Test
  void settingsAreNotIgnored() {
    assertThatThrownBy(() -> NativeKernelsProvider.check("avx2", "avx1024", null))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "MOELINK_ISA=avx1024 is not there, expected avx512, avx2 or baseline, as the processor"
                + " has it");
    assertThatThrownBy(() -> NativeKernelsProvider.check("avx2", "", "12M"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("MOELINK_STREAMING_BYTES=12M, expected a number of bytes");
    NativeKernelsProvider.check("avx2", "avx2", "12000000");
    NativeKernelsProvider.check("avx2", null, "");
  }

  @Test
  void messagesUseTheWordsOfJava() {
    Span dst = Span.of(PlainRegion.of(64, "staging"));
    Span src = Span.of(PlainRegion.of(100, "tokens"));
    assertThatThrownBy(() -> kernels.gatherRows(dst, src, 10, 7, null))
        .hasMessage("gatherRows: dst has room for 6 rows, expected at least count=7");
    assertThatThrownBy(() -> kernels.gatherRows(dst, src, 10, 2, ints(3, 10)))
        .hasMessage("gatherRows: srcRows[1]=10 is outside 0..9");
    assertThatThrownBy(() -> kernels.gatherRows(dst, src, 10, 2, ints(3)))
        .hasMessage("gatherRows: srcRows holds 1 values, expected 2");
    ScatterRows falling = ScatterRows.toOne(dst, src, 10, null, ints(0, 2, 1), ints(0, 1));
    assertThatThrownBy(() -> kernels.scatterRows(falling, 2))
        .hasMessage("scatterRows: dstStart[2]=1 is below dstStart[1]=2");
    assertThatThrownBy(() -> kernels.reorder(dst, src, 6, 1, 1))
        .hasMessage("reorder: elementBytes=6, expected 1, 2, 4 or 8");
  }

  @Test
  void memoryThatIsGoneIsNotTouched() {
    Arena arena = Arena.ofShared();
    MemorySegment rows = arena.allocate(64, 4);
    MemorySegment memory = arena.allocate(64, 4);
    Span src = Span.of(new PlainRegion(0, MemoryKind.HOST, "gone", memory));
    Span dst = Span.of(PlainRegion.of(64, "staging"));
    arena.close();
    assertThatThrownBy(() -> kernels.gatherRows(dst, dst, 4, 4, rows))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> kernels.gatherRows(dst, src, 4, 4, null))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> kernels.fill(src, 4, (byte) 0))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void memoryOfAnotherThreadIsRefused() throws InterruptedException {
    Span dst = Span.of(PlainRegion.of(64, "staging"));
    try (Arena confined = Arena.ofConfined()) {
      MemorySegment rows = confined.allocate(64, 4);
      Throwable[] failure = new Throwable[1];
      Thread other =
          new Thread(
              () -> {
                try {
                  kernels.gatherRows(dst, dst, 4, 4, rows);
                } catch (Throwable e) {
                  failure[0] = e;
                }
              });
      other.start();
      other.join();
      assertThat(failure[0]).isInstanceOf(WrongThreadException.class);
    }
  }

  private static MemorySegment ints(int... values) {
    MemorySegment array = Arena.ofAuto().allocate(4L * values.length, 4);
    MemorySegment.copy(values, 0, array, ValueLayout.JAVA_INT, 0, values.length);
    return array;
  }
}
