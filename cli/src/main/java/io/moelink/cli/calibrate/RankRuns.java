package io.moelink.cli.calibrate;

import io.moelink.bootstrap.Bootstrap;
import io.moelink.cli.Progress;
import io.moelink.kernel.MemoryKind;
import io.moelink.kernel.Region;
import io.moelink.kernel.Span;
import io.moelink.layout.InvalidInputException;
import io.moelink.layout.cost.Calibration;
import io.moelink.layout.topology.LinkKind;
import io.moelink.layout.topology.Topology;
import io.moelink.transport.Deadline;
import io.moelink.transport.Transport;
import io.moelink.transport.TransportConfig;
import io.moelink.transport.TransportProvider;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.DoubleSupplier;
import java.util.function.LongConsumer;
import tools.jackson.databind.json.JsonMapper;

/**
 * One rank's part of a calibration. Measurements take turns, round after round, so that what the
 * machine does meanwhile falls on all of them alike; medians count.
 */
final class RankRuns {
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  /** About a second: compilers want the cores for themselves at first. */
  private static final int WARM_UP_ROUNDS = 20;

  private static final int SIGNALS_OF_ROUND = 200;

  /** Bytes of one transfer: what latency hides in, and what it does not. */
  private static final long[] TRANSFERS = {1 << 16, 1 << 18, 1 << 20, 1 << 22, 1 << 23};

  private static final int PING = 0;
  private static final int PONG = 1;

  /** One bfloat16 near one in every two bytes: sums of it are ordinary numbers. */
  private static final byte ORDINARY = 0x3f;

  private final Topology topology;
  private final TransportProvider provider;
  private final Bootstrap bootstrap;
  private final int rounds;
  private final Progress progress;
  private Transport transport;
  private long signals;

  RankRuns(
      Topology topology,
      TransportProvider provider,
      Bootstrap bootstrap,
      int rounds,
      Progress progress) {
    this.topology = topology;
    this.provider = provider;
    this.bootstrap = bootstrap;
    this.rounds = rounds;
    this.progress = progress;
  }

  /** Runs all rounds; every rank gets the result. */
  Measured run() {
    if (bootstrap.size() != topology.rankCount()) {
      throw new InvalidInputException(
          "ranks: found %d, expected %d (topology %s)"
              .formatted(bootstrap.size(), topology.rankCount(), topology.name()));
    }
    TransportConfig config = new TransportConfig(bootstrap, 2, TIMEOUT, 1);
    try (Transport opened = provider.open(config);
        Arena arena = Arena.ofShared()) {
      transport = opened;
      int rank = bootstrap.rank();
      KernelRows rows = new KernelRows(topology, rank);
      Region[] inputs = shared(rows.tokenBytes(), "tokens");
      Region[] experts = shared(rows.expertBytes(), "expert rows");
      Region output = filled(rows.tokenBytes(), "sums");
      rows.bind(
          transport.kernels(),
          r -> Span.of(inputs[r]),
          r -> Span.of(experts[r]),
          Span.of(output),
          arena);
      double[][] rates = new double[4][rounds];
      double[] microseconds = new double[rounds];
      double[][] puts = new double[TRANSFERS.length][rounds];
      double[][] gets = new double[TRANSFERS.length][rounds];
      for (int i = -WARM_UP_ROUNDS; i < rounds; i++) {
        // warm-up rounds are overwritten by the first that counts
        int round = Math.max(0, i);
        rates[0][round] = rate(rows::permute, rank == 0);
        rates[1][round] = rate(rows::permute, true);
        rates[2][round] = rate(rows::reduce, rank == 0);
        rates[3][round] = rate(rows::reduce, true);
        microseconds[round] = signalMicroseconds();
        for (int t = 0; t < TRANSFERS.length; t++) {
          puts[t][round] = seconds(TRANSFERS[t], b -> transport.put(output, 0, experts[1], 0, b));
          gets[t][round] = seconds(TRANSFERS[t], b -> transport.get(experts[1], 0, output, 0, b));
        }
        if (i >= 0) {
          progress.step();
        }
      }
      Measured own =
          new Measured(
              transport.name() + " (" + transport.kernels().name() + " kernels)",
              Medians.of(rates[0]),
              Medians.of(rates[1]),
              Medians.of(rates[2]),
              Medians.of(rates[3]),
              fit(puts),
              fit(gets),
              Medians.of(microseconds));
      Measured all = together(own);
      bootstrap.barrier(TIMEOUT);
      return all;
    }
  }

