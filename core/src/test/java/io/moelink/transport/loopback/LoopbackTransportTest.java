package io.moelink.transport.loopback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moelink.kernel.MemoryKind;
import io.moelink.kernel.Region;
import io.moelink.transport.Deadline;
import io.moelink.transport.Ranks;
import io.moelink.transport.Transport;
import io.moelink.transport.TransportContract;
import io.moelink.transport.TransportProvider;
import io.moelink.transport.Transports;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class LoopbackTransportTest extends TransportContract {
  @Override
  protected TransportProvider provider() {
    return Transports.named("loopback");
  }

  @Test
  void theLastRankTakesTheGroupAlong() {
    int before = LoopbackGroup.groupCount();
    Ranks group = Ranks.open(provider(), 3, 8);
    assertThat(LoopbackGroup.groupCount()).isEqualTo(before + 1);
    group.close();
    assertThat(LoopbackGroup.groupCount()).isEqualTo(before);
  }

  @Test
  void messagesNameOperationRanksFoundAndExpected() {
    Ranks group = open(2);
    Transport mine = group.rank(0);
    Region own = mine.allocate(MemoryKind.SHARED, 64, "staging");
    Deadline deadline = Deadline.after(Duration.ofMillis(50));
    assertThatThrownBy(() -> mine.awaitSignal(3, 5, deadline, 1))
        .hasMessage("awaitSignal: rank=0 waits on rank=1 for 50 ms: signal=3 found=0 expected>=5");
    assertThatThrownBy(() -> mine.receive(1, own, 0, 16, deadline))
        .hasMessage("receive: rank=0 waits on rank=1 for 50 ms: bytes=16");
    assertThatThrownBy(() -> mine.put(own, 8, own, 60, 8))
        .hasMessage(
            "put: dst region 'staging' of rank=0: offset=60 bytes=8 is outside its 64 bytes");
    assertThatThrownBy(() -> mine.signal(5, 0, 1)).hasMessage("signal: rank=5 is outside 0..1");
    assertThatThrownBy(() -> mine.signal(1, 64, 1))
        .hasMessage("signal: signal=64 is outside 0..63");
    assertThatThrownBy(() -> mine.allocate(MemoryKind.DEVICE, 8, "x"))
        .hasMessage("allocate: region 'x': loopback has no DEVICE memory, expected HOST or SHARED");
    group.rank(1).close();
    assertThatThrownBy(() -> mine.awaitSignal(3, 5, Deadline.after(Duration.ofDays(1)), 1))
        .hasMessage(
            "awaitSignal: rank=0 waits on rank=1 which has closed: signal=3 found=0 expected>=5");
    mine.abort(1, "no rows");
    assertThatThrownBy(() -> mine.flush(1, deadline))
        .hasMessage("flush: rank=0: the group was aborted because of rank=1: no rows");
    mine.release(own);
    assertThatThrownBy(own::segment)
        .hasMessage("region 'staging' of rank=0 was released by its owner");
    mine.close();
    assertThatThrownBy(mine::progress)
        .hasMessage("progress: loopback transport of rank=0 is closed");
  }

  @Test
  void releaseWaitsForNativeCodeThatHoldsTheMemory() throws InterruptedException {
    Transport mine = open(1).rank(0);
    Region region = mine.allocate(MemoryKind.SHARED, 64, "held");
    region.hold();
    Thread releasing = Thread.ofPlatform().start(() -> mine.release(region));
    releasing.join(Duration.ofMillis(100));
    assertThat(releasing.isAlive()).isTrue();
    region.letGo();
    assertThat(releasing.join(Duration.ofSeconds(5))).isTrue();
    assertThatThrownBy(region::hold).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void theProviderIsFoundByName() {
    assertThat(Transports.all()).extracting(TransportProvider::name).contains("loopback");
    assertThatThrownBy(() -> Transports.named("telegraph"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("transport 'telegraph' is not known, expected one of [")
        .hasMessageContaining("loopback");
  }
}
