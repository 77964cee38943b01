package io.moelink.nativestubs.job;

import io.moelink.bootstrap.JobStore;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/** The processes of a group, and the store that they meet at; ends them all when it is closed. */
final class Job implements AutoCloseable {
  static final String SECRET = "a secret of these tests";

  private final List<Process> processes = new ArrayList<>();
  private final List<BufferedReader> outputs = new ArrayList<>();

  private final JobStore store;

  private final int port;

  private Job(JobStore store, int port) {
    this.store = store;
    this.port = port;
  }

  /** Starts {@link GroupProcess} as every rank, with variables of its own. */
  static Job start(int size, IntFunction<Map<String, String>> variables, String... arguments)
      throws IOException {
    Map<String, String> common =
        Map.of(
            "WORLD_SIZE",
            "" + size,
            "MASTER_ADDR",
            "127.0.0.1",
            "MASTER_PORT",
            "" + freePort(),
            "MOELINK_SECRET",
            SECRET);
    Job job = new Job(JobStore.open(common), Integer.parseInt(common.get("MASTER_PORT")));
    for (int rank = 0; rank < size; rank++) {
      List<String> command = command(arguments);
      ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
      builder.environment().putAll(common);
      builder.environment().put("RANK", "" + rank);
      builder.environment().put(JobStore.VARIABLE, JobStore.BY_LAUNCHER);
      builder.environment().putAll(variables.apply(rank));
      Process process = builder.start();
      job.processes.add(process);
      job.outputs.add(process.inputReader(StandardCharsets.UTF_8));
    }
    return job;
  }

  /** The command of a rank. */
  static List<String> command(String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xms48m",
            "-Xmx48m",
            "-XX:+AlwaysPreTouch",
            "--enable-native-access=ALL-UNNAMED",
            "--add-opens=java.base/java.nio=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            GroupProcess.class.getName()));
    command.addAll(List.of(arguments));
    return command;
  }

  static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket()) {
      free.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      return free.getLocalPort();
    }
  }

  /** Where the ranks meet. */
  int port() {
    return port;
  }

  int size() {
    return processes.size();
  }

  Process process(int rank) {
    return processes.get(rank);
  }

  /** The next line of a rank that starts with a word, without it; other lines are passed over. */
  String line(int rank, String word) throws IOException {
    StringBuilder passed = new StringBuilder();
    while (true) {
      String line = outputs.get(rank).readLine();
      if (line == null) {
        throw new AssertionError(
            "rank %d ended without '%s', having said:%s".formatted(rank, word, passed));
      }
      if (line.startsWith(word + " ")) {
        return line.substring(word.length() + 1);
      }
      passed.append(' ').append(line);
    }
  }

  @Override
  public void close() {
    for (Process process : processes) {
      process.destroyForcibly();
    }
    for (Process process : processes) {
      process.onExit().join();
    }
    store.close();
  }
}
