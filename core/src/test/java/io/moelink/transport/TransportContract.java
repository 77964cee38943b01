package io.moelink.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.moelink.bootstrap.Bootstraps;
import io.moelink.kernel.MemoryKind;
import io.moelink.kernel.Region;
import io.moelink.kernel.RowKernels;
import io.moelink.kernel.RowKernelsContract;
import io.moelink.kernel.Span;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every transport must do whose ranks can be threads of one process, each with a transport of
 * its own. A subclass names the provider. The kernels of the transport are under their contract,
 * too.
 *
 * <p>Long because it is one contract: memory, transfers, signals, messages, failures, mistakes.
 */
@Timeout(120)
public abstract class TransportContract {
  private static final int SIGNALS = 64;
  private static final Duration SLACK = Duration.ofSeconds(2);

  private Ranks ranks;

  /** The provider under test; it must be available. */
  protected abstract TransportProvider provider();

  @AfterEach
  void closeGroup() {
    if (ranks != null) {
      ranks.close();
    }
  }

  /** A group that the test closes at its end. */
  protected final Ranks open(int size) {
    ranks = Ranks.open(provider(), size, SIGNALS);
    return ranks;
  }

  private static Deadline soon() {
    return Deadline.after(Duration.ofSeconds(20));
  }

  private static Deadline in(long millis) {
    return Deadline.after(Duration.ofMillis(millis));
  }

  private static Region shared(Transport transport, long bytes, String purpose) {
    return transport.allocate(MemoryKind.SHARED, bytes, purpose);
  }

  private static void fill(Region region, long offset, long bytes, long seed) {
    MemorySegment memory = region.segment();
    for (long i = 0; i < bytes; i++) {
      memory.set(ValueLayout.JAVA_BYTE, offset + i, pattern(seed, i));
    }
  }

  private static void assertHolds(Region region, long offset, long bytes, long seed) {
    MemorySegment memory = region.segment();
    for (long i = 0; i < bytes; i++) {
      byte found = memory.get(ValueLayout.JAVA_BYTE, offset + i);
      if (found != pattern(seed, i)) {
        throw new AssertionError(
            "byte %d: found %d, expected %d of seed %d"
                .formatted(i, found, pattern(seed, i), seed));
      }
    }
  }

  private static byte pattern(long seed, long i) {
    return (byte) (seed * 31 + i * 7 + (i >>> 8));
  }

  // ---- the transport itself

  @Test
  void ranksKnowThemselves() {
    Ranks group = open(3);
    for (int r = 0; r < 3; r++) {
      Transport mine = group.rank(r);
      assertThat(mine.name()).isEqualTo(provider().name());
      assertThat(mine.rank()).isEqualTo(r);
      assertThat(mine.size()).isEqualTo(3);
      assertThat(mine.loads(r)).isTrue();
      int self = r;
      assertThat(mine.capabilities().remoteLoads())
          .isEqualTo(IntStream.range(0, 3).anyMatch(other -> other != self && mine.loads(other)));
      assertThat(mine.capabilities().computeUnits()).isPositive();
      assertThat(mine.capabilities().messageBytesMax()).isPositive();
      assertThat(mine.kernels()).isSameAs(mine.kernels());
      for (int signal = 0; signal < SIGNALS; signal++) {
        assertThat(mine.signalValue(signal)).isZero();
      }
    }
    assertThat(provider().availability()).isEqualTo(Availability.available());
  }

  @Test
  void oneRankIsAGroup() {
    Transport alone = open(1).rank(0);
    Region region = shared(alone, 64, "own");
    fill(region, 0, 32, 5);
    alone.putSignal(region, 0, region, 32, 32, 3, 9);
    alone.awaitSignal(3, 9, soon(), 0);
    assertHolds(region, 32, 32, 5);
    alone.flush(0, soon());
  }

  @Test
  void openingFailsWhenARankDoesNotCome() {
    var config =
        new TransportConfig(Bootstraps.inJvm(2).get(0), SIGNALS, Duration.ofMillis(200), 1);
    Throwable failure = catchThrowable(() -> provider().open(config));
    assertThat(failure).isInstanceOf(TransportException.class);
    assertThat(((TransportException) failure).rank()).isEqualTo(1);
    assertOneLine(failure);
  }

  // ---- memory

  @Test
  void allocatedMemoryIsAlignedZeroAndNamed() {
    Transport mine = open(2).rank(1);
    for (MemoryKind kind : new MemoryKind[] {MemoryKind.HOST, MemoryKind.SHARED}) {
      for (long bytes : new long[] {0, 1, 4096, 10_000}) {
        Region region = mine.allocate(kind, bytes, "staging");
        assertThat(region.rank()).isEqualTo(1);
        assertThat(region.kind()).isEqualTo(kind);
        assertThat(region.byteSize()).isEqualTo(bytes);
        assertThat(region.purpose()).isEqualTo("staging");
        assertThat(region.segment()).isSameAs(region.segment());
        assertThat(region.segment().byteSize()).isEqualTo(bytes);
        assertThat(region.segment().address() % 4096).isZero();
        assertThat(region.segment().toArray(ValueLayout.JAVA_BYTE))
            .isEqualTo(new byte[(int) bytes]);
        mine.release(region);
      }
    }
  }

