package io.moelink.bench.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/** The processes of one contestant. Close leaves none of them, nor of their children. */
final class Processes implements AutoCloseable {
  private static final Duration GRACE = Duration.ofSeconds(5);
  private static final Duration MOMENT = Duration.ofSeconds(1);
  private static final Duration POLL = Duration.ofMillis(5);
  private static final int SHOWN_MAX = 300;

  private final List<Process> processes = new ArrayList<>();
  private final Path output;
  private final Thread hook = Thread.ofPlatform().name("end-contestant").unstarted(this::end);
  private boolean stopped;

  /**
   * Starts them.
   *
   * @param output gets what they print
   */
  Processes(Contestant.Start start, Path output) throws IOException {
    this.output = output;
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      for (int i = 0; i < start.commands().size(); i++) {
        start(start.commands().get(i), start.environments().get(i));
      }
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  private synchronized void start(List<String> command, Map<String, String> environment)
      throws IOException {
    if (stopped) {
      return;
    }
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()));
    builder.environment().putAll(environment);
    Process process = builder.start();
    processes.add(process);
    process.getOutputStream().close();
  }

  /** Whether none has ended. */
  boolean allRun() {
    return processes.stream().allMatch(Process::isAlive);
  }

  /** Waits a moment for one of them to end. */
  void awaitEnd() {
    long deadline = System.nanoTime() + MOMENT.toNanos();
    while (allRun() && System.nanoTime() < deadline) {
      LockSupport.parkNanos(POLL.toNanos());
    }
  }

  /** What they printed last, or else how they ended, in one line. */
  String lastWords() throws IOException {
    List<String> lines = Files.readString(output).lines().filter(line -> !line.isBlank()).toList();
    if (lines.isEmpty()) {
      return processes.stream()
          .filter(process -> !process.isAlive())
          .map(process -> "it ended with exit code " + process.exitValue())
          .findFirst()
          .orElse("it printed nothing");
    }
    // ours name what is wrong in a line of their own; others say it last
    String line =
        lines.stream()
            .filter(l -> l.startsWith("moelink bench: "))
            .findFirst()
            .orElse(lines.getLast())
            .strip();
    return line.length() > SHOWN_MAX ? line.substring(0, SHOWN_MAX) + "..." : line;
  }

  /** Waits for them to end by themselves, their sockets being closed, then ends them. */
  @Override
  public void close() {
    await(roots(), GRACE);
    end();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException shuttingDown) {
      // the hook runs, or has run; it finds nothing left
    }
  }

  private void end() {
    Set<ProcessHandle> left = new LinkedHashSet<>();
    for (ProcessHandle root : roots()) {
      left.add(root);
      root.descendants().forEach(left::add);
    }
    left.forEach(ProcessHandle::destroy);
    await(List.copyOf(left), GRACE);
    left.forEach(ProcessHandle::destroyForcibly);
    await(List.copyOf(left), GRACE);
  }

  private synchronized List<ProcessHandle> roots() {
    stopped = true;
    return processes.stream().filter(Process::isAlive).map(Process::toHandle).toList();
  }

  private static void await(List<ProcessHandle> handles, Duration most) {
    long deadline = System.nanoTime() + most.toNanos();
    while (handles.stream().anyMatch(ProcessHandle::isAlive) && System.nanoTime() < deadline) {
      LockSupport.parkNanos(POLL.toNanos());
    }
  }
}
