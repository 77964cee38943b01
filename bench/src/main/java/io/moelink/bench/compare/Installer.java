package io.moelink.bench.compare;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Installs what contestants need, with Debian's package tool; needs its rights. */
final class Installer {
  private static final List<String> PACKAGES =
      List.of("gcc", "openmpi-bin", "libopenmpi-dev", "python3-torch");
  private static final long MINUTES = 20;

  private Installer() {}

  static void run() throws IOException, InterruptedException {
    call(List.of("apt-get", "update"));
    List<String> install =
        new ArrayList<>(List.of("apt-get", "install", "-y", "--no-install-recommends"));
    install.addAll(PACKAGES);
    call(install);
  }

  private static void call(List<String> command) throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD);
    builder.environment().put("DEBIAN_FRONTEND", "noninteractive");
    Process process = builder.start();
    boolean ended = process.waitFor(MINUTES, TimeUnit.MINUTES);
    if (!ended) {
      process.destroy();
    }
    if (!ended || process.exitValue() != 0) {
      throw new IllegalStateException(
          "--install: \"" + String.join(" ", command) + "\" failed; run it to see why");
    }
  }
}
