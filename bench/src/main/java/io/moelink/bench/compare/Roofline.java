package io.moelink.bench.compare;

import io.moelink.bench.job.Job;
import java.util.List;
import java.util.Optional;

/** The limit: two threads in one address space, which send nothing ({@code roofline.c}). */
record Roofline(Programs programs) implements Contestant {
  static final String NAME = "roofline";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Optional<String> missing() {
    return Programs.has("gcc")
        ? Optional.empty()
        : Optional.of("needs gcc: apt-get install -y gcc");
  }

  @Override
  public void prepare() {
    programs.compile("gcc", NAME);
  }

  @Override
  public Start start(Job job, Workplace place) {
    return Start.of(
        1,
        List.of(
            programs.program(NAME).toString(), place.socket().toString(), place.job().toString()));
  }

  @Override
  public long bytes(Job job) {
    return JobBytes.ofRows(job);
  }
}