  @Test
  void storesThroughAnAttachedRegionAreSeen() {
    Ranks group = open(2);
    Region own = shared(group.rank(0), 8192, "window");
    byte[] key = group.rank(0).export(own);
    assertThat(key).hasSizeLessThanOrEqualTo(TransportChecks.KEY_BYTES_MAX);
    Region theirs = group.rank(1).attach(0, key.clone());
    assertThat(theirs.rank()).isZero();
    assertThat(theirs.byteSize()).isEqualTo(8192);
    if (!group.rank(1).loads(0)) {
      assertThatThrownBy(theirs::segment).isInstanceOf(UnsupportedOperationException.class);
      return;
    }
    Future<?> writer =
        group.start(
            1,
            mine -> {
              fill(theirs, 100, 5000, 3);
              mine.signal(0, 7, 1);
              return null;
            });
    group.rank(0).awaitSignal(7, 1, soon(), 1);
    assertHolds(own, 100, 5000, 3);
    Ranks.result(writer);
    // letting go of an attached region leaves the owner's memory alone
    group.rank(1).release(theirs);
    assertHolds(own, 100, 5000, 3);
    assertRefused(IllegalStateException.class, theirs::segment);
  }

  @Test
  void registeredMemoryIsUsedInPlace() {
    Ranks group = open(2);
    try (Arena arena = Arena.ofShared()) {
      MemorySegment foreign = arena.allocate(4096, 4096);
      Region region;
      try {
        region = group.rank(0).register(foreign, "foreign");
      } catch (UnsupportedOperationException e) {
        assertOneLine(e);
        return;
      }
      assertThat(region.byteSize()).isEqualTo(4096);
      fill(region, 0, 4096, 8);
      assertThat(foreign.get(ValueLayout.JAVA_BYTE, 77)).isEqualTo(pattern(8, 77));
      Region theirs = shared(group.rank(1), 4096, "target");
      Region target = group.rank(0).attach(1, group.rank(1).export(theirs));
      group.rank(0).putSignal(region, 0, target, 0, 4096, 0, 1);
      group.rank(1).awaitSignal(0, 1, soon(), 0);
      assertHolds(theirs, 0, 4096, 8);
      group.rank(0).release(region);
      assertThat(foreign.get(ValueLayout.JAVA_BYTE, 77)).isEqualTo(pattern(8, 77));
    }
  }

  @Test
  void badMemoryCallsAreRefused() {
    Ranks group = open(2);
    Transport mine = group.rank(0);
    assertRefused(
        IllegalArgumentException.class, () -> mine.allocate(MemoryKind.HOST, -1, "bad"), "-1");
    assertRefused(
        IllegalArgumentException.class,
        () -> mine.allocate(MemoryKind.SHARED, Long.MAX_VALUE, "bad"),
        "bad");
    // larger than any machine's memory, but not absurd: refused or out of memory, never a crash
    assertThatThrownBy(
            () -> mine.allocate(MemoryKind.SHARED, TransportChecks.REGION_BYTES_MAX, "vast"))
        .isInstanceOfAny(TransportException.class, IllegalArgumentException.class)
        .hasMessageContaining("vast");
    if (!mine.capabilities().deviceMemory()) {
      assertRefused(
          UnsupportedOperationException.class, () -> mine.allocate(MemoryKind.DEVICE, 64, "bad"));
    }
    Region region = shared(mine, 64, "window");
    byte[] key = mine.export(region);
    assertRefused(IllegalArgumentException.class, () -> group.rank(1).attach(1, key));
    assertRefused(IllegalArgumentException.class, () -> group.rank(1).attach(2, key), "2");
    assertRefused(IllegalArgumentException.class, () -> group.rank(1).attach(-1, key), "-1");
    assertRefused(IllegalArgumentException.class, () -> group.rank(1).attach(0, new byte[0]));
    assertRefused(
        IllegalArgumentException.class, () -> group.rank(1).attach(0, new byte[key.length]));
    Region host = mine.allocate(MemoryKind.HOST, 64, "private");
    assertThatThrownBy(() -> group.rank(1).attach(0, mine.export(host)))
        .isInstanceOf(UnsupportedOperationException.class);
    Region attached = group.rank(1).attach(0, key);
    assertRefused(IllegalArgumentException.class, () -> group.rank(1).export(attached), "window");
    // a region is good for the transport that made it only
    assertRefused(IllegalArgumentException.class, () -> group.rank(1).release(region), "window");
    mine.release(region);
    assertRefused(IllegalStateException.class, region::segment, "window");
    assertRefused(IllegalStateException.class, () -> mine.export(region), "window");
    assertRefused(IllegalStateException.class, () -> group.rank(1).attach(0, key));
  }

  @Test
  void registerRefusesMemoryItCannotShare() {
    Transport mine = open(1).rank(0);
    assertThatThrownBy(() -> mine.register(MemorySegment.ofArray(new byte[64]), "heap"))
        .isInstanceOfAny(IllegalArgumentException.class, UnsupportedOperationException.class);
    try (Arena confined = Arena.ofConfined()) {
      assertThatThrownBy(() -> mine.register(confined.allocate(64), "confined"))
          .isInstanceOfAny(IllegalArgumentException.class, UnsupportedOperationException.class);
    }
  }

  // ---- transfers

