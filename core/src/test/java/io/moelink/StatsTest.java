package io.moelink;

import static org.assertj.core.api.Assertions.assertThat;

import io.moelink.layout.dispatch.GatheredRouting;
import io.moelink.layout.dispatch.OutputShape;
import io.moelink.layout.dispatch.RoutingIndex;
import io.moelink.layout.dispatch.SourceRouting;
import io.moelink.layout.plan.Algorithms;
import io.moelink.layout.plan.Plan;
import io.moelink.layout.plan.PlanRequest;
import io.moelink.layout.plan.PlanTraffic;
import io.moelink.layout.routing.TopK;
import io.moelink.layout.topology.LinkKind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a group says that it did. */
class StatsTest {
  @ParameterizedTest
  @CsvSource({
    "flat-3, direct",
    "ubbv2-2node, direct",
    "ubbv2-2node, hierarchical",
    "ubbv2-2node+port10, hierarchical",
    "ubbv2-2node, allgather",
    "pcie-8gpu, relay"
  })
  void bytesAreThoseOfThePlans(String preset, String algorithm) throws Exception {
    ExpertGroupConfig config = Samples.config(preset, algorithm).extraPayloadBytes(5).build();
    TopK[] routing = Samples.routing(config, Samples.SEED, 20);
    PlanRequest request = PlanRequest.of(config.topology()).withStaging(config.staging());
    Plan dispatch = config.algorithm().dispatch(request);
    Plan combine = config.algorithm().combine(request);
    Plan scalars = Algorithms.scalars(request);
    GatheredRouting gathered = gathered(config, routing);
    Ranks.run(
        config,
        group -> {
          int rank = group.rank();
          TopK own = routing[rank];
          List<TokenBuffer> x =
              List.of(Samples.input(group, own.tokens()), group.allocatePayload(1, own.tokens()));
          Dispatched d = group.dispatchAsync(x, own, List.of()).await();
          Map<LinkKind, Long> expected = new EnumMap<>(LinkKind.class);
          add(expected, dispatch, gathered, rank, 64 + 5);
          assertThat(group.stats().bytesByLink()).isEqualTo(expected);
          GroupStats before = group.stats();
          group.combine(d.handle(), d.rows(), x.getFirst());
          Map<LinkKind, Long> ofCombine = new EnumMap<>(LinkKind.class);
          add(ofCombine, combine, gathered, rank, 64);
          Map<LinkKind, Long> found = new EnumMap<>(group.stats().minus(before).bytesByLink());
          found.values().removeIf(bytes -> bytes == 0);
          ofCombine.values().removeIf(bytes -> bytes == 0);
          assertThat(found).isEqualTo(ofCombine);
          add(expected, combine, gathered, rank, 64);
          group.combineBackward(d.handle(), x.getFirst(), d.rows());
          add(expected, dispatch, gathered, rank, 64);
          add(expected, scalars, gathered, rank, Float.BYTES);
          assertThat(group.stats().bytesByLink()).isEqualTo(expected);
          assertThat(group.stats().nanosByStep()).containsKeys(kinds(dispatch, combine, rank));
          assertThat(group.stats().waitedNanosByRank()).hasSize(routing.length);
          return null;
        });
  }

  private static String[] kinds(Plan dispatch, Plan combine, int rank) {
    return Stream.concat(dispatch.steps(rank).stream(), combine.steps(rank).stream())
        .map(step -> step.getClass().getSimpleName())
        .distinct()
        .toArray(String[]::new);
  }

  private static GatheredRouting gathered(ExpertGroupConfig config, TopK[] routing) {
    List<SourceRouting> sources = new ArrayList<>();
    for (TopK rank : routing) {
      sources.add(RoutingIndex.of(rank, config.placement(), config.topology()));
    }
    return new GatheredRouting(config.topology(), config.placement(), config.topK(), sources);
  }

  private static void add(
      Map<LinkKind, Long> sum, Plan plan, GatheredRouting routing, int rank, long rowBytes) {
    PlanTraffic.of(plan, routing, OutputShape.CANONICAL, rank, rank + 1)
        .rowsByLink()
        .forEach((kind, rows) -> sum.merge(kind, rows * rowBytes, Long::sum));
  }

  @Test
  void flightRecorderSeesDispatchCombineStepsAndWaits(@TempDir Path folder) throws Exception {
    ExpertGroupConfig config = Samples.config("ubbv2-1node", "hierarchical").build();
    TopK[] routing = Samples.routing(config, Samples.SEED, 20);
    List<RecordedEvent> events;
    List<Integer> rows;
    try (Recording recording = new Recording()) {
      for (String name : List.of("Dispatch", "Combine", "Step", "Wait")) {
        recording.enable("moelink." + name).withoutThreshold();
      }
      recording.start();
      rows =
          Ranks.run(
              config,
              group -> {
                TopK own = routing[group.rank()];
                TokenBuffer x = Samples.input(group, own.tokens());
                Dispatched d = group.dispatch(x, own);
                if (group.rank() == 0) {
                  Thread.sleep(50);
                }
                group.combine(d.handle(), d.rows(), x);
                return d.handle().rowCount();
              });
      recording.stop();
      Path file = folder.resolve("events.jfr");
      recording.dump(file);
      assertThat(Files.size(file)).isPositive();
      events = RecordingFile.readAllEvents(file);
    }
    for (String name : List.of("moelink.Dispatch", "moelink.Combine")) {

      List<RecordedEvent> calls = named(events, name);
      assertThat(calls).hasSize(8);
      for (RecordedEvent call : calls) {
        int rank = call.getInt("rank");
        assertThat(call.getInt("tokens")).isEqualTo(routing[rank].tokens());
        assertThat(call.getInt("rows")).isEqualTo(rows.get(rank));
      }
    }
    assertThat(named(events, "moelink.Step"))
        .extracting(event -> event.getString("operation") + " " + event.getString("step"))
        .contains("dispatch Permute", "combine Reduce");
    assertThat(named(events, "moelink.Wait"))
        .anyMatch(
            event ->
                event.getString("operation").equals("combine")
                    && event.getInt("waitedForRank") == 0
                    && event.getInt("rank") != 0);
  }

  private static List<RecordedEvent> named(List<RecordedEvent> events, String name) {
    return events.stream().filter(event -> event.getEventType().getName().equals(name)).toList();
  }
}
