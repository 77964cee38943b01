package io.moelink.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;

import io.moelink.bench.job.Job;
import io.moelink.bench.job.Reference;
import io.moelink.layout.routing.RoutingGenerator;
import io.moelink.layout.routing.RoutingSpec;
import io.moelink.layout.routing.TopK;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every contestant that is installed moves a small job's rows to the bits of the definition. */
class ContestantsTest {
  private static final Path HOME = Path.of("..").toAbsolutePath().normalize();
  private static final Programs PROGRAMS = new Programs(HOME);

  @TestFactory
  Stream<DynamicTest> newRoutingInEveryRound() {
    return tests(false);
  }

  @TestFactory
  Stream<DynamicTest> knownRouting() {
    return tests(true);
  }

  private static Stream<DynamicTest> tests(boolean knownRouting) {
    return Contestants.all(PROGRAMS, "direct", knownRouting).stream()
        .map(contestant -> DynamicTest.dynamicTest(contestant.name(), () -> verify(contestant)));
  }

  private static void verify(Contestant contestant) throws IOException {
    Optional<String> missing = contestant.missing();
    Assumptions.assumeTrue(
        missing.isEmpty(), () -> contestant.name() + " is not compared: " + missing.get());
    contestant.prepare();
    for (Job job : List.of(uniform(), unevenWithEmptySlots())) {
      try (Running running = Running.start(contestant, job)) {
        assertThat(running.rounds(2)).hasSize(2);
        assertThat(running.hashes()).isEqualTo(Reference.of(job));
      }
    }
  }

  private static Job uniform() {
    TopK[] routing =
        new RoutingGenerator(RoutingSpec.UNIFORM, 3, 12, 3, 1).topK(new int[] {40, 40});
    return Job.of(routing, 96);
  }

  /** Three ranks of other sizes; some tokens go nowhere, some experts get nothing. */
  private static Job unevenWithEmptySlots() {
    TopK[] routing =
        new RoutingGenerator(RoutingSpec.UNIFORM, 5, 10, 4, 1).topK(new int[] {70, 1, 33});
    int[] ids = routing[0].ids().clone();
    for (int i = 0; i < ids.length; i++) {
      if (i / 4 % 5 == 2 || ids[i] == 7) {
        ids[i] = TopK.NONE;
      }
    }
    routing[0] = TopK.of(0, ids, routing[0].weights().clone(), 70, 4, 10);
    return Job.of(routing, 64);
  }
}
