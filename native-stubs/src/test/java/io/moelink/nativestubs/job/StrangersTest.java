package io.moelink.nativestubs.job;

import io.moelink.nativestubs.UcxTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Those who are not of a job. */
@UcxTest
@Timeout(120)
class StrangersTest {
  @Test
  void aRankWithAnotherSecretIsNamed() throws Exception {
    System.out.println(Strangers.secret(1, System.nanoTime()));
  }

  @Test
  void theJobComesUpAmongGarbage() throws Exception {
    System.out.println(Strangers.garbage(300, System.nanoTime()));
  }
}
