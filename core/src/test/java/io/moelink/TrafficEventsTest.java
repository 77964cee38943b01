package io.moelink;

import static org.assertj.core.api.Assertions.assertThat;

import io.moelink.ExpertGroupConfig.Partials;
import io.moelink.kernel.ElementType;
import io.moelink.layout.dispatch.GatheredRouting;
import io.moelink.layout.dispatch.RoutingIndex;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.plan.Plan;
import io.moelink.layout.plan.PlanRequest;
import io.moelink.layout.plan.PlanTraffic;
import io.moelink.layout.routing.TopK;
import io.moelink.layout.topology.LinkKind;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bytes of partial sums in float32; events of Flight Recorder carry what the statistics count. */
class TrafficEventsTest {
  private static final long SEED = 6;
  private static final int HIDDEN = 40;

  private static Layer layer(String topology, String algorithm, Partials partials) {
    ExpertGroupConfig config =
        SmallConfig.of(topology, 16, 3)
            .hidden(HIDDEN)
            .extraPayloadBytes(5, 12)
            .partials(partials)
            .algorithm(Algorithms.named(algorithm))
            .build();
    int ranks = config.topology().rankCount();
    return new Layer(config, new RandomTopK(SEED, 16, 3).uneven(ranks, 9), SEED);
  }

  private static PlanTraffic traffic(Layer layer, Plan plan, int rank) {
    ExpertGroupConfig config = layer.config();
    List<RoutingIndex> sources =
        Arrays.stream(layer.routing())
            .map(own -> RoutingIndex.of(own, config.placement(), config.topology()))
            .toList();
    GatheredRouting routing =
        new GatheredRouting(config.topology(), config.placement(), config.topK(), sources);
    return PlanTraffic.of(plan, routing, config.output(), rank, rank + 1);
  }

  private static Map<LinkKind, Long> times(Map<LinkKind, Long> rows, long bytes) {
    Map<LinkKind, Long> result = new EnumMap<>(LinkKind.class);
    rows.forEach((kind, count) -> result.put(kind, count * bytes));
    return result;
  }

  private record Found(GroupStats dispatch, GroupStats combine, GroupStats back) {}

  private static Found stats(Layer layer, ExpertGroup group) {
    TopK own = layer.routing()[group.rank()];
    TokenBuffer x = layer.input(group);
    List<TokenBuffer> payloads =
        List.of(x, group.allocatePayload(1, own.tokens()), group.allocatePayload(2, own.tokens()));
    TokenBuffer out = layer.output(group);
    Dispatched d = group.dispatchAsync(payloads, own, List.of()).await();
    GroupStats afterDispatch = group.stats();
    group.combine(d.handle(), d.rows(), out);
    GroupStats afterCombine = group.stats();
    group.combineBackward(d.handle(), x, d.rows());
    return new Found(
        afterDispatch, afterCombine.minus(afterDispatch), group.stats().minus(afterCombine));
  }

  @ParameterizedTest
  @CsvSource({
    "ubbv2-2node, hierarchical, ROW_TYPE",
    "ubbv2-2node, hierarchical, FLOAT32",
    "ubbv2-2node+port10, relay, FLOAT32",
    "nvlink-2x8, allgather, ROW_TYPE",
    "flat-3, direct, FLOAT32"
  })
  void bytesByLinkAreThoseOfThePlan(String topology, String algorithm, Partials partials)
      throws Exception {
    Layer layer = layer(topology, algorithm, partials);
    ExpertGroupConfig config = layer.config();
    PlanRequest request =
        PlanRequest.of(config.topology()).withRowPartials(partials == Partials.ROW_TYPE);
    Plan dispatch = config.algorithm().dispatch(request);
    Plan combine = config.algorithm().combine(request);
    Plan scalars = Algorithms.scalars(request);
    List<Found> found = Ranks.run(config, group -> stats(layer, group));
    long rowBytes = HIDDEN * 2L;
    for (int rank = 0; rank < found.size(); rank++) {
      PlanTraffic sent = traffic(layer, dispatch, rank);
      assertThat(found.get(rank).dispatch().bytesByLink())
          .as(layer.at(rank, "dispatch"))
          .isEqualTo(times(sent.rowsByLink(), rowBytes + 5 + 12));
      PlanTraffic back = traffic(layer, combine, rank);
      Map<LinkKind, Long> expected = times(back.rowsByLink(), rowBytes);
      if (partials == Partials.FLOAT32) {
        times(back.partialsByLink(), rowBytes)
            .forEach((kind, more) -> expected.merge(kind, more, Long::sum));
      }
      Map<LinkKind, Long> combined = new EnumMap<>(found.get(rank).combine().bytesByLink());
      assertThat(withoutZeros(combined))
          .as(layer.at(rank, "combine"))
          .isEqualTo(withoutZeros(expected));
      Map<LinkKind, Long> gradients = times(sent.rowsByLink(), rowBytes);
      times(traffic(layer, scalars, rank).rowsByLink(), Float.BYTES)
          .forEach((kind, more) -> gradients.merge(kind, more, Long::sum));
      assertThat(withoutZeros(found.get(rank).back().bytesByLink()))
          .as(layer.at(rank, "combineBackward"))
          .isEqualTo(withoutZeros(gradients));
    }
  }

  private static Map<LinkKind, Long> withoutZeros(Map<LinkKind, Long> bytes) {
    Map<LinkKind, Long> copy = new EnumMap<>(LinkKind.class);
    bytes.forEach((kind, count) -> copy.put(kind, count));
    copy.values().removeIf(count -> count == 0);
    return copy;
  }

