package io.moelink.bench.rank;

import io.moelink.bench.job.Job;
import io.moelink.bench.job.JobFile;
import io.moelink.bench.job.RankHashes;
import io.moelink.bootstrap.Bootstrap;
import io.moelink.bootstrap.Bootstraps;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.lang.management.ManagementFactory;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A process of moelink ranks: one if the environment names it, else all of them as threads. Each
 * rank obeys the harness over a socket of its own ({@code control.h} has the commands), sleeps
 * between them, and ends with the socket.
 */
public final class RankServer {
  private RankServer() {}

  /** See {@link RankOptions}. */
  public static void main(String[] words) throws IOException, InterruptedException {
    RankOptions options = RankOptions.of(words);
    Job job = JobFile.read(options.job());
    List<Bootstrap> bootstraps =
        System.getenv("RANK") == null
            ? Bootstraps.inJvm(job.ranks())
            : List.of(Bootstraps.fromEnvironment());
    List<Thread> threads = new ArrayList<>();
    for (Bootstrap bootstrap : bootstraps) {
      threads.add(
          Thread.ofPlatform()
              .name("rank-" + bootstrap.rank())
              .start(() -> serve(job, options, bootstrap)));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    System.exit(0);
  }

  private static void serve(Job job, RankOptions options, Bootstrap bootstrap) {
    try (bootstrap;
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(options.socket()));
      RoundBarrier barrier = new RoundBarrier(options.barrier(), job.ranks());
      try (MoelinkRank rank = new MoelinkRank(job, options, bootstrap, barrier)) {
        obey(rank, options.transport(), channel);
      }
    } catch (IOException | RuntimeException e) {
      // one rank alone is of no use, and its thread would leave the others waiting
      System.err.println("moelink bench: rank " + bootstrap.rank() + ": " + e.getMessage());
      Runtime.getRuntime().halt(1);
    }
  }

  private static void obey(MoelinkRank rank, String transport, SocketChannel channel)
      throws IOException {
    BufferedReader commands =
        new BufferedReader(Channels.newReader(channel, StandardCharsets.US_ASCII));
    Writer answers = Channels.newWriter(channel, StandardCharsets.US_ASCII);
    answers.write("hello moelink-" + transport + " " + rank.rank() + "\n");
    answers.flush();
    for (String command = commands.readLine(); command != null; command = commands.readLine()) {
      answers.write(answer(rank, command) + "\n");
      answers.flush();
    }
  }

  private static String answer(MoelinkRank rank, String command) {
    if (command.equals("check")) {
      RankHashes hashes = rank.hashes();
      return String.format(
          Locale.ROOT,
          "hashes %d:%016x:%016x",
          rank.rank(),
          hashes.dispatched(),
          hashes.combined());
    }
    if (command.equals("compiled")) {
      return "compiled " + ManagementFactory.getCompilationMXBean().getTotalCompilationTime();
    }
    if (command.startsWith("rounds ")) {
      StringBuilder times = new StringBuilder("times");
      for (long time : rank.rounds(Integer.parseInt(command.substring("rounds ".length())))) {
        times.append(' ').append(time);
      }
      return times.toString();
    }
    throw new IllegalStateException("no command: " + command);
  }
}
