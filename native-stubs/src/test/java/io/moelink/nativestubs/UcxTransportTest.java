package io.moelink.nativestubs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moelink.kernel.MemoryKind;
import io.moelink.kernel.Region;
import io.moelink.kernel.Span;
import io.moelink.transport.Deadline;
import io.moelink.transport.Ranks;
import io.moelink.transport.Transport;
import io.moelink.transport.TransportContract;
import io.moelink.transport.TransportProvider;
import io.moelink.transport.Transports;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/**
 * The contract over UCX. The build runs this with what UCX chooses, and once each with TCP and with
 * shared memory alone (UCX_TLS).
 */
@UcxTest
class UcxTransportTest extends TransportContract {
  @Override
  protected TransportProvider provider() {
    return Transports.named("ucx");
  }

  @Test
  void loadsWhereUcxMayShareMemory() {
    String transports = System.getenv("UCX_TLS");
    boolean shared = transports == null || transports.contains("posix");
    Ranks group = open(2);
    assertThat(group.rank(0).loads(1)).isEqualTo(shared);
    assertThat(group.rank(1).loads(0)).isEqualTo(shared);
  }

  @Test
  void messagesNameOperationRanksFoundAndExpected() {
    Ranks group = open(2);
    Transport mine = group.rank(0);
    Region own = mine.allocate(MemoryKind.SHARED, 64, "staging");
    Deadline deadline = Deadline.after(Duration.ofMillis(50));
    assertThatThrownBy(() -> mine.receive(1, own, 0, 16, deadline))
        .hasMessage("receive: rank=0 waits on rank=1 for 50 ms: bytes=16");
    assertThatThrownBy(() -> mine.allocate(MemoryKind.DEVICE, 8, "x"))
        .hasMessage(
            "allocate: region 'x' of rank=0: ucx has no DEVICE memory, expected HOST or SHARED");
    Region theirs = group.rank(1).allocate(MemoryKind.SHARED, 64, "rows for dispatch");
    byte[] key = group.rank(1).export(theirs);
    Region remote = mine.attach(1, key);
    assertThat(remote.purpose()).isEqualTo("rows for dispatch");
    if (!mine.loads(1)) {
      assertThatThrownBy(remote::segment)
          .hasMessage("region 'rows for dispatch' of rank=1 cannot be loaded by rank=0");
      assertThatThrownBy(() -> mine.kernels().gatherRows(Span.of(own), Span.of(remote), 8, 1, null))
          .hasMessageContaining("of rank=1, which rank=0 cannot load");
    }
    group.rank(1).release(theirs);
    assertThatThrownBy(remote::segment)
        .hasMessage("region 'rows for dispatch' of rank=1 was released by its owner");
    assertThatThrownBy(() -> mine.attach(1, key))
        .hasMessage(
            "attach: rank=0: a region of rank=1: what the key is for was released by its owner");
  }
}