  @Test
  void putAndGetMoveExactlyTheirBytes() {
    Ranks group = open(2);
    Region own = shared(group.rank(0), 20_000, "own");
    Region theirs = shared(group.rank(1), 20_000, "theirs");
    Region remote = group.rank(0).attach(1, group.rank(1).export(theirs));
    fill(own, 0, 20_000, 1);
    for (long bytes : new long[] {0, 1, 7, 4096, 9999}) {
      theirs.segment().fill((byte) 0x5a);
      group.rank(0).put(own, 3, remote, 5, bytes);
      group.rank(0).flush(1, soon());
      group.rank(0).signal(1, 0, bytes + 1);
      group.rank(1).awaitSignal(0, bytes + 1, soon(), 0);
      assertSame(own, 3, theirs, 5, bytes);
      assertThat(theirs.segment().get(ValueLayout.JAVA_BYTE, 4)).isEqualTo((byte) 0x5a);
      assertThat(theirs.segment().get(ValueLayout.JAVA_BYTE, 5 + bytes)).isEqualTo((byte) 0x5a);
      group.rank(0).get(remote, 5, own, 10_000, bytes);
      assertSame(own, 10_000, theirs, 5, bytes);
    }
  }

  private static void assertSame(Region a, long aOffset, Region b, long bOffset, long bytes) {
    assertThat(
            MemorySegment.mismatch(
                a.segment(), aOffset, aOffset + bytes, b.segment(), bOffset, bOffset + bytes))
        .isEqualTo(-1);
  }

  @Test
  void bytesAreThereBeforeTheirSignal() {
    int rounds = 20_000;
    int bytes = 384;
    Ranks group = open(2);
    Region inbox = shared(group.rank(1), bytes, "inbox");
    Region remote = group.rank(0).attach(1, group.rank(1).export(inbox));
    Region outbox = shared(group.rank(0), bytes, "outbox");
    group.all(
        mine -> {
          for (int round = 1; round <= rounds; round++) {
            if (mine.rank() == 0) {
              fill(outbox, 0, bytes, round);
              if (round % 2 == 0) {
                mine.putSignal(outbox, 0, remote, 0, bytes, 1, round);
              } else {
                mine.put(outbox, 0, remote, 0, bytes / 2);
                mine.put(outbox, bytes / 2, remote, bytes / 2, bytes - bytes / 2);
                mine.signal(1, 1, round);
              }
              mine.awaitSignal(2, round, soon(), 1);
            } else {
              mine.awaitSignal(1, round, soon(), 0);
              assertHolds(inbox, 0, bytes, round);
              mine.signal(0, 2, round);
            }
          }
          return null;
        });
  }

  /**
   * Sources are changed as soon as they are free, and no sooner; bytes come before their signal.
   */
  @Test
  void postedPutsLeaveTheirSourcesAloneUntilTheyAreFree() {
    int chunks = 300;
    int places = 3;
    int bytes = 1 << 18;
    Ranks group = open(2);
    Region inbox = shared(group.rank(1), (long) places * bytes, "inbox");
    Region remote = group.rank(0).attach(1, group.rank(1).export(inbox));
    Region outbox = shared(group.rank(0), (long) places * bytes, "outbox");
    group.all(
        mine -> {
          long[] puts = new long[places];
          for (int chunk = 0; chunk < chunks; chunk++) {
            int place = chunk % places;
            long at = (long) place * bytes;
            if (mine.rank() == 0) {
              mine.awaitSourceFree(puts[place], 1, soon());
              assertThat(mine.sourceFree(puts[place])).isTrue();
              fill(outbox, at, bytes, chunk);
              // the place at the other side is read
              mine.awaitSignal(2, chunk - places + 1L, soon(), 1);
              puts[place] = mine.postPut(outbox, at, remote, at, bytes);
              mine.signal(1, 1, chunk + 1L);
            } else {
              mine.awaitSignal(1, chunk + 1L, soon(), 0);
              assertHolds(inbox, at, bytes, chunk);
              mine.signal(0, 2, chunk + 1L);
            }
          }
          return null;
        });
  }

  /** More than a transport keeps under way, to a rank that makes no call meanwhile. */
  @Test
  void anyNumberOfPutsIsPosted() {
    int puts = 3000;
    Ranks group = open(2);
    Region inbox = shared(group.rank(1), 8L * puts, "inbox");
    Region remote = group.rank(0).attach(1, group.rank(1).export(inbox));
    Region outbox = shared(group.rank(0), 8L * puts, "outbox");
    fill(outbox, 0, 8L * puts, 7);
    Transport mine = group.rank(0);
    long[] posted = new long[puts];
    for (int i = 0; i < puts; i++) {
      posted[i] = mine.postPut(outbox, 8L * i, remote, 8L * i, 8);
    }
    for (long put : posted) {
      mine.awaitSourceFree(put, 1, soon());
    }
    // released while it may be on its way still, but is no longer read
    mine.release(outbox);
    mine.signal(1, 0, 1);
    group.rank(1).awaitSignal(0, 1, soon(), 0);
    assertHolds(inbox, 0, 8L * puts, 7);
  }

