package io.moelink.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** Chromium, as it is installed on this machine, without a window. */
final class Browser {
  private static final List<String> NAMES =
      List.of("chromium", "chromium-browser", "google-chrome", "google-chrome-stable");
  private static final String FLAGS =
      "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run"
          + " --disable-background-networking --disable-component-update --disable-sync"
          + " --host-resolver-rules=MAP,*,~NOTFOUND --window-size=1280,900"
          + " --virtual-time-budget=5000 --dump-dom";
  private static final int SECONDS = 60;

  private final Path program;

  private Browser(Path program) {
    this.program = program;
  }

  /**
   * The installed browser. Without one the calling test is left out, unless MOELINK_BROWSER says
   * {@code required}, as it does in CI: then it fails.
   */
  static Browser installed() {
    Optional<Path> found =
        NAMES.stream()
            .flatMap(
                name ->
                    Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                        .map(folder -> Path.of(folder, name)))
            .filter(Files::isExecutable)
            .findFirst();
    if (found.isEmpty() && "required".equals(System.getenv("MOELINK_BROWSER"))) {
      throw new AssertionError(
          "MOELINK_BROWSER=required, but none of " + NAMES + " is on the PATH: install chromium");
    }
    Assumptions.assumeTrue(
        found.isPresent(), "no chromium on the PATH: the report is not looked at in a browser");
    return new Browser(found.get());
  }

  /** Opens a page, lets its scripts run, and returns what became of it. */
  String open(Path page, Path profile, boolean dark) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(program.toString()));
    for (String flag : FLAGS.split(" ")) {
      command.add(flag.replace("MAP,*,~", "MAP * ~"));
    }
    command.add("--user-data-dir=" + profile);
    command.add("--blink-settings=preferredColorScheme=" + (dark ? 0 : 1));
    command.add(page.toUri().toString());
    Path out = Files.createTempFile(profile.getParent(), "dom", ".html");
    Path log = Files.createTempFile(profile.getParent(), "browser", ".log");
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(log.toFile())
            .start();
    try {
      assertThat(process.waitFor(SECONDS, TimeUnit.SECONDS))
          .as("browser ended within %d s, log: %s", SECONDS, Files.readString(log))
          .isTrue();
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly().waitFor();
    }
    return Files.readString(out);
  }
}
