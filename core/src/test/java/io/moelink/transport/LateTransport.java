package io.moelink.transport;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayDeque;
import java.util.Arrays;

/**
 * A transport whose posted puts read their sources as late as they may, and whose signals follow
 * behind: when its thread waits for something, or has asked for a source for a while. Who changes a
 * source too early sends what it changed it to.
 */
public final class LateTransport {
  /** Asked so often, a source is free: a caller may poll. */
  private static final int PATIENCE = 3;

  /** A put or signal that is to be done. */
  private record Late(Method method, Object[] arguments, long put) {}

  private final Transport target;
  private final ArrayDeque<Late> late = new ArrayDeque<>();
  private final Method put;
  private long posted;
  private long done;
  private int asked;

  private LateTransport(Transport target) {
    this.target = target;
    put =
        Arrays.stream(Transport.class.getMethods())
            .filter(method -> method.getName().equals("put"))
            .findFirst()
            .orElseThrow();
  }

  /** A provider whose transports put late. */
  public static TransportProvider around(TransportProvider provider) {
    return new TransportProvider() {
      @Override
      public String name() {
        return "late " + provider.name();
      }

      @Override
      public Availability availability() {
        return provider.availability();
      }

      @Override
      public Transport open(TransportConfig config) {
        LateTransport late = new LateTransport(provider.open(config));
        return (Transport)
            Proxy.newProxyInstance(
                Transport.class.getClassLoader(),
                new Class<?>[] {Transport.class},
                (proxy, method, arguments) -> late.call(method, arguments));
      }
    };
  }

  private Object call(Method method, Object[] arguments) throws Throwable {
    return switch (method.getName()) {
      case "postPut" -> {
        late.add(new Late(put, arguments, ++posted));
        yield posted;
      }
      case "signal", "addSignal" -> {
        late.add(new Late(method, arguments, posted));
        yield null;
      }
      case "sourceFree" -> {
        if ((long) arguments[0] > done && ++asked % PATIENCE == 0) {
          doAll();
        }
        yield (long) arguments[0] <= done;
      }
      case "awaitSourceFree" -> {
        doAll();
        yield null;
      }
      case "awaitActivity" -> doAll() ? null : pass(method, arguments);
      case "put", "putSignal", "awaitSignal", "flush", "send", "receive", "progress", "close" -> {
        doAll();
        yield pass(method, arguments);
      }
      default -> pass(method, arguments);
    };
  }

  /** Does what is late; false when that is nothing. */
  private boolean doAll() throws Throwable {
    boolean some = !late.isEmpty();
    while (!late.isEmpty()) {
      Late next = late.removeFirst();
      pass(next.method(), next.arguments());
      done = next.put();
    }
    return some;
  }

  private Object pass(Method method, Object[] arguments) throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