  @Test
  void badPostsAreRefused() {
    Ranks group = open(2);
    Transport mine = group.rank(0);
    Region own = shared(mine, 64, "own");
    Region theirs = shared(group.rank(1), 64, "theirs");
    Region remote = mine.attach(1, group.rank(1).export(theirs));
    Class<IllegalArgumentException> bad = IllegalArgumentException.class;
    assertRefused(bad, () -> mine.postPut(own, 60, remote, 0, 8), "postPut", "own", "60");
    assertRefused(bad, () -> mine.postPut(own, 0, remote, 60, 8), "postPut", "theirs", "60");
    assertRefused(bad, () -> mine.postPut(own, 0, remote, 0, -8), "-8");
    assertRefused(bad, () -> mine.postPut(remote, 0, own, 0, 8), "postPut", "rank=1");
    assertRefused(bad, () -> mine.sourceFree(1_000_000), "sourceFree", "1000000");
    assertRefused(bad, () -> mine.sourceFree(-1), "sourceFree", "-1");
    assertRefused(bad, () -> mine.awaitSourceFree(0, 2, soon()), "awaitSourceFree", "2");
    assertThat(mine.sourceFree(0)).isTrue();
  }

  /** A sender that waits for nobody: every value says how far it has come, and none goes back. */
  @Test
  void aSlotSaysHowManyChunksAreThere() {
    int chunks = 2000;
    int bytes = 200;
    Ranks group = open(2);
    Region inbox = shared(group.rank(1), (long) chunks * bytes, "inbox");
    Region remote = group.rank(0).attach(1, group.rank(1).export(inbox));
    Region outbox = shared(group.rank(0), bytes, "outbox");
    group.all(
        mine -> {
          if (mine.rank() == 0) {
            for (int chunk = 0; chunk < chunks; chunk++) {
              fill(outbox, 0, bytes, chunk);
              mine.put(outbox, 0, remote, (long) chunk * bytes, bytes);
              mine.signal(1, 1, chunk + 1L);
            }
            return null;
          }
          long here = 0;
          while (here < chunks) {
            mine.awaitSignal(1, here + 1, soon(), 0);
            long now = mine.signalValue(1);
            assertThat(now).isGreaterThan(here);
            for (; here < now; here++) {
              assertHolds(inbox, here * bytes, bytes, (int) here);
            }
            mine.progress();
          }
          return null;
        });
  }

  @Test
  void manyPutsMayBeInFlight() {
    int chunks = 500;
    int bytes = 1000;
    Ranks group = open(2);
    Region inbox = shared(group.rank(1), (long) chunks * bytes, "inbox");
    Region remote = group.rank(0).attach(1, group.rank(1).export(inbox));
    Region outbox = shared(group.rank(0), (long) chunks * bytes, "outbox");
    for (int c = 0; c < chunks; c++) {
      fill(outbox, (long) c * bytes, bytes, c);
    }
    group.all(
        mine -> {
          for (int c = 0; c < chunks; c++) {
            long at = (long) c * bytes;
            if (mine.rank() == 0) {
              mine.putSignal(outbox, at, remote, at, bytes, 4, c + 1);
            } else {
              mine.awaitSignal(4, c + 1, soon(), 0);
              assertHolds(inbox, at, bytes, c);
            }
          }
          return null;
        });
  }

