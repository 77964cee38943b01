package io.moelink.nativestubs.job;

import io.moelink.nativestubs.UcxTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A rank that is killed, over UCX: the others name it, in time, and nothing is left. */
@UcxTest
@Timeout(180)
class UcxKilledRankTest {
  @Test
  void survivorsNameItWithinTwoSecondsAndLeaveNothing() throws Exception {
    System.out.println(Kills.run("ucx", 4, 3, System.nanoTime()));
  }
}
