package io.moelink.transport;

import io.moelink.kernel.RowKernels;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/** A transport that tells of every call to it, and to its kernels, before passing it on. */
public final class WatchedTransport {
  /** Who is told. */
  public interface Watcher {
    /**
     * A call is about to be made, by the thread that makes it.
     *
     * @param rank whose transport it is
     */
    void before(int rank, String method, Object[] arguments);
  }

  private WatchedTransport() {}

  /** A provider whose transports are watched. */
  public static TransportProvider around(TransportProvider provider, Watcher watcher) {
    return new TransportProvider() {
      @Override
      public String name() {
        return "watched " + provider.name();
      }

      @Override
      public Availability availability() {
        return provider.availability();
      }

      @Override
      public Transport open(TransportConfig config) {
        Transport target = provider.open(config);
        RowKernels kernels =
            watch(RowKernels.class, target.kernels(), target.rank(), watcher, null);
        return watch(Transport.class, target, target.rank(), watcher, kernels);
      }
    };
  }

  private static <T> T watch(
      Class<T> type, T target, int rank, Watcher watcher, RowKernels kernels) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              if (method.getName().equals("kernels")) {
                return kernels;
              }
              watcher.before(rank, method.getName(), arguments);
              try {
                return method.invoke(target, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }
}
