package io.moelink.bench.compare;

import io.moelink.bench.job.Job;
import io.moelink.bench.job.JobFile;
import io.moelink.bench.job.RankHashes;
import io.moelink.transport.Deadline;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;

/** A contestant whose processes run and wait for commands. Used by one thread. */
final class Running implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(120);

  /** What a process of its own takes more, where cores are few. */
  private static final Duration START_OF_RANK = Duration.ofSeconds(2);

  private static final Duration ANSWER = Duration.ofSeconds(120);
  private static final Duration POLL = Duration.ofMillis(2);

  private final String name;
  private final boolean compiles;
  private final TempFolder folder;
  private final Processes processes;
  private final List<Connection> connections = new ArrayList<>();

  private Running(Contestant contestant, TempFolder folder, Processes processes) {
    name = contestant.name();
    compiles = contestant.compiles();
    this.folder = folder;
    this.processes = processes;
  }

  /** Starts the processes and returns when all have said hello. */
  static Running start(Contestant contestant, Job job) throws IOException {
    TempFolder folder = TempFolder.make();
    try {
      Path file = folder.file("job");
      JobFile.write(job, file);
      Workplace place = new Workplace(folder.file("socket"), file, folder.file("barrier"));
      try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
        server.bind(UnixDomainSocketAddress.of(place.socket()), 1024);
        server.configureBlocking(false);
        Contestant.Start start = contestant.start(job, place);
        Processes processes = new Processes(start, folder.file("output"));
        Running running = new Running(contestant, folder, processes);
        try {
          running.accept(server, start.connections());
          return running;
        } catch (IOException | RuntimeException e) {
          running.close();
          throw e;
        }
      }
    } catch (IOException | RuntimeException e) {
      folder.close();
      throw e;
    }
  }

  private void accept(ServerSocketChannel server, int count) throws IOException {
    Deadline deadline = Deadline.after(START.plus(START_OF_RANK.multipliedBy(count)));
    while (connections.size() < count) {
      SocketChannel channel = server.accept();
      if (channel != null) {
        connections.add(new Connection(channel));
      } else if (!processes.allRun() || deadline.passed()) {
        throw failure("%d of %d ranks came %s".formatted(connections.size(), count, end(deadline)));
      } else {
        LockSupport.parkNanos(POLL.toNanos());
      }
    }
    int ready = 0;
    for (Connection connection : connections) {
      String found = "%d of %d ranks were ready".formatted(ready++, count);
      receive(connection, "hello", deadline, found);
    }
  }

  String name() {
    return name;
  }

  /** Runs rounds; their times by number. */
  List<Round> rounds(int count) throws IOException {
    List<long[]> byRank = new ArrayList<>();
    for (String answer : ask("rounds " + count, "times")) {
      String[] words = answer.split(" ");
      long[] times = new long[words.length];
      for (int i = 0; i < times.length; i++) {
        times[i] = Long.parseLong(words[i]);
      }
      if (times.length != 4 * count) {
        throw failure("found %d times, expected %d".formatted(times.length, 4 * count));
      }
      byRank.add(times);
    }
    List<Round> rounds = new ArrayList<>();
    for (int round = 0; round < count; round++) {
      rounds.add(Round.of(byRank, 4 * round));
    }
    return rounds;
  }

  /** Hashes of what the last round moved, by rank. */
  List<RankHashes> hashes() throws IOException {
    TreeMap<Integer, RankHashes> byRank = new TreeMap<>();
    for (String answer : ask("check", "hashes")) {
      for (String rank : answer.split(" ")) {
        String[] parts = rank.split(":");
        byRank.put(
            Integer.parseInt(parts[0]),
            new RankHashes(
                Long.parseUnsignedLong(parts[1], 16), Long.parseUnsignedLong(parts[2], 16)));
      }
    }
    return List.copyOf(byRank.values());
  }

  /** Milliseconds that its processes have spent compiling themselves so far: the most of one. */
  long compiledMillis() throws IOException {
    if (!compiles) {
      return 0;
    }
    return ask("compiled", "compiled").stream().mapToLong(Long::parseLong).max().orElse(0);
  }

  /** Nanoseconds of a cache line's way between two cores and back. */
  double probe() throws IOException {
    return Double.parseDouble(ask("probe", "probe").getFirst());
  }

  private List<String> ask(String command, String expected) throws IOException {
    for (Connection connection : connections) {
      connection.send(command);
    }
    Deadline deadline = Deadline.after(ANSWER);
    List<String> answers = new ArrayList<>();
    for (Connection connection : connections) {
      answers.add(receive(connection, expected, deadline, "no answer to \"" + command + "\""));
    }
    return answers;
  }

  /** The words after the expected one; {@code lack} says what it is when there is no line. */
  private String receive(Connection connection, String expected, Deadline deadline, String lack)
      throws IOException {
    String line =
        connection.receive(deadline).orElseThrow(() -> failure(lack + " " + end(deadline)));
    if (!line.startsWith(expected + " ")) {
      throw failure("found answer \"%s\", expected %s".formatted(line, expected));
    }
    return line.substring(expected.length() + 1);
  }

  /** How a wait ended without a line. */
  private static String end(Deadline deadline) {
    return deadline.passed() ? "within " + deadline : "when a process ended";
  }

  private IllegalStateException failure(String what) {
    String words;
    try {
      // a process that closed its socket may not have ended yet
      processes.awaitEnd();
      words = processes.lastWords();
    } catch (IOException e) {
      words = "its output cannot be read: " + e.getMessage();
    }
    return new IllegalStateException(name + ": " + what + "; " + words);
  }

  @Override
  public void close() throws IOException {
    try (folder;
        processes) {
      for (Connection connection : connections) {
        connection.close();
      }
    }
  }
}
