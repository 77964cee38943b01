package io.moelink.cli.calibrate;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What is measured without JMH; all other words behind {@code bench} go to JMH. */
@Command(
    name = "bench",
    description =
        "Measures. Other words than these go to JMH: moelink bench -h says what it takes.",
    subcommands = TransportCommand.class,
    sortOptions = false)
public final class BenchCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  private BenchCommand() {}

  /** Only reached without a subcommand. */
  @Override
  public Integer call() {
    throw new ParameterException(spec.commandLine(), "found no command");
  }
}
