package io.moelink.cli;

import io.moelink.layout.InvalidInputException;
import java.io.PrintWriter;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import picocli.CommandLine;

/** Runs commands with the exit codes and the one-line errors that all of moelink's have. */
public final class Commands {
  private Commands() {}

  /**
   * Runs a command in this process; returns its exit code.
   *
   * @param debug whether errors come with their stack traces, asked when the options are known
   */
  public static int run(
      CommandLine line, BooleanSupplier debug, PrintWriter out, PrintWriter err, String... args) {
    line.setOut(out);
    line.setErr(err);
    line.setExpandAtFiles(false);
    line.setParameterExceptionHandler(
        (e, given) -> {
          String command = e.getCommandLine().getCommandSpec().qualifiedName();
          String advice = ", expected what " + command + " --help says";
          return report(debug, err, e, advice, Main.BAD_INPUT);
        });
    line.setExecutionExceptionHandler(
        (e, command, parsed) -> {
          boolean badInput = e instanceof InvalidInputException;
          return report(debug, err, e, "", badInput ? Main.BAD_INPUT : Main.FAILED);
        });
    int code = line.execute(args);
    out.flush();
    err.flush();
    return code;
  }

  private static int report(
      BooleanSupplier debug, PrintWriter err, Exception e, String advice, int code) {
    String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    String line = message.strip().lines().collect(Collectors.joining("; "));
    err.println("moelink: " + line + advice);
    if (debug.getAsBoolean()) {
      e.printStackTrace(err);
    }
    return code;
  }
}