  /** Memory of the same purpose of all ranks, each allocated by its own. */
  private Region[] shared(long bytes, String purpose) {
    Region own = filled(bytes, purpose);
    byte[][] keys = bootstrap.allGather(transport.export(own), TIMEOUT);
    Region[] all = new Region[keys.length];
    for (int rank = 0; rank < all.length; rank++) {
      all[rank] = rank == bootstrap.rank() ? own : transport.attach(rank, keys[rank]);
    }
    return all;
  }

  private Region filled(long bytes, String purpose) {
    long size = Math.max(bytes, TRANSFERS[TRANSFERS.length - 1]);
    Region region = transport.allocate(MemoryKind.SHARED, size, purpose);
    region.segment().fill(ORDINARY);
    return region;
  }

  /** 10^9 bytes a second of work that this rank does, or 0 while it waits for others. */
  private double rate(DoubleSupplier work, boolean mine) {
    bootstrap.barrier(TIMEOUT);
    if (!mine) {
      return 0;
    }
    long start = System.nanoTime();
    double bytes = work.getAsDouble();
    return bytes / (System.nanoTime() - start);
  }

  /** Seconds in which rank 0 moves bytes; 0 at all others. */
  private double seconds(long bytes, LongConsumer transfer) {
    bootstrap.barrier(TIMEOUT);
    if (bootstrap.rank() != 0) {
      return 0;
    }
    long start = System.nanoTime();
    transfer.accept(bytes);
    return (System.nanoTime() - start) / 1e9;
  }

  /** Half of the time in which a signal goes from rank 0 to rank 1 and another one back. */
  private double signalMicroseconds() {
    bootstrap.barrier(TIMEOUT);
    Deadline deadline = Deadline.after(TIMEOUT);
    long start = System.nanoTime();
    for (int i = 0; i < SIGNALS_OF_ROUND; i++) {
      signals++;
      if (bootstrap.rank() == 0) {
        transport.signal(1, PING, signals);
        transport.awaitSignal(PONG, signals, deadline, 1);
      } else if (bootstrap.rank() == 1) {
        transport.awaitSignal(PING, signals, deadline, 0);
        transport.signal(0, PONG, signals);
      }
    }
    return (System.nanoTime() - start) / 1e3 / SIGNALS_OF_ROUND / 2;
  }

  private double fit(double[][] seconds) {
    if (bootstrap.rank() != 0) {
      return 0;
    }
    double[] medians = new double[seconds.length];
    Arrays.setAll(medians, t -> Medians.of(seconds[t]));
    return Calibration.fit(LinkKind.SHARED, TRANSFERS, medians).gigabytesPerSecond();
  }

  /** What rank 0 found, with the rates of all ranks that worked at once added up. */
  private Measured together(Measured own) {
    double[] mine = {own.copyTogether(), own.sumTogether()};
    double[] sums = {0, 0};
    JsonMapper mapper = JsonMapper.shared();
    for (byte[] theirs : bootstrap.allGather(mapper.writeValueAsBytes(mine), TIMEOUT)) {
      double[] rates = mapper.readValue(theirs, double[].class);
      sums[0] += rates[0];
      sums[1] += rates[1];
    }
    return new Measured(
        own.transport(),
        own.copyAlone(),
        sums[0],
        own.sumAlone(),
        sums[1],
        own.putRate(),
        own.getRate(),
        own.signalMicroseconds());
  }
}