  @Test
  void badTransfersAreRefused() {
    Ranks group = open(2);
    Transport mine = group.rank(0);
    Region own = shared(mine, 64, "own");
    Region theirs = shared(group.rank(1), 64, "theirs");
    Region remote = mine.attach(1, group.rank(1).export(theirs));
    Class<IllegalArgumentException> bad = IllegalArgumentException.class;
    assertRefused(bad, () -> mine.put(own, 60, remote, 0, 8), "put", "own", "60");
    assertRefused(bad, () -> mine.put(own, 0, remote, 60, 8), "put", "theirs", "60");
    assertRefused(bad, () -> mine.put(own, -1, remote, 0, 8), "-1");
    assertRefused(bad, () -> mine.put(own, 0, remote, -1, 8), "-1");
    assertRefused(bad, () -> mine.put(own, 0, remote, 0, -8), "-8");
    assertRefused(bad, () -> mine.put(own, Long.MAX_VALUE, remote, 0, Long.MAX_VALUE));
    assertRefused(bad, () -> mine.put(remote, 0, own, 0, 8), "put", "rank=1");
    assertRefused(bad, () -> mine.put(own, 0, theirs, 0, 8), "put", "theirs");
    assertRefused(bad, () -> mine.get(remote, 60, own, 0, 8), "get", "theirs", "60");
    assertRefused(bad, () -> mine.get(remote, 0, own, 60, 8), "get", "own", "60");
    assertRefused(bad, () -> mine.get(own, 0, remote, 0, 8), "get", "rank=1");
    assertRefused(bad, () -> mine.putSignal(own, 0, remote, 60, 8, 0, 1), "putSignal", "60");
    assertRefused(
        bad, () -> mine.putSignal(own, 0, remote, 0, 8, SIGNALS, 1), "putSignal", "" + SIGNALS);
    assertRefused(bad, () -> mine.putSignal(own, 0, remote, 0, 8, -1, 1), "putSignal", "-1");
    assertRefused(bad, () -> mine.flush(2, soon()), "flush", "2");
    assertRefused(bad, () -> mine.flush(-1, soon()), "flush", "-1");
    assertRefused(bad, () -> mine.loads(2), "2");
    assertRefused(bad, () -> mine.send(2, own, 0, 8, soon()), "send", "2");
    assertRefused(bad, () -> mine.send(0, own, 0, 8, soon()), "send");
    assertRefused(bad, () -> mine.send(1, own, 60, 8, soon()), "send", "60");
    assertRefused(bad, () -> mine.send(1, remote, 0, 8, soon()), "send", "rank=1");
    assertRefused(bad, () -> mine.receive(-1, own, 0, 8, soon()), "receive", "-1");
    assertRefused(bad, () -> mine.receive(0, own, 0, 8, soon()), "receive");
    assertRefused(bad, () -> mine.receive(1, own, 0, 65, soon()), "receive", "65");
    assertThat(theirs.segment().toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
    assertThat(group.rank(1).signalValue(0)).isZero();
    mine.release(own);
    Class<IllegalStateException> stale = IllegalStateException.class;
    assertRefused(stale, () -> mine.put(own, 0, remote, 0, 8), "own");
    assertRefused(stale, () -> mine.get(remote, 0, own, 0, 8), "own");
    assertRefused(stale, () -> mine.putSignal(own, 0, remote, 0, 8, 0, 1), "own");
    assertRefused(stale, () -> mine.send(1, own, 0, 8, soon()), "own");
    assertRefused(stale, () -> mine.receive(1, own, 0, 8, soon()), "own");
  }

  @Test
  void memoryThatItsOwnerReleasedIsNotTouched() {
    Ranks group = open(2);
    Transport mine = group.rank(0);
    Region own = shared(mine, 64, "own");
    Region theirs = shared(group.rank(1), 64, "theirs");
    Region remote = mine.attach(1, group.rank(1).export(theirs));
    if (!mine.loads(1)) {
      return;
    }
    group.rank(1).release(theirs);
    assertRefused(IllegalStateException.class, remote::segment, "theirs", "rank=1");
    assertRefused(IllegalStateException.class, () -> mine.put(own, 0, remote, 0, 8), "theirs");
    assertRefused(IllegalStateException.class, () -> mine.get(remote, 0, own, 0, 8), "theirs");
  }

  // ---- signals

  @Test
  void signalsHoldAnyValueAndCompareSigned() {
    Ranks group = open(2);
    int sent = 0;
    for (long value : new long[] {1, -5, Long.MIN_VALUE, Long.MAX_VALUE, 0}) {
      group.rank(0).signal(1, SIGNALS - 1, value);
      // it may hold before: signals of one rank to another come in their order
      group.rank(0).addSignal(1, 0, 1);
      group.rank(1).awaitSignal(0, ++sent, soon(), 0);
      group.rank(1).awaitSignal(SIGNALS - 1, value, soon(), 0);
      assertThat(group.rank(1).signalValue(SIGNALS - 1)).isEqualTo(value);
    }
    // 0 >= -1: already there
    group.rank(0).awaitSignal(0, -1, in(0), 1);
  }

  @Test
  void addsAreAtomic() {
    int size = 4;
    int each = 5000;
    Ranks group = open(size);
    group.all(
        mine -> {
          for (int i = 0; i < each; i++) {
            mine.addSignal(0, 5, 1);
            mine.addSignal(0, 6, -2);
          }
          mine.addSignal(0, 7, 1);
          return null;
        });
    group.rank(0).awaitSignal(7, size, soon(), -1);
    group.rank(0).awaitSignal(5, (long) size * each, soon(), -1);
    assertThat(group.rank(0).signalValue(5)).isEqualTo((long) size * each);
    assertThat(group.rank(0).signalValue(6)).isEqualTo(-2L * size * each);
  }

  @Test
  void moreRanksThanCoresPassATokenAround() {
    int size = 16;
    int laps = 100;
    Ranks group = open(size);
    group.all(
        mine -> {
          int before = (mine.rank() + size - 1) % size;
          int next = (mine.rank() + 1) % size;
          for (int lap = 1; lap <= laps; lap++) {
            if (mine.rank() > 0 || lap > 1) {
              mine.awaitSignal(0, mine.rank() == 0 ? lap - 1 : lap, soon(), before);
            }
            mine.signal(next, 0, lap);
          }
          return null;
        });
    group.rank(0).awaitSignal(0, laps, soon(), size - 1);
  }

  @Test
  void activityGrowsWithEveryArrival() {
    Ranks group = open(2);
    Transport mine = group.rank(0);
    long seen = mine.activity();
    long start = System.nanoTime();
    mine.awaitActivity(seen, 1, in(100));
    assertThat(System.nanoTime() - start).isBetween(90_000_000L, 100_000_000L + SLACK.toNanos());
    group.rank(1).signal(0, 1, 1);
    mine.awaitActivity(seen, 1, soon());
    mine.awaitSignal(1, 1, soon(), 1);
    assertThat(mine.activity()).isNotEqualTo(seen);
    long later = mine.activity();
    Future<?> other =
        group.start(
            1,
            them -> {
              Thread.sleep(50);
              them.addSignal(0, 2, 1);
              return null;
            });
    mine.awaitActivity(later, 1, soon());
    assertThat(mine.activity()).isNotEqualTo(later);
    Ranks.result(other);
  }

  @Test
  void aWaitForSeveralArrivalsEndsWithTheLast() {
    Ranks group = open(3);
    Transport mine = group.rank(0);
    assertRefused(
        IllegalArgumentException.class,
        () -> mine.awaitActivity(mine.activity(), 0, soon()),
        "awaitActivity",
        "arrivals=0");
    for (long turn = 1; turn <= 200; turn++) {
      long value = turn;
      long seen = mine.activity();
      Future<?> one = group.start(1, them -> signalTwice(them, value));
      Future<?> other = group.start(2, them -> signalTwice(them, value));
      while (mine.activity() - seen < 4) {
        mine.awaitActivity(seen, 4, soon());
      }
      for (int signal = 0; signal < 4; signal++) {
        assertThat(mine.signalValue(signal)).isEqualTo(turn);
      }
      Ranks.result(one);
      Ranks.result(other);
    }
  }

  private static Void signalTwice(Transport them, long value) {
    them.signal(0, 2 * them.rank() - 2, value);
    them.signal(0, 2 * them.rank() - 1, value);
    return null;
  }

  @Test
  void anAbortEndsAWaitForManyArrivals() throws InterruptedException {
    Ranks group = open(2);
    Future<Throwable> wait =
        group.start(
            0,
            mine -> catchThrowable(() -> mine.awaitActivity(mine.activity(), 1_000_000, soon())));
    Thread.sleep(50);
    group.rank(1).abort(1, "out of rows");
    assertCulprit(Ranks.result(wait), 1);
  }

  @Test
  void waitingDoesNotBurnTheCore() {
    Ranks group = open(2);
    long cpuNanos =
        Ranks.result(
            group.start(
                0,
                mine -> {
                  ThreadMXBean threads = ManagementFactory.getThreadMXBean();
                  long before = threads.getCurrentThreadCpuTime();
                  catchThrowable(() -> mine.awaitSignal(0, 1, in(1000), 1));
                  mine.awaitActivity(mine.activity(), 1, in(500));
                  return threads.getCurrentThreadCpuTime() - before;
                }));
    assertThat(cpuNanos).isLessThan(300_000_000L);
  }

  @Test
  void badSignalsAreRefused() {
    Transport mine = open(2).rank(0);
    Class<IllegalArgumentException> bad = IllegalArgumentException.class;
    assertRefused(bad, () -> mine.signal(2, 0, 1), "signal", "2");
    assertRefused(bad, () -> mine.signal(-1, 0, 1), "signal", "-1");
    assertRefused(bad, () -> mine.signal(1, SIGNALS, 1), "signal", "" + SIGNALS);
    assertRefused(bad, () -> mine.signal(1, -1, 1), "signal", "-1");
    assertRefused(bad, () -> mine.addSignal(2, 0, 1), "addSignal", "2");
    assertRefused(bad, () -> mine.addSignal(1, SIGNALS, 1), "addSignal", "" + SIGNALS);
    assertRefused(bad, () -> mine.signalValue(SIGNALS), "signalValue", "" + SIGNALS);
    assertRefused(bad, () -> mine.signalValue(-1), "signalValue", "-1");
    assertRefused(bad, () -> mine.awaitSignal(SIGNALS, 1, soon(), 1), "" + SIGNALS);
    assertRefused(bad, () -> mine.awaitSignal(0, 1, soon(), 2), "awaitSignal", "2");
    assertRefused(bad, () -> mine.awaitSignal(0, 1, soon(), -2), "awaitSignal", "-2");
    assertRefused(bad, () -> mine.abort(2, "no such rank"), "abort", "2");
  }

  // ---- messages

  @Test
  void messagesArriveInOrder() {
    int count = 300;
    Ranks group = open(3);
    group.all(
        mine -> {
          Region buffer = shared(mine, 4096, "message");
          for (int i = 0; i < count; i++) {
            long bytes = (i * 37) % 4096;
            if (mine.rank() == 0) {
              for (int from = 1; from < 3; from++) {
                mine.receive(from, buffer, 0, bytes, soon());
                assertHolds(buffer, 0, bytes, from * 1000L + i);
              }
            } else {
              fill(buffer, 0, bytes, mine.rank() * 1000L + i);
              mine.send(0, buffer, 0, bytes, soon());
              // the source is free again: nothing of this may arrive
              buffer.segment().fill((byte) -1);
            }
          }
          return null;
        });
  }

  @Test
  void aMessageOfAnotherSizeFailsAtTheReceiver() {
    Ranks group = open(2);
    Region out = shared(group.rank(0), 64, "out");
    Region into = shared(group.rank(1), 64, "into");
    Future<Throwable> sender =
        group.start(0, mine -> catchThrowable(() -> mine.send(1, out, 0, 16, soon())));
    TransportException failure =
        failure(() -> group.rank(1).receive(0, into, 0, 32, soon()), 0, "receive", "16", "32");
    assertThat(failure).isNotNull();
    // a sender whose message was buffered may have gone on
    Throwable atSender = Ranks.result(sender);
    if (atSender != null) {
      assertThat(atSender).isInstanceOf(TransportException.class);
    }
  }

  // ---- deadlines, death, abort

  @Test
  void waitsEndAtTheirDeadlineAndNameTheRank() {
    Ranks group = open(3);
    Transport mine = group.rank(0);
    Region region = shared(mine, 64, "region");
    endsInTime(() -> mine.awaitSignal(9, 5, in(200), 2), 2, "awaitSignal", "9", "5", "rank=2");
    endsInTime(() -> mine.awaitSignal(9, 5, in(200), -1), -1, "awaitSignal", "9", "5");
    endsInTime(() -> mine.receive(1, region, 0, 64, in(200)), 1, "receive", "rank=1");
  }

  private static void endsInTime(ThrowingCallable wait, int rank, String... words) {
    long start = System.nanoTime();
    failure(wait, rank, words);
    assertThat(System.nanoTime() - start).isBetween(150_000_000L, 200_000_000L + SLACK.toNanos());
  }

  @Test
  void aWithdrawnMessageIsNotReceived() {
    Ranks group = open(2);
    Region out = shared(group.rank(0), 64, "out");
    Region into = shared(group.rank(1), 64, "into");
    fill(out, 0, 64, 1);
    Throwable first = catchThrowable(() -> group.rank(0).send(1, out, 0, 64, in(100)));
    if (first == null) {
      // this transport buffers small messages
      group.rank(1).receive(0, into, 0, 64, soon());
      return;
    }
    fill(out, 0, 64, 2);
    Future<?> sender =
        group.start(
            0,
            mine -> {
              mine.send(1, out, 0, 64, soon());
              return null;
            });
    group.rank(1).receive(0, into, 0, 64, soon());
    assertHolds(into, 0, 64, 2);
    Ranks.result(sender);
  }

  @Test
  void aClosedRankFailsThoseWhoWaitForIt() {
    Ranks group = open(3);
    Region region = shared(group.rank(0), 64, "region");
    group.rank(2).signal(0, 1, 1);
    Future<Throwable> waiting =
        group.start(1, mine -> catchThrowable(() -> mine.awaitSignal(0, 1, soon(), 2)));
    group.rank(2).close();
    long start = System.nanoTime();
    assertCulprit(Ranks.result(waiting), 2);
    // what came before the close still counts
    group.rank(0).awaitSignal(1, 1, soon(), 2);
    failure(() -> group.rank(0).awaitSignal(1, 2, soon(), 2), 2, "awaitSignal");
    failure(() -> group.rank(0).receive(2, region, 0, 64, soon()), 2, "receive");
    failure(() -> group.rank(0).flush(2, soon()), 2, "flush");
    failure(
        () -> {
          // the close itself may count as activity, but then there is nothing more to come
          for (int i = 0; i < 10; i++) {
            group.rank(0).awaitActivity(group.rank(0).activity(), 1, soon());
          }
        },
        2,
        "awaitActivity");
    group.rank(0).signal(2, 0, 1);
    assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(10));
    // the two that are left can still talk
    group.rank(1).signal(0, 3, 1);
    group.rank(0).awaitSignal(3, 1, soon(), 1);
  }

