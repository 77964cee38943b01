package io.moelink.nativestubs.job;

import io.moelink.nativestubs.NativeTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A rank that is killed: the others name it, in time, and nothing is left. */
@NativeTest
@Timeout(180)
class KilledRankTest {
  @Test
  void survivorsNameItWithinTwoSecondsAndLeaveNothing() throws Exception {
    System.out.println(Kills.run("shm", 4, 3, System.nanoTime()));
  }
}
