package io.moelink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moelink.layout.routing.TopK;
import io.moelink.layout.topology.Topologies;
import io.moelink.transport.TransportException;
import java.lang.foreign.ValueLayout;
import org.apache.arrow.memory.ArrowBuf;
import org.junit.jupiter.api.Test;

/** The group's memory as Arrow sees it. */
class MemoryTest {
  private static ExpertGroupConfig.Builder config() {
    return ExpertGroupConfig.builder()
        .topology(Topologies.named("flat-1"))
        .experts(2)
        .topK(1)
        .hidden(8)
        .tokensPerRankMax(4);
  }

  @Test
  void arrowAndSegmentAreViewsOfTheSameBytes() throws Exception {
    Ranks.run(
        config().build(),
        group -> {
          TokenBuffer x = group.allocateTokens(4);
          ArrowBuf arrow = x.arrow();
          assertThat(arrow.capacity()).isEqualTo(4 * 16);
          assertThat(arrow.memoryAddress()).isEqualTo(x.segment().address());
          arrow.setShort(6, 0x3F80);
          assertThat(x.segment().get(ValueLayout.JAVA_SHORT, 6)).isEqualTo((short) 0x3F80);
          return null;
        });
  }

  @Test
  void nothingIsLeftAfterRoundsAndBuffersThatAreClosed() throws Exception {
    Ranks.run(
        config().build(),
        group -> {
          TokenBuffer x = group.allocateTokens(3);
          TopK topK = TopK.of(new int[] {0, 1, 1}, null, 3, 1, 2);
          long before = 0;
          for (int round = 0; round < 50; round++) {
            Dispatched d = group.dispatch(x, topK);
            group.combine(d.handle(), d.rows(), x);
            d.handle().close();
            if (round == 2) {
              before = group.allocatedBytes();
            }
          }
          assertThat(group.allocatedBytes()).isEqualTo(before).isPositive();
          x.close();
          assertThat(group.allocatedBytes()).isEqualTo(before - 3 * 16);
          return null;
        });
  }

  @Test
  void whatAnArrowBufferStillHoldsIsNamedAtClose() {
    assertThatThrownBy(
            () ->
                Ranks.run(
                    config().build(),
                    group -> {
                      group.allocateTokens(4).arrow().getReferenceManager().retain();
                      return null;
                    }))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("rank 0: memory still held at close: 64 bytes of token rows");
  }

  @Test
  void theLimitIsKept() {
    assertThatThrownBy(
            () ->
                Ranks.run(
                    config().memoryBytesMax(1 << 20).build(),
                    group -> group.allocateTokens(1 << 20)))
        .isInstanceOf(TransportException.class)
        .hasMessageMatching(
            "rank 0, memory for token rows: found 16777216 bytes wanted and \\d+ in use, expected"
                + " at most 1048576");
  }
}
