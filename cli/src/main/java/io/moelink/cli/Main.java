package io.moelink.cli;

import io.moelink.cli.calibrate.BenchCommand;
import io.moelink.cli.cost.SimulateCommand;
import io.moelink.cli.cost.StrategiesCommand;
import io.moelink.cli.demo.DemoCommand;
import io.moelink.cli.exchange.ExchangeCommand;
import io.moelink.cli.launch.LaunchCommand;
import io.moelink.cli.launch.LauncherWatch;
import io.moelink.cli.layout.LayoutCommand;
import io.moelink.cli.report.ReportCommand;
import io.moelink.cli.topology.TopologyCommand;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/**
 * The root command. Exit codes: 0 done, 1 the work failed or a check did not hold, 2 bad usage or
 * bad input. An error is one line on standard error; {@code --debug} adds the stack trace.
 */
@Command(
    name = "moelink",
    description = "Expert-parallel dispatch and combine for Mixture-of-Experts models.",
    subcommands = {
      BenchCommand.class,
      DemoCommand.class,
      ExchangeCommand.class,
      LaunchCommand.class,
      LayoutCommand.class,
      ReportCommand.class,
      SimulateCommand.class,
      StrategiesCommand.class,
      TopologyCommand.class
    },
    sortOptions = false)
public final class Main implements Callable<Integer> {
  /** The work was done. */
  public static final int DONE = 0;

  /** The work failed, or a check did not hold. */
  public static final int FAILED = 1;

  /** Bad usage or bad input. */
  public static final int BAD_INPUT = 2;

  @Spec private CommandSpec spec;

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Print stack traces of errors.")
  private boolean debug;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "Show this help and exit.")
  private boolean help;

  private Main() {}

  /** Runs the command and ends the process with its exit code. */
  public static void main(String[] args) {
    LauncherWatch.start();
    PrintWriter out = new PrintWriter(System.out, true);
    PrintWriter err = new PrintWriter(System.err, true);
    System.exit(run(out, err, args));
  }

  /** Runs the command in this process; returns its exit code. */
  public static int run(PrintWriter out, PrintWriter err, String... args) {
    Main main = new Main();
    CommandLine line = new CommandLine(main);
    // the words of a command that is launched are its own, and go to it as they are
    line.getSubcommands().get(LaunchCommand.NAME).setStopAtPositional(true);
    return Commands.run(line, () -> main.debug, out, err, args);
  }

  /** Only reached without a subcommand. */
  @Override
  public Integer call() {
    throw new ParameterException(spec.commandLine(), "found no command");
  }
}