  @Test
  void float32PartialsOfHalfPrecisionRowsAreTwiceTheBytesOnTheWay() throws Exception {
    Found half =
        Ranks.run(
                layer("ubbv2-2node", "hierarchical", Partials.ROW_TYPE).config(),
                group -> stats(layer("ubbv2-2node", "hierarchical", Partials.ROW_TYPE), group))
            .getFirst();
    Found full =
        Ranks.run(
                layer("ubbv2-2node", "hierarchical", Partials.FLOAT32).config(),
                group -> stats(layer("ubbv2-2node", "hierarchical", Partials.FLOAT32), group))
            .getFirst();
    for (LinkKind kind : List.of(LinkKind.P2P, LinkKind.BLINK, LinkKind.RDMA)) {
      assertThat(half.combine().bytesByLink().get(kind)).isPositive();
      assertThat(full.combine().bytesByLink().get(kind))
          .isEqualTo(2 * half.combine().bytesByLink().get(kind));
    }
  }

  @Test
  void timesAreCountedByStepAndWaitsByRank() throws Exception {
    Layer layer = layer("ubbv2-1node", "hierarchical", Partials.ROW_TYPE);
    List<GroupStats> stats =
        Ranks.run(
            layer.config(),
            group -> {
              if (group.rank() == 2) {
                Thread.sleep(300);
              }
              stats(layer, group);
              return group.stats();
            });
    for (int rank = 0; rank < 8; rank++) {
      assertThat(stats.get(rank).nanosByStep()).containsKeys("Permute", "Reduce");
      assertThat(stats.get(rank).nanosByStep().values()).allMatch(nanos -> nanos > 0);
      long[] waited = stats.get(rank).waitedNanosByRank();
      assertThat(waited).hasSize(8);
      if (rank != 2) {
        assertThat(waited[2]).as("rank %d for rank 2", rank).isGreaterThan(100_000_000L);
      }
    }
  }

  @Test
  void flightRecorderGetsTheSame(@TempDir Path folder) throws Exception {
    Layer layer = layer("ubbv2-2node", "hierarchical", Partials.FLOAT32);
    Path file = folder.resolve("moelink.jfr");
    List<Found> found;
    try (Recording recording = new Recording()) {
      for (String name : List.of("Dispatch", "Combine", "Step", "Wait")) {
        recording.enable("moelink." + name).withoutThreshold().withoutStackTrace();
      }
      recording.start();
      found = Ranks.run(layer.config(), group -> stats(layer, group));
      recording.stop();
      recording.dump(file);
    }
    List<RecordedEvent> events = RecordingFile.readAllEvents(file);
    for (int rank = 0; rank < 16; rank++) {
      Found stats = found.get(rank);
      check(layer, rank, events, "moelink.Dispatch", "dispatch", stats.dispatch());
      check(layer, rank, events, "moelink.Combine", "combine", stats.combine());
      check(layer, rank, events, "moelink.Dispatch", "combineBackward", stats.back());
      checkSteps(layer, rank, events);
    }
    assertThat(of(events, "moelink.Wait", -1))
        .isNotEmpty()
        .allSatisfy(
            event -> {
              assertThat(event.getString("operation"))
                  .isIn("routing", "dispatch", "combine", "combineBackward");
              assertThat(event.getInt("rank")).isBetween(0, 15);
              assertThat(event.getInt("waitedForRank")).isBetween(0, 15);
              assertThat(event.getDuration().toNanos()).isPositive();
            });
  }

  private static List<RecordedEvent> of(List<RecordedEvent> events, String type, int rank) {
    return events.stream()
        .filter(event -> event.getEventType().getName().equals(type))
        .filter(event -> rank < 0 || event.getInt("rank") == rank)
        .toList();
  }

  private static void check(
      Layer layer,
      int rank,
      List<RecordedEvent> events,
      String type,
      String operation,
      GroupStats stats) {
    List<RecordedEvent> found =
        of(events, type, rank).stream()
            .filter(event -> event.getString("operation").equals(operation))
            .toList();
    assertThat(found).as(layer.at(rank, operation)).hasSize(1);
    RecordedEvent event = found.getFirst();
    assertThat(event.getString("algorithm")).isEqualTo("hierarchical");
    assertThat(event.getInt("tokens")).isEqualTo(layer.routing()[rank].tokens());
    assertThat(event.getInt("rows")).isEqualTo(layer.rowCount(rank));
    assertThat(event.getDuration().toNanos()).isPositive();
    for (LinkKind kind : LinkKind.values()) {
      assertThat(event.getLong(kind.name().toLowerCase(Locale.ROOT)))
          .as(layer.at(rank, operation + ", " + kind))
          .isEqualTo(stats.bytesByLink().getOrDefault(kind, 0L));
    }
  }

  private static void checkSteps(Layer layer, int rank, List<RecordedEvent> events) {
    Plan plan = layer.config().algorithm().dispatch(PlanRequest.of(layer.config().topology()));
    List<RecordedEvent> steps =
        of(events, "moelink.Step", rank).stream()
            .filter(event -> event.getString("operation").equals("dispatch"))
            .toList();
    assertThat(steps).as(layer.at(rank, "steps")).hasSize(plan.steps(rank).size());
    long placed = 0;
    for (RecordedEvent step : steps) {
      if (step.getString("step").equals("Permute")) {
        assertThat(step.getString("buffer")).isEqualTo("expert@" + rank);
        placed += step.getLong("bytes");
      }
    }
    long rowBytes = HIDDEN * (long) ElementType.BF16.bytes() + 5 + 12;
    assertThat(placed).isEqualTo(layer.rowCount(rank) * rowBytes);
  }
}
