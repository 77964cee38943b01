package io.moelink.bootstrap;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Channel;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Closes a channel when its time is over, which ends whatever read, write or connect a thread is
 * in. A peer that sends one byte now and then cannot stretch it, as it could a timeout of each
 * read. The thread behind it ends with {@link #close}.
 */
final class Deadline implements AutoCloseable {
  private enum State {
    ARMED,
    DISARMED,
    PASSED
  }

  private final AtomicReference<State> state = new AtomicReference<>(State.ARMED);
  private final Thread thread;

  private Deadline(long nanos, Channel channel) {
    thread =
        Thread.ofVirtual()
            .name("moelink-bootstrap-deadline")
            .start(
                () -> {
                  try {
                    Thread.sleep(Duration.ofNanos(Math.max(nanos, 0)));
                  } catch (InterruptedException disarmed) {
                    return;
                  }
                  if (state.compareAndSet(State.ARMED, State.PASSED)) {
                    closeChannel(channel);
                  }
                });
  }

  /** Closes the channel after so many nanoseconds unless it is disarmed before. */
  static Deadline of(long nanos, Channel channel) {
    return new Deadline(nanos, channel);
  }

  /** Whether it has closed the channel, or is about to. */
  boolean passed() {
    return state.get() == State.PASSED;
  }

  /** Disarms it. */
  @Override
  public void close() {
    if (state.compareAndSet(State.ARMED, State.DISARMED)) {
      thread.interrupt();
    }
  }

  /** Closes a socket, of which an error would say nothing that anyone could act on. */
  static void closeChannel(Channel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException("a socket that cannot be closed", e);
    }
  }
}
