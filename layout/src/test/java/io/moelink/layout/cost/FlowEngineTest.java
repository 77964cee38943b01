package io.moelink.layout.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.moelink.layout.topology.Link;
import io.moelink.layout.topology.LinkKind;
import io.moelink.layout.topology.Topologies;
import io.moelink.layout.topology.Topology;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** Simple cases whose times can be worked out by hand. */
class FlowEngineTest {
  private static final Offset<Double> EXACT = within(1e-9);
  private static final double MB = 1e6;

  private final FabricMap flat = new FabricMap(with("flat-5", new Link(LinkKind.SHARED, 10, 0)));
  private final TaskGraph.Builder tasks = new TaskGraph.Builder(flat::paths);

  private static Topology with(String preset, Link link) {
    return Topologies.named(preset).withLinks(Map.of(link.kind(), link));
  }

  private int move(int from, int to, double megabytes, int... after) {
    int done = tasks.event();
    tasks.task(done);
    tasks.flow(flat.transfer(from, to), megabytes * MB);
    for (int event : after) {
      tasks.reads(event);
    }
    return done;
  }

  private FlowEngine run() {
    FlowEngine engine = new FlowEngine(tasks.build());
    engine.run();
    return engine;
  }

  /** Of the flow that held up the first task. */
  private static int path(FlowEngine engine) {
    return engine.graph().flowPath[engine.boundFlow[0]];
  }

  @Test
  void oneTransferTakesSizeOverRate() {
    move(0, 1, 20);

    assertThat(run().end[0]).isCloseTo(2e-3, EXACT);
  }

  @Test
  void latencyComesFirst() {
    FabricMap map = new FabricMap(with("flat-2", new Link(LinkKind.SHARED, 10, 7)));
    TaskGraph.Builder builder = new TaskGraph.Builder(map::paths);
    builder.task(TaskGraph.NONE);
    builder.flow(map.transfer(0, 1), 20 * MB);

    assertThat(new FlowEngine(builder.build()).run()).isCloseTo(2e-3 + 7e-6, EXACT);
  }

  @Test
  void twoIntoOnePortShareIt() {
    move(0, 2, 10);
    move(1, 2, 30);

    FlowEngine engine = run();

    // 5 GB/s each until the first has its 10 MB; the second then has 10 for its last 20 MB
    assertThat(engine.end[0]).isCloseTo(2e-3, EXACT);
    assertThat(engine.end[1]).isCloseTo(4e-3, EXACT);
  }

  @Test
  void oppositeDirectionsDoNotShare() {
    move(0, 1, 10);
    move(1, 0, 10);

    FlowEngine engine = run();

    assertThat(engine.end).containsExactly(new double[] {1e-3, 1e-3}, EXACT);
  }

  @Test
  void whatABusySenderLeavesAReceiverGetsFromOthers() {
    // rank 1 sends to three ranks, 3.33 GB/s each; rank 2 takes the other 6.67 from rank 0
    move(0, 2, 20);
    move(1, 2, 10);
    move(1, 3, 10);
    move(1, 4, 10);

    assertThat(run().end).containsExactly(new double[] {3e-3, 3e-3, 3e-3, 3e-3}, EXACT);
  }

  @Test
  void stepsBetweenTheSameRanksTakeTurnsInOrder() {
    move(0, 1, 10);
    move(0, 1, 20);

    assertThat(run().end).containsExactly(new double[] {1e-3, 3e-3}, EXACT);
  }

  @Test
  void aStepWaitsForWhatItReads() {
    int first = move(0, 1, 10);
    int second = move(2, 3, 20);
    move(1, 4, 10, first, second);

    FlowEngine engine = run();

    assertThat(engine.ready[2]).isCloseTo(2e-3, EXACT);
    assertThat(engine.end[2]).isCloseTo(3e-3, EXACT);
    assertThat(engine.cause).containsExactly(TaskGraph.NONE, TaskGraph.NONE, 1);
  }

  @Test
  void aStepEndsWithTheLastOfItsFlows() {
    tasks.task(TaskGraph.NONE);
    tasks.flow(flat.transfer(0, 1), 10 * MB);
    tasks.flow(flat.engine(1), 30 * MB);

    FlowEngine engine = run();

    assertThat(engine.end[0]).isCloseTo(3e-3, EXACT);
    assertThat(path(engine)).isEqualTo(flat.engine(1));
  }

