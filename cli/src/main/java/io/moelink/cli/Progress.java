package io.moelink.cli;

import java.time.Duration;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** A progress bar on standard error, for work that takes more than a moment. For any thread. */
public final class Progress implements AutoCloseable {
  private static final Duration QUIET = Duration.ofSeconds(2);

  private final String task;
  private final long steps;
  private final long start = System.nanoTime();
  private long done;
  private ProgressBar bar;

  public Progress(String task, long steps) {
    this.task = task;
    this.steps = steps;
  }

  /** Counts a step. */
  public synchronized void step() {
    done++;
    if (bar == null && System.nanoTime() - start > QUIET.toNanos()) {
      bar =
          new ProgressBarBuilder()
              .setTaskName(task)
              .setInitialMax(steps)
              .setStyle(ProgressBarStyle.ASCII)
              .build();
    }
    if (bar != null) {
      bar.stepTo(done);
    }
  }

  @Override
  public synchronized void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
