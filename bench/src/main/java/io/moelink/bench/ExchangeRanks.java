package io.moelink.bench;

import io.moelink.ExpertGroup;
import io.moelink.ExpertGroupConfig;
import io.moelink.Handle;
import io.moelink.MoelinkException;
import io.moelink.TokenBuffer;
import io.moelink.bootstrap.Bootstrap;
import io.moelink.bootstrap.Bootstraps;
import io.moelink.kernel.ElementType;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.routing.RoutingGenerator;
import io.moelink.layout.routing.RoutingSpec;
import io.moelink.layout.routing.TopK;
import io.moelink.layout.topology.Topologies;
import io.moelink.transport.TransportException;
import io.moelink.transport.Transports;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The ranks of an {@link ExchangeBenchmark}: the first is the benchmark's, and every other one has
 * a thread that makes the same call again and again until the group ends.
 */
final class ExchangeRanks {
  /** What all ranks do again and again. */
  interface Call {
    void of(Rank rank);
  }

  /**
   * A rank, ready for calls.
   *
   * @param handle of the routing, dispatched
   */
  record Rank(
      ExpertGroup group,
      TopK topK,
      List<TokenBuffer> inputs,
      List<TokenBuffer> rows,
      TokenBuffer out,
      Handle handle) {}

  private final List<Thread> others = new ArrayList<>();
  private final Rank first;

  ExchangeRanks(ExchangeBenchmark of, Call call) {
    TopK[] routing = routing(of);
    ExpertGroupConfig config =
        ExpertGroupConfig.builder()
            .topology(Topologies.named("flat-" + of.ranks))
            .experts(of.experts)
            .topK(of.topK)
            .hidden(of.hidden)
            .elementType(ElementType.valueOf(of.type))
            .tokensPerRankMax(of.tokens)
            .algorithm(Algorithms.named(of.algorithm))
            .build();
    List<Bootstrap> bootstraps = Bootstraps.inJvm(of.ranks);
    for (int rank = 1; rank < of.ranks; rank++) {
      Bootstrap bootstrap = bootstraps.get(rank);
      TopK own = routing[rank];
      others.add(Thread.ofPlatform().start(() -> repeat(config, bootstrap, own, call)));
    }
    first = open(config, bootstraps.getFirst(), routing[0]);
  }

  private static TopK[] routing(ExchangeBenchmark of) {
    int[] tokens = new int[of.ranks];
    Arrays.fill(tokens, of.tokens);
    RoutingSpec spec = RoutingSpec.parse(of.routing);
    return new RoutingGenerator(spec, 1, of.experts, of.topK, 1).topK(tokens);
  }

  private static Rank open(ExpertGroupConfig config, Bootstrap bootstrap, TopK topK) {
    ExpertGroup group = ExpertGroup.open(config, bootstrap, Transports.named("loopback"));
    List<TokenBuffer> inputs = List.of(group.allocateTokens(topK.tokens()));
    inputs.getFirst().segment().fill((byte) 0x3f);
    Handle handle = group.plan(topK);
    List<TokenBuffer> rows = List.of(group.allocateTokens(handle.rowCount()));
    group.dispatch(handle, inputs, rows);
    TokenBuffer out = group.allocateTokens(topK.tokens());
    return new Rank(group, topK, inputs, rows, out, handle);
  }

  private static void repeat(ExpertGroupConfig config, Bootstrap at, TopK topK, Call call) {
    Rank rank = open(config, at, topK);
    try {
      while (true) {
        call.of(rank);
      }
    } catch (TransportException | MoelinkException e) {
      // the first rank has ended the group: that is how this thread ends
      rank.group().close();
    }
  }

  Rank first() {
    return first;
  }

  /** Ends the group: calls of the other ranks, which wait for the first, fail. */
  void close() throws InterruptedException {
    first.group().abort("the benchmark is over");
    for (Thread other : others) {
      other.join();
    }
    first.group().close();
  }
}
