package io.moelink.bench.compare;

import io.moelink.bench.job.Job;
import java.util.List;
import java.util.Optional;

/** The program that measures {@link HostState}; it starts like a contestant. */
record Probe(Programs programs) implements Contestant {
  private static final String NAME = "probe";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Optional<String> missing() {
    return new Roofline(programs).missing();
  }

  @Override
  public void prepare() {
    programs.compile("gcc", NAME);
  }

  @Override
  public Start start(Job job, Workplace place) {
    return Start.of(1, List.of(programs.program(NAME).toString(), place.socket().toString()));
  }

  @Override
  public long bytes(Job job) {
    return 0;
  }
}