  @Test
  void memoryOfAClosedRankIsGone() {
    Ranks group = open(2);
    Transport mine = group.rank(0);
    Region own = shared(mine, 64, "own");
    Region remote = mine.attach(1, group.rank(1).export(shared(group.rank(1), 64, "theirs")));
    group.rank(1).close();
    failure(() -> mine.put(own, 0, remote, 0, 8), 1, "theirs", "rank=1");
    failure(() -> mine.get(remote, 0, own, 0, 8), 1, "theirs", "rank=1");
  }

  @Test
  void abortFailsEveryWaitOfEveryRank() {
    Ranks group = open(4);
    Region region = shared(group.rank(0), 64, "region");
    List<Future<Throwable>> waiting =
        List.of(
            group.start(1, mine -> catchThrowable(() -> mine.awaitSignal(0, 1, soon(), 0))),
            group.start(
                2,
                mine ->
                    catchThrowable(
                        () -> {
                          while (true) {
                            mine.awaitActivity(mine.activity(), 1, soon());
                          }
                        })),
            group.start(
                3,
                mine -> {
                  Region own = shared(mine, 64, "own");
                  return catchThrowable(() -> mine.receive(0, own, 0, 64, soon()));
                }));
    group.rank(0).abort(2, "out of rows");
    group.rank(0).abort(1, "a later one does nothing");
    long start = System.nanoTime();
    for (Future<Throwable> wait : waiting) {
      assertCulprit(Ranks.result(wait), 2);
      assertThat(Ranks.result(wait)).hasMessageContaining("out of rows");
    }
    assertThat(System.nanoTime() - start).isLessThan(SLACK.toNanos());
    Transport mine = group.rank(0);
    // also where the condition holds: nobody goes on
    failure(() -> mine.awaitSignal(0, 0, soon(), 1), 2, "awaitSignal", "out of rows");
    failure(() -> mine.awaitActivity(mine.activity() - 1, 1, soon()), 2, "awaitActivity");
    failure(() -> mine.send(1, region, 0, 8, soon()), 2, "send");
    failure(() -> mine.receive(1, region, 0, 8, soon()), 2, "receive");
    failure(() -> mine.flush(1, soon()), 2, "flush");
  }

