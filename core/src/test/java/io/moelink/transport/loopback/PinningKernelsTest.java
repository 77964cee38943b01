package io.moelink.transport.loopback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moelink.kernel.MemoryKind;
import io.moelink.kernel.Region;
import io.moelink.kernel.RowKernels;
import io.moelink.kernel.Span;
import io.moelink.transport.Ranks;
import io.moelink.transport.Transports;
import java.lang.reflect.Proxy;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Memory that a kernel works on is not freed by another rank before the kernel is done. */
@Timeout(30)
class PinningKernelsTest {
  @Test
  void releaseWaitsForTheKernelAndALaterKernelIsRefused() throws Exception {
    try (Ranks group = Ranks.open(Transports.named("loopback"), 2, 1)) {
      Region own = group.rank(0).allocate(MemoryKind.SHARED, 64, "window");
      Region attached = group.rank(1).attach(0, group.rank(0).export(own));
      CountDownLatch inside = new CountDownLatch(1);
      AtomicBoolean released = new AtomicBoolean();
      RowKernels kernels =
          new PinningKernels(
              slow(
                  () -> {
                    inside.countDown();
                    Thread.sleep(100);
                    assertThat(released).isFalse();
                  }));
      Span span = Span.of(attached);
      Future<?> worker =
          group.start(
              1,
              mine -> {
                kernels.fill(span, 64, (byte) 1);
                return null;
              });
      inside.await();
      group.rank(0).release(own);
      released.set(true);
      Ranks.result(worker);
      assertThatThrownBy(() -> kernels.gatherRows(span, span, 4, 1, null))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("region 'window' of rank=0 was released by its owner");
    }
  }

  private interface Body {
    void run() throws Exception;
  }

  private static RowKernels slow(Body body) {
    return (RowKernels)
        Proxy.newProxyInstance(
            RowKernels.class.getClassLoader(),
            new Class<?>[] {RowKernels.class},
            (proxy, method, arguments) -> {
              body.run();
              return null;
            });
  }
}
