package io.moelink.bench.compare;

import io.moelink.bench.job.Job;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** PyTorch's gloo, one process a rank ({@code gloo.py}). */
record Gloo(Programs programs) implements Contestant {
  /** Debian's: another python may be the first on the PATH. */
  private static final String PYTHON = "/usr/bin/python3";

  private static final long LOOK_SECONDS = 60;

  @Override
  public String name() {
    return "gloo";
  }

  @Override
  public Optional<String> missing() {
    String needs =
        "needs PyTorch for " + PYTHON + ": apt-get install -y python3-torch, or --install";
    String look =
        "import numpy, torch.distributed as d; raise SystemExit(not d.is_gloo_available())";
    try {
      Process process =
          new ProcessBuilder(PYTHON, "-c", look)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      boolean ended = process.waitFor(LOOK_SECONDS, TimeUnit.SECONDS);
      process.destroyForcibly();
      return ended && process.exitValue() == 0 ? Optional.empty() : Optional.of(needs);
    } catch (IOException noPython) {
      return Optional.of(needs + " (" + noPython.getMessage() + ")");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while " + PYTHON + " looked for PyTorch", e);
    }
  }

  @Override
  public Start start(Job job, Workplace place) {
    List<String> command =
        List.of(
            PYTHON,
            programs.python("gloo.py").toString(),
            place.socket().toString(),
            place.job().toString());
    return Start.ofRanks(job.ranks(), command);
  }

  @Override
  public long bytes(Job job) {
    return JobBytes.ofRows(job) + 4 * JobBytes.ofUnique(job) + ((long) job.ranks() * 400 << 20);
  }
}
