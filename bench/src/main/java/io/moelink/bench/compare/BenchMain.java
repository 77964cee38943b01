package io.moelink.bench.compare;

import io.moelink.cli.Commands;
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
 * The commands of {@code moelink bench} that are not JMH's. Exit codes: 0 done, 1 the work failed
 * or a check did not hold, 2 bad usage or bad input. An error is one line on standard error; {@code
 * --debug} adds the stack trace.
 */
@Command(
    name = "moelink bench",
    description = "Comparisons of moelink with others.",
    subcommands = {CompareCommand.class, RegressCommand.class},
    sortOptions = false)
public final class BenchMain implements Callable<Integer> {
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

  private BenchMain() {}

  /** Runs the command and ends the process with its exit code. */
  public static void main(String[] args) {
    PrintWriter out = new PrintWriter(System.out, true);
    PrintWriter err = new PrintWriter(System.err, true);
    System.exit(run(out, err, args));
  }

  /** Runs the command in this process; returns its exit code. */
  static int run(PrintWriter out, PrintWriter err, String... args) {
    BenchMain main = new BenchMain();
    return Commands.run(new CommandLine(main), () -> main.debug, out, err, args);
  }

  /** Only reached without a subcommand. */
  @Override
  public Integer call() {
    throw new ParameterException(spec.commandLine(), "found no command");
  }
}