  @Test
  void anInterruptEndsAWaitAndStaysSet() throws Exception {
    Ranks group = open(2);
    Throwable[] failure = new Throwable[1];
    boolean[] interrupted = new boolean[1];
    Thread waiting =
        new Thread(
            () -> {
              failure[0] = catchThrowable(() -> group.rank(0).awaitSignal(0, 1, soon(), 1));
              interrupted[0] = Thread.currentThread().isInterrupted();
            });
    waiting.start();
    Thread.sleep(50);
    waiting.interrupt();
    waiting.join(SLACK.toMillis());
    assertThat(failure[0]).isInstanceOf(TransportException.class);
    assertThat(failure[0]).hasMessageContaining("interrupted");
    assertThat(interrupted[0]).isTrue();
  }

  @Test
  void closeFromAnotherThreadEndsAWait() throws Exception {
    Ranks group = open(2);
    Future<Throwable> waiting =
        group.start(0, mine -> catchThrowable(() -> mine.awaitSignal(0, 1, soon(), 1)));
    Thread.sleep(50);
    long start = System.nanoTime();
    group.rank(0).close();
    assertThat(Ranks.result(waiting))
        .isInstanceOfAny(TransportException.class, IllegalStateException.class);
    assertThat(System.nanoTime() - start).isLessThan(SLACK.toNanos());
  }

