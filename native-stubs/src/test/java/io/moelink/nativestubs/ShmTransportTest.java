package io.moelink.nativestubs;

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

/** The contract with ranks that are threads; processes are in the tests of processes. */
@NativeTest
class ShmTransportTest extends TransportContract {
  @Override
  protected TransportProvider provider() {
    return Transports.named("shm");
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
    assertThatThrownBy(() -> mine.allocate(MemoryKind.DEVICE, 8, "x"))
        .hasMessage(
            "allocate: region 'x' of rank=0: shm has no DEVICE memory, expected HOST or SHARED");
    Region theirs = group.rank(1).allocate(MemoryKind.SHARED, 64, "rows for dispatch");
    Region remote = mine.attach(1, group.rank(1).export(theirs));
    group.rank(1).release(theirs);
    assertThatThrownBy(remote::segment)
        .hasMessage("region 'rows for dispatch' of rank=1 was released by its owner");
    group.rank(1).close();
    assertThatThrownBy(() -> mine.awaitSignal(3, 5, Deadline.after(Duration.ofDays(1)), 1))
        .hasMessage(
            "awaitSignal: rank=0 waits on rank=1 which has closed: signal=3 found=0 expected>=5");
    mine.abort(1, "no rows");
    assertThatThrownBy(() -> mine.flush(1, deadline))
        .hasMessageStartingWith("flush: rank=0: rank=0 aborted the group 'shm-")
        .hasMessageEndingWith("': cause rank=1: no rows");
    mine.release(own);
    assertThatThrownBy(own::segment).hasMessage("region 'staging' of rank=0 is released");
    mine.close();
    assertThatThrownBy(mine::progress).hasMessage("progress: shm transport of rank=0 is closed");
  }
}