  @Test
  void aWayOfSeveralLinksIsAsFastAsItsSlowestAndHoldsThemAll() {
    Topology topology = Topologies.named("ubbv2-2node");
    FabricMap map = new FabricMap(topology);
    TaskGraph.Builder builder = new TaskGraph.Builder(map::paths);
    // 12 -> 13 -> 8 -> 0: P2P 20, BLINK 50, RDMA 13 GB/s; 2 + 2 + 5 us
    assertThat(topology.route(12, 0)).containsExactly(13, 8, 0);
    builder.task(TaskGraph.NONE);
    builder.flow(map.transfer(12, 0), 13 * MB);
    FlowEngine engine = new FlowEngine(builder.build());

    assertThat(engine.run()).isCloseTo(1e-3 + 9e-6, EXACT);
    assertThat(map.paths().resources())
        .extracting(Resource::kind)
        .containsOnly(LinkKind.P2P, LinkKind.BLINK, LinkKind.RDMA);
  }

  /** Packing at 10 GB/s, a wire of 5 GB/s: only the first chunk's packing shows. */
  @Test
  void chunksHidePackingBehindASlowWire() {
    FabricMap map = new FabricMap(with("flat-2", new Link(LinkKind.SHARED, 5, 10)));
    TaskGraph.Builder builder = new TaskGraph.Builder(map::paths);
    builder.push(TaskGraph.NONE, map.engine(0), map.transfer(0, 1), 10, MB, 2);
    FlowEngine engine = new FlowEngine(builder.build());

    assertThat(engine.run()).isCloseTo(0.2e-3 + 10e-6 + 2e-3, EXACT);
    assertThat(path(engine)).isEqualTo(map.transfer(0, 1));
  }

  /** Packing at 10 GB/s, a wire of 20 GB/s: only the last chunk's sending shows. */
  @Test
  void chunksHideSendingBehindSlowPacking() {
    FabricMap map = new FabricMap(with("flat-2", new Link(LinkKind.SHARED, 20, 10)));
    TaskGraph.Builder builder = new TaskGraph.Builder(map::paths);
    builder.push(TaskGraph.NONE, map.engine(0), map.transfer(0, 1), 9, MB, 2);
    FlowEngine engine = new FlowEngine(builder.build());

    // 5 chunks, the last of one row
    assertThat(engine.run()).isCloseTo(0.9e-3 + 10e-6 + 0.05e-3, EXACT);
    assertThat(path(engine)).isEqualTo(map.engine(0));
  }

  /** Two places: a third chunk is packed when the first has arrived, so latency shows. */
  @Test
  void smallChunksWaitForAPlace() {
    FabricMap map = new FabricMap(with("flat-2", new Link(LinkKind.SHARED, 10, 1000)));
    TaskGraph.Builder builder = new TaskGraph.Builder(map::paths);
    builder.push(TaskGraph.NONE, map.engine(0), map.transfer(0, 1), 4, MB, 1);

    // pack 0.1, wait 1, send 0.1 ms: chunk 0 has arrived at 1.2, chunk 1 at 1.3, then again
    assertThat(new FlowEngine(builder.build()).run()).isCloseTo(2.5e-3, EXACT);
  }

  @Test
  void oneChunkIsPackedThenSent() {
    FabricMap map = new FabricMap(with("flat-2", new Link(LinkKind.SHARED, 5, 10)));
    TaskGraph.Builder builder = new TaskGraph.Builder(map::paths);
    int whole = Integer.MAX_VALUE;
    builder.push(TaskGraph.NONE, map.engine(0), map.transfer(0, 1), 10, MB, whole);

    assertThat(new FlowEngine(builder.build()).run()).isCloseTo(1e-3 + 10e-6 + 2e-3, EXACT);
  }

  @Test
  void tasksWithoutFlowsEndAtOnce() {
    int first = move(0, 1, 10);
    int event = tasks.event();
    tasks.task(event);
    tasks.reads(first);
    move(1, 2, 10, event);

    assertThat(run().end).containsExactly(new double[] {1e-3, 1e-3, 2e-3}, EXACT);
  }

  @Test
  void tasksThatWaitForOneAnotherAreFound() {
    int one = tasks.event();
    int two = tasks.event();
    tasks.task(one);
    tasks.reads(two);
    tasks.task(two);
    tasks.reads(one);

    assertThatThrownBy(this::run)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("2 tasks never started: they wait for one another");
  }
}
