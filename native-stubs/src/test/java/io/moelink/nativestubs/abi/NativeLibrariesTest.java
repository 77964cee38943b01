package io.moelink.nativestubs.abi;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said when the library is not there. None of it needs the library. */
class NativeLibrariesTest {
  private static final String FILE = System.mapLibraryName("moelink_shm");

  @Test
  void anEmptyFolder(@TempDir Path empty) {
    NativeLibrary.Missing missing = missing(empty.toString());
    assertThat(missing.why())
        .isEqualTo(
            "there is no file %s (MOELINK_NATIVE_PATH=%s)".formatted(empty.resolve(FILE), empty));
    assertThat(missing.whatToDo())
        .isEqualTo("set MOELINK_NATIVE_PATH to the folder that holds %s, or unset it", FILE);
  }

  @Test
  void twoFoldersWithoutIt(@TempDir Path empty) {
    String path = empty + "/a" + File.pathSeparator + empty + "/b";
    assertThat(missing(path).why())
        .contains(empty.resolve("a").resolve(FILE) + " or " + empty.resolve("b").resolve(FILE));
  }

  @Test
  void aFileThatIsNoLibrary(@TempDir Path folder) throws IOException {
    Path file = folder.resolve(FILE);
    Files.writeString(file, "no library");
    NativeLibrary.Missing missing = missing(folder.toString());
    // what follows are the words of the system's loader
    assertThat(missing.why()).startsWith("cannot use " + file + ": ").contains("file too short");
    assertThat(missing.whatToDo()).contains("apt-get install -y gcc cmake");
  }

  @Test
  void aLibraryThatIsAnotherOne(@TempDir Path folder) throws IOException {
    Path other = Path.of(System.getProperty("java.home"), "lib", System.mapLibraryName("jimage"));
    Path file = folder.resolve(FILE);
    Files.copy(other, file);
    assertThat(missing(folder.toString()).why())
        .isEqualTo("cannot use " + file + ": it has no function mlk_open");
  }

  @Test
  void nothingInTheJar() {
    assertThat(NativeLibraries.find("telegraph", null))
        .isEqualTo(
            new NativeLibrary.Missing(
                "there is no /io/moelink/nativestubs/%s/%s in the jar: it was built without it"
                    .formatted(
                        NativeLibraries.platform(), System.mapLibraryName("moelink_telegraph")),
                "apt-get install -y gcc cmake, then build moelink again; or set"
                    + " MOELINK_NATIVE_PATH to the folder that holds it"));
  }

  @Test
  void aLibraryThatLacksWhatItNeedsSaysWhatToInstall() {
    String text =
        "mlk_probe: cannot load libucp.so.0: libucp.so.0: cannot open shared object file: No such"
            + " file or directory; apt-get install -y libucx0";
    assertThat(NativeLibraries.obstacle("the jar's libmoelink_ucx.so", text))
        .isEqualTo(
            new NativeLibrary.Missing(
                "cannot use the jar's libmoelink_ucx.so: cannot load libucp.so.0: libucp.so.0:"
                    + " cannot open shared object file: No such file or directory",
                "apt-get install -y libucx0"));
  }

  @Test
  void withoutTheFlagTheMessageNamesItAndLoopbackWorks() throws Exception {
    // a flag for another module takes the right from this one
    assertThat(say("--enable-native-access=java.base"))
        .containsExactly(
            "the JVM does not let moelink call native code",
            "pass java the flag --enable-native-access=ALL-UNNAMED",
            "java");
    assertThat(say("-DnoFlag=1"))
        .element(0)
        .isEqualTo("the JVM does not let moelink call native code");
  }

  @Test
  void anEmptyFolderInTheEnvironmentLeavesLoopback(@TempDir Path empty) throws Exception {
    List<String> said = say("--enable-native-access=ALL-UNNAMED", empty.toString());
    assertThat(said.get(0)).contains(empty.toString());
    assertThat(said.get(2)).isEqualTo("java");
  }

  private static NativeLibrary.Missing missing(String path) {
    return (NativeLibrary.Missing) NativeLibraries.find("shm", path);
  }

  /** What a JVM with this flag says: why, what to do, and the kernels that loopback has. */
  private static List<String> say(String flag, String... path) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            flag,
            "-cp",
            System.getProperty("java.class.path"),
            SayWhatIsThere.class.getName());
    if (path.length > 0) {
      builder.environment().put(NativeLibraries.PATH_VARIABLE, path[0]);
    }
    Process process = builder.redirectErrorStream(true).start();
    try {
      List<String> lines = List.of(new String(process.getInputStream().readAllBytes()).split("\n"));
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(lines).hasSize(3);
      return lines;
    } finally {
      process.destroyForcibly();
    }
  }
}