  @Test
  void aClosedTransportRefusesEverything() {
    Ranks group = open(2);
    Transport mine = group.rank(0);
    Region own = shared(mine, 64, "own");
    Region remote = mine.attach(1, group.rank(1).export(shared(group.rank(1), 64, "theirs")));
    byte[] key = mine.export(own);
    mine.close();
    mine.close();
    Class<IllegalStateException> closed = IllegalStateException.class;
    assertRefused(closed, () -> mine.allocate(MemoryKind.HOST, 8, "late"), "closed");
    assertRefused(closed, () -> mine.export(own), "closed");
    assertRefused(closed, () -> mine.attach(0, key), "closed");
    assertRefused(closed, () -> mine.release(own), "closed");
    assertRefused(closed, () -> mine.put(own, 0, remote, 0, 8), "closed");
    assertRefused(closed, () -> mine.get(remote, 0, own, 0, 8), "closed");
    assertRefused(closed, () -> mine.putSignal(own, 0, remote, 0, 8, 0, 1), "closed");
    assertRefused(closed, () -> mine.signal(1, 0, 1), "closed");
    assertRefused(closed, () -> mine.addSignal(1, 0, 1), "closed");
    assertRefused(closed, () -> mine.awaitSignal(0, 0, soon(), 1), "closed");
    assertRefused(closed, () -> mine.awaitActivity(-1, 1, soon()), "closed");
    assertRefused(closed, () -> mine.send(1, own, 0, 8, soon()), "closed");
    assertRefused(closed, () -> mine.receive(1, own, 0, 8, soon()), "closed");
    assertRefused(closed, () -> mine.flush(1, soon()), "closed");
    assertRefused(closed, mine::progress, "closed");
    assertThatThrownBy(own::segment)
        .isInstanceOfAny(IllegalStateException.class, TransportException.class);
    assertThat(mine.rank()).isZero();
  }

  @Test
  void groupsComeAndGo() {
    for (int i = 0; i < 50; i++) {
      try (Ranks group = Ranks.open(provider(), 2, SIGNALS)) {
        Region own = shared(group.rank(0), 1 << 20, "own");
        Region remote = group.rank(1).attach(0, group.rank(0).export(own));
        Region src = shared(group.rank(1), 64, "src");
        group.rank(1).putSignal(src, 0, remote, 0, 64, 0, 1);
        group.rank(0).awaitSignal(0, 1, soon(), 1);
      }
    }
  }

  // ---- kernels

  @Test
  void kernelsReachAttachedMemoryWhereTheTransportLoads() {
    Ranks group = open(2);
    Region theirs = shared(group.rank(1), 400, "theirs");
    Region remote = group.rank(0).attach(1, group.rank(1).export(theirs));
    if (!group.rank(0).loads(1)) {
      return;
    }
    fill(theirs, 0, 400, 6);
    Region own = shared(group.rank(0), 100, "own");
    group.rank(0).kernels().gatherRows(Span.of(own), new Span(remote, 200), 100, 1, null);
    assertSame(own, 0, theirs, 200, 100);
  }

  /** The kernels of this transport, on memory of this transport. */
  @Nested
  class Kernels extends RowKernelsContract {
    private Transport mine;

    @Override
    protected RowKernels kernels() {
      return transport().kernels();
    }

    @Override
    protected Region allocate(long bytes, String purpose) {
      return transport().allocate(MemoryKind.SHARED, bytes, purpose);
    }

    private Transport transport() {
      if (mine == null) {
        mine = open(1).rank(0);
      }
      return mine;
    }
  }

  // ---- what failures look like

  private static void assertRefused(
      Class<? extends Exception> type, ThrowingCallable call, String... words) {
    Throwable failure = catchThrowable(call);
    assertThat(failure).isInstanceOf(type);
    assertOneLine(failure);
    assertNames(failure, words);
  }

  private static TransportException failure(ThrowingCallable call, int rank, String... words) {
    Throwable failure = catchThrowable(call);
    assertCulprit(failure, rank);
    assertNames(failure, words);
    return (TransportException) failure;
  }

  private static void assertCulprit(Throwable failure, int rank) {
    assertThat(failure).isInstanceOf(TransportException.class);
    assertThat(((TransportException) failure).rank()).isEqualTo(rank);
    assertOneLine(failure);
  }

  private static void assertNames(Throwable failure, String... words) {
    for (String word : words) {
      assertThat(failure.getMessage()).contains(word);
    }
  }

  private static void assertOneLine(Throwable failure) {
    assertThat(failure.getMessage()).isNotBlank().doesNotContain("\n");
  }
}
