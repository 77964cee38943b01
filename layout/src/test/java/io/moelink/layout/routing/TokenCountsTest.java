package io.moelink.layout.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moelink.layout.InvalidInputException;
import org.junit.jupiter.api.Test;

class TokenCountsTest {
  @Test
  void readsOneCountOrOneForEachRank() {
    assertThat(TokenCounts.parse("512", 3)).containsExactly(512, 512, 512);
    assertThat(TokenCounts.parse("100, 0,7", 3)).containsExactly(100, 0, 7);
    assertThat(TokenCounts.parse("0", 1)).containsExactly(0);
    assertThat(TokenCounts.even(10, 4)).containsExactly(3, 3, 2, 2);
    assertThat(TokenCounts.sum(new int[] {1 << 30, 1 << 30, 1})).isEqualTo(2_147_483_649L);
  }

  @Test
  void refusesAnythingElse() {
    refused("1,2", "tokens per rank: 2 counts, expected 1 or 3 (one for each rank)");
    refused("100,0,-7", "tokens per rank: rank 2: -7 tokens, expected 0..1073741824");
    refused("-1", "tokens per rank: rank 0: -1 tokens, expected 0..1073741824");
    refused("1,x,2", "tokens per rank: rank 1: \"x\", expected a number 0..1073741824");
    refused("1,,2", "tokens per rank: rank 1: \"\", expected a number 0..1073741824");
    refused("2000000000", "tokens per rank: rank 0: 2000000000 tokens, expected 0..1073741824");
  }

  private static void refused(String text, String message) {
    assertThatThrownBy(() -> TokenCounts.parse(text, 3))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage(message);
  }
}
