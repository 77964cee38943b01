package io.moelink.transport;

import io.moelink.kernel.RowKernels;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A transport that passes every call on and fails with an {@link AssertionError} when a second
 * thread calls while one is inside, except for the methods that {@link Transport} opens to all
 * threads. The kernels of the transport are under the same watch.
 */
public final class ThreadCheckingTransport {
  private record Inside(Thread thread, String method) {}

  private static final Set<String> FOR_ANY_THREAD =
      Set.of(
          "name",
          "rank",
          "size",
          "capabilities",
          "loads",
          "signalValue",
          "activity",
          "abort",
          "close",
          "kernels",
          "toString",
          "hashCode",
          "equals");

  private final int rank;
  private final AtomicReference<Inside> inside = new AtomicReference<>();
  private final RowKernels kernels;

  private ThreadCheckingTransport(Transport transport) {
    this.rank = transport.rank();
    this.kernels = watch(RowKernels.class, transport.kernels(), Set.of("name", "toString"));
  }

  /** A watched view of a transport. */
  public static Transport around(Transport transport) {
    ThreadCheckingTransport checker = new ThreadCheckingTransport(transport);
    return checker.watch(Transport.class, transport, FOR_ANY_THREAD);
  }

  private <T> T watch(Class<T> type, T target, Set<String> forAnyThread) {
    InvocationHandler handler =
        (proxy, method, arguments) -> {
          if (method.getName().equals("kernels")) {
            return kernels;
          }
          if (forAnyThread.contains(method.getName())) {
            return call(target, method, arguments);
          }
          Inside mine = enter(method.getName());
          try {
            return call(target, method, arguments);
          } finally {
            inside.compareAndSet(mine, null);
          }
        };
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
  }

  private Inside enter(String method) {
    Inside mine = new Inside(Thread.currentThread(), method);
    Inside other = inside.compareAndExchange(null, mine);
    if (other != null) {
      throw new AssertionError(
          "transport of rank=%d: thread '%s' calls %s while thread '%s' is in %s"
              .formatted(
                  rank, mine.thread.getName(), method, other.thread.getName(), other.method));
    }
    return mine;
  }

  private static Object call(Object target, Method method, Object[] arguments) throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
