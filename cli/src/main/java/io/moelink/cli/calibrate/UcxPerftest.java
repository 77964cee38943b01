package io.moelink.cli.calibrate;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * UCX's own measuring program: two processes on this host, under the variables of this one, so that
 * both use what {@code UCX_TLS} says.
 */
final class UcxPerftest {
  private static final String PROGRAM = "ucx_perftest";
  private static final String ADDRESS = InetAddress.getLoopbackAddress().getHostAddress();
  private static final long SECONDS = 60;
  private static final long SERVER_MILLIS = 300;
  private static final int TRIES = 5;

  /** Numbers of the line of results: latency and rate of the whole run. */
  private static final int OVERALL_MICROSECONDS = 3;

  private static final int OVERALL_MEBIBYTES_PER_SECOND = 5;
  private static final int NUMBERS = 8;

  private UcxPerftest() {}

  /** Whether it is on the PATH. */
  static boolean isThere() {
    String path = System.getenv().getOrDefault("PATH", "");
    for (String folder : path.split(File.pathSeparator)) {
      if (Files.isExecutable(Path.of(folder, PROGRAM))) {
        return true;
      }
    }
    return false;
  }

  /** 10^9 bytes a second of puts, many under way. */
  static double putGigabytesPerSecond(long bytes, int puts) {
    double[] line = run("ucp_put_bw", bytes, puts);
    return line[OVERALL_MEBIBYTES_PER_SECOND] * (1 << 20) / 1e9;
  }

  /** Microseconds from a put of 8 bytes to its being seen: half of the way there and back. */
  static double putMicroseconds(int puts) {
    return run("ucp_put_lat", Long.BYTES, puts)[OVERALL_MICROSECONDS];
  }

  private static double[] run(String test, long bytes, int puts) {
    String problem = "";
    for (int i = 0; i < TRIES; i++) {
      String port = Integer.toString(freePort());
      List<String> options =
          List.of(
              "-t",
              test,
              "-s",
              "" + bytes,
              "-n",
              "" + puts,
              "-w",
              "" + puts / AgainstPerftest.WARM_UP);
      List<String> client = new ArrayList<>(List.of(PROGRAM, ADDRESS, "-f", "-p", port));
      client.addAll(options);
      try {
        Process server = start(List.of(PROGRAM, "-f", "-p", port));
        try {
          Thread.sleep(SERVER_MILLIS);
          String printed = printed(start(client));
          double[] line = numbers(printed);
          if (line != null) {
            return line;
          }
          problem = printed.lines().reduce((a, b) -> b).orElse("it printed nothing");
        } finally {
          end(server);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(PROGRAM + ": " + e.getMessage(), e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while " + PROGRAM + " ran", e);
      }
    }
    throw new IllegalStateException(
        "%s -t %s: found no result in %d tries, the last said: %s"
            .formatted(PROGRAM, test, TRIES, problem));
  }

  private static Process start(List<String> command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    // variables that moelink sets for itself would change what it does
    builder.environment().keySet().removeIf(name -> name.startsWith("UCX_LOG_"));
    Process process = builder.start();
    process.getOutputStream().close();
    return process;
  }

  /** What a process printed until it ended. */
  private static String printed(Process process) throws IOException, InterruptedException {
    try {
      if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
        return "it did not end within " + SECONDS + " s";
      }
      return new String(process.getInputStream().readAllBytes());
    } finally {
      end(process);
    }
  }

  private static void end(Process process) throws InterruptedException {
    process.destroyForcibly();
    process.waitFor(SECONDS, TimeUnit.SECONDS);
  }

  /** The line of results, or null. */
  static double[] numbers(String printed) {
    for (String line : printed.lines().toList()) {
      String[] words = line.strip().split("\\s+");
      if (words.length == NUMBERS && words[0].matches("\\d+")) {
        double[] numbers = new double[NUMBERS];
        for (int i = 0; i < NUMBERS; i++) {
          if (!words[i].matches("[0-9.]+")) {
            return null;
          }
          numbers[i] = Double.parseDouble(words[i]);
        }
        return numbers;
      }
    }
    return null;
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException("no free port found", e);
    }
  }
}
