package io.moelink.nativestubs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** "The library is not there" is a reason to read, not a crash. */
class FabricLibraryTest {
  @TempDir Path folder;

  @Test
  void missingInTheFolder() {
    FabricLibrary library = FabricLibrary.load("moelink_shm", folder.toString());
    assertThat(library.symbols()).isNull();
    assertThat(library.why())
        .isEqualTo(folder.resolve("libmoelink_shm.so") + ": no such file (MOELINK_NATIVE_PATH)");
  }

  @Test
  void brokenFile() throws IOException {
    Path file = folder.resolve("libmoelink_shm.so");
    Files.writeString(file, "not a library");
    FabricLibrary library = FabricLibrary.load("moelink_shm", folder.toString());
    assertThat(library.symbols()).isNull();
    assertThat(library.why()).startsWith(file + ": ");
  }

  @Test
  void missingInTheBuild() {
    FabricLibrary library = FabricLibrary.load("moelink_card", null);
    assertThat(library.symbols()).isNull();
    assertThat(library.why()).endsWith("/libmoelink_card.so: not in this build");
  }

  @Test
  void thisBuildHasIt() {
    assertThat(FabricLibrary.shm().why()).isNull();
    assertThat(new NativeRowKernels().name()).startsWith("c-");
  }
}
