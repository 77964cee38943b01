package io.moelink.transport;

import io.moelink.kernel.MemoryKind;
import io.moelink.kernel.ReduceRows;
import io.moelink.kernel.Region;
import io.moelink.kernel.RowKernels;
import io.moelink.kernel.Span;
import io.moelink.layout.plan.Reach;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;

/**
 * A transport of which other ranks' memory is hidden, as behind a network: puts, gets and signals
 * pass; to load it, or to give it to a kernel, is an {@link AssertionError}.
 */
public final class HidingTransport {
  /** A region of a hidden rank. */
  private record Hidden(Region of) implements Region {
    @Override
    public int rank() {
      return of.rank();
    }

    @Override
    public MemoryKind kind() {
      return of.kind();
    }

    @Override
    public long byteSize() {
      return of.byteSize();
    }

    @Override
    public String purpose() {
      return of.purpose();
    }

    @Override
    public MemorySegment segment() {
      throw new AssertionError("load of hidden " + purpose() + " of rank " + rank());
    }
  }

  private final Transport target;
  private final Reach reach;
  private final RowKernels kernels;

  private HidingTransport(Transport target, Reach reach) {
    this.target = target;
    this.reach = reach;
    kernels = proxy(RowKernels.class, (method, arguments) -> kernel(method, arguments));
  }

  /** A provider whose transports load only what {@code reach} says. */
  public static TransportProvider around(TransportProvider provider, Reach reach) {
    return new TransportProvider() {
      @Override
      public String name() {
        return "hiding " + provider.name();
      }

      @Override
      public Availability availability() {
        return provider.availability();
      }

      @Override
      public Transport open(TransportConfig config) {
        HidingTransport hiding = new HidingTransport(provider.open(config), reach);
        return proxy(Transport.class, hiding::call);
      }
    };
  }

  private interface Call {
    Object with(Method method, Object[] arguments) throws Throwable;
  }

  private static <T> T proxy(Class<T> type, Call call) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) ->
                call.with(method, arguments == null ? new Object[0] : arguments)));
  }

  private boolean hides(int rank) {
    return rank != target.rank() && !reach.loads(target.rank(), rank);
  }

  private Object call(Method method, Object[] arguments) throws Throwable {
    return switch (method.getName()) {
      case "kernels" -> kernels;
      case "loads" -> (boolean) pass(target, method, arguments) && !hides((int) arguments[0]);
      case "attach" -> {
        Region region = (Region) pass(target, method, arguments);
        yield hides(region.rank()) ? new Hidden(region) : region;
      }
      default -> pass(target, method, shown(arguments));
    };
  }

  private static Object[] shown(Object[] arguments) {
    Object[] shown = arguments.clone();
    for (int i = 0; i < shown.length; i++) {
      shown[i] = shown[i] instanceof Hidden hidden ? hidden.of() : shown[i];
    }
    return shown;
  }

  private Object kernel(Method method, Object[] arguments) throws Throwable {
    for (Object argument : arguments) {
      if (argument instanceof Span span) {
        refuseHidden(method, span);
      } else if (argument instanceof ReduceRows sum) {
        refuseHidden(method, sum.dst());
        sum.sources().forEach(source -> refuseHidden(method, source));
      }
    }
    return pass(target.kernels(), method, arguments);
  }

  private void refuseHidden(Method kernel, Span span) {
    if (hides(span.region().rank())) {
      throw new AssertionError(
          "%s of rank %d is given hidden %s of rank %d"
              .formatted(
                  kernel.getName(), target.rank(), span.region().purpose(), span.region().rank()));
    }
  }

  private static Object pass(Object target, Method method, Object[] arguments) throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
