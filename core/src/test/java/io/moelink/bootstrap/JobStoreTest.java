package io.moelink.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moelink.layout.InvalidInputException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Ranks that meet at a store that none of them holds. */
class JobStoreTest extends BootstrapContract {
  private final List<JobStore> stores = new ArrayList<>();

  @Override
  protected List<Bootstrap> open(int size) {
    TestJob job = TestJob.of(size).launched();
    stores.add(JobStore.open(job.variables(0)));
    return job.openAll(LONG);
  }

  @AfterEach
  void closeStores() {
    stores.forEach(JobStore::close);
  }

  @Test
  void ranksGoOnWithoutRankZero() throws Exception {
    List<Bootstrap> ranks = open(3);
    ranks.get(0).close();
    onAll(
        ranks.subList(1, 3),
        mine -> {
          assertThatThrownBy(() -> mine.barrier(LONG))
              .isInstanceOf(BootstrapException.class)
              .hasMessageMatching("barrier: rank=[12] waits for rank=0, which has closed");
          Bootstrap.Survivors survivors = mine.survivors(LONG);
          assertThat(survivors.formerRanks()).containsExactly(1, 2);
          byte[][] all = survivors.bootstrap().allGather(new byte[] {(byte) mine.rank()}, LONG);
          assertThat(all).isDeepEqualTo(new byte[][] {{1}, {2}});
          mine.close();
          return null;
        });
  }

  @Test
  void aStoreThatIsGoneIsNamed() throws Exception {
    List<Bootstrap> ranks = open(2);
    closeStores();
    onAll(
        ranks,
        mine -> {
          assertThatThrownBy(() -> mine.barrier(LONG))
              .isInstanceOfSatisfying(
                  BootstrapException.class, e -> assertThat(e.rank()).isEqualTo(-1))
              .hasMessageMatching(
                  "barrier: rank=%d waits for the launcher, which has (closed|died or lost its connection)"
                      .formatted(mine.rank()));
          return null;
        });
  }

  @Test
  void withoutALauncherRankZeroIsNamed() throws Exception {
    List<Bootstrap> ranks = TestJob.of(2).openAll(LONG);
    ranks.get(0).close();
    Bootstrap mine = ranks.get(1);
    assertThatThrownBy(() -> mine.survivors(LONG))
        .isInstanceOfSatisfying(BootstrapException.class, e -> assertThat(e.rank()).isZero())
        .hasMessageMatching(
            "survivors: rank=1 waits for rank=0, which has (closed|died or lost its connection);"
                + " it held the store, and only one that its launcher holds outlives it");
    mine.close();
  }

  @Test
  void whatRanksAreToldOfTheirStoreIsChecked() {
    Map<String, String> variables = TestJob.of(2).variables(0);
    variables.put(JobStore.VARIABLE, "rank7");
    assertThatThrownBy(() -> Bootstraps.fromEnvironment(variables, Duration.ofMillis(50)))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(
            "MOELINK_STORE: found rank7, expected launcher, or nothing where rank 0 holds the"
                + " store");
  }
}
