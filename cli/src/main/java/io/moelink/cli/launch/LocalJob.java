package io.moelink.cli.launch;

import io.moelink.bootstrap.JobStore;
import io.moelink.cli.Main;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The processes of a job on this host. {@link #run} starts them and waits; whatever ends it, an
 * exception or a signal to this process included, no process is left that it can see.
 */
final class LocalJob {
  /** How long ranks may take to fail after another one has, and then to heed a signal. */
  static final Duration GRACE = Duration.ofSeconds(2);

  /** How long the last bytes of a rank that has ended may take. */
  private static final Duration OUTPUT_GRACE = Duration.ofSeconds(2);

  private static final Duration POLL = Duration.ofMillis(10);
  private static final int SIGNAL_BASE = 128;

  /** A rank that has ended, and its exit code. */
  record RankEnd(int rank, int code) {}

  /**
   * How a job ended.
   *
   * @param failed the rank that failed first, null if none did
   * @param ended ranks that had to be ended then
   */
  record Result(RankEnd failed, Set<Integer> ended) {
    /** What happened, in one line. */
    String describe() {
      int code = failed.code();
      return "rank=%d ended with exit code %d%s, expected 0%s"
          .formatted(
              failed.rank(),
              code,
              code > SIGNAL_BASE ? " (signal %d)".formatted(code - SIGNAL_BASE) : "",
              ended.isEmpty() ? "" : "; ended ranks " + ended + ", too");
    }
  }

  private final int ranks;
  private final int first;
  private final RankEnvironment environment;
  private final List<String> command;
  private final OutputStream out;
  private final OutputStream err;
  private final List<Process> processes = new ArrayList<>();
  private final List<Thread> outputs = new ArrayList<>();
  private final LinkedBlockingQueue<RankEnd> ends = new LinkedBlockingQueue<>();
  private boolean stopped;

  /**
   * A job that has not started.
   *
   * @param ranks of this host
   * @param out gets what rank 0 writes to standard output
   * @param err gets the lines of all else that ranks write
   */
  LocalJob(
      int ranks,
      RankEnvironment environment,
      List<String> command,
      OutputStream out,
      OutputStream err) {
    this.ranks = ranks;
    this.environment = environment;
    first = environment.first();
    this.command = List.copyOf(command);
    this.out = out;
    this.err = err;
  }

  /** Starts the ranks and returns when all have ended. */
  Result run() throws IOException, InterruptedException {
    Thread hook = Thread.ofPlatform().name("end-ranks").unstarted(this::stop);
    Runtime.getRuntime().addShutdownHook(hook);
    // null on hosts that do not hold it
    try (JobStore _ = environment.store()) {
      for (int rank = first; rank < first + ranks; rank++) {
        start(rank);
      }
      Result result = await();
      long deadline = System.nanoTime() + OUTPUT_GRACE.toNanos();
      for (Thread output : outputs) {
        output.join(Duration.ofNanos(Math.max(1, deadline - System.nanoTime())));
      }
      return result;
    } finally {
      stop();
      removeHook(hook);
    }
  }

  private synchronized void start(int rank) throws IOException {
    if (stopped) {
      return;
    }
    ProcessBuilder builder = new ProcessBuilder(command);
    // rank 0 alone has a standard output of its own
    builder.redirectErrorStream(rank != 0);
    environment.addTo(builder.environment(), rank);
    Process process = builder.start();
    processes.add(process);
    process.getOutputStream().close();
    process.onExit().thenAccept(ended -> ends.add(new RankEnd(rank, ended.exitValue())));
    if (rank == 0) {
      pump("rank-0-stdout", process.getInputStream(), from -> RankOutput.copy(from, out));
      pump("rank-0-stderr", process.getErrorStream(), from -> RankOutput.copyLines(0, from, err));
    } else {
      pump(
          "rank-%d-output".formatted(rank),
          process.getInputStream(),
          from -> RankOutput.copyLines(rank, from, err));
    }
  }

  /** What a thread does with what a rank writes. */
  private interface Pump {
    void copy(InputStream from) throws IOException;
  }

  private void pump(String name, InputStream from, Pump pump) {
    outputs.add(
        Thread.ofPlatform()
            .name(name)
            .daemon()
            .start(
                () -> {
                  try (from) {
                    pump.copy(from);
                  } catch (IOException e) {
                    throw new UncheckedIOException("output of a rank is lost", e);
                  }
                }));
  }

  private Result await() throws InterruptedException {
    Set<Integer> running = new TreeSet<>();
    for (int rank = first; rank < first + ranks; rank++) {
      running.add(rank);
    }
    RankEnd failed = null;
    long deadline = 0;
    while (!running.isEmpty()) {
      RankEnd end =
          failed == null
              ? ends.take()
              : ends.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
      if (end == null) {
        break;
      }
      running.remove(end.rank());
      if (end.code() != 0 && failed == null) {
        failed = end;
        deadline = System.nanoTime() + GRACE.toNanos();
      } else if (end.code() == Main.BAD_INPUT && failed.code() != Main.BAD_INPUT) {
        // bad input of one makes others fail, never the other way round; it ends when it has
        // told them, so they may be gone before it
        failed = end;
      }
    }
    // after a signal to this process, what the ranks died of is no result
    return isStopped() ? new Result(null, Set.of()) : new Result(failed, running);
  }

  private synchronized boolean isStopped() {
    return stopped;
  }

  /** Ends all ranks that are left and what they have started; starts no more. */
  private void stop() {
    List<Process> started;
    synchronized (this) {
      stopped = true;
      started = List.copyOf(processes);
    }
    Set<ProcessHandle> left = alive(started);
    left.forEach(ProcessHandle::destroy);
    waitFor(left);
    // a child whose parent heeded the signal has another parent now: it is in the first set only
    left.addAll(alive(started));
    left.forEach(ProcessHandle::destroyForcibly);
    waitFor(left);
  }

  private static Set<ProcessHandle> alive(List<Process> roots) {
    Set<ProcessHandle> alive = new LinkedHashSet<>();
    roots.stream().filter(Process::isAlive).map(Process::toHandle).forEach(alive::add);
    if (!alive.isEmpty()) {
      // parents come before their children
      ProcessHandle.current()
          .descendants()
          .filter(process -> process.parent().filter(alive::contains).isPresent())
          .forEach(alive::add);
    }
    return alive;
  }

  private static void waitFor(Set<ProcessHandle> processes) {
    long deadline = System.nanoTime() + GRACE.toNanos();
    while (processes.stream().anyMatch(Liveness::isRunning) && System.nanoTime() < deadline) {
      LockSupport.parkNanos(POLL.toNanos());
    }
  }

  private static void removeHook(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException shuttingDown) {
      // the hook is what runs; it ends with the ranks
    }
  }
}
