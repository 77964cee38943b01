package io.moelink.bench.compare;

import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Compares moelink with others that do the same work. */
@Command(
    name = "compare",
    description = {
      "Lets moelink and others do the same work in turns: dispatch and combine of the same routing,"
          + " BF16, every bit verified. Prints medians of rounds, the quartiles around them, and"
          + " ratios, apart for each state of the host's memory."
    },
    sortOptions = false)
final class CompareCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--cases",
      split = ",",
      paramLabel = "RxT[-trace]",
      defaultValue = "2x4096,2x128",
      description =
          "Ranks x tokens of each: top-8 of 256 experts, uniform, hidden 7168; with -trace layer 12"
              + " of the recorded gpt-oss-20b, hidden 2880 (default: ${DEFAULT-VALUE}).")
  private List<String> cases;

  @Mixin private CompareOptions options;

  private CompareCommand() {}

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    List<Case> parsed = Case.parseAll(cases);
    List<MatchResult> results = new Tournament(options, spec.commandLine().getErr()).run(parsed);
    results.forEach(result -> FigureTable.print(result, out));
    return 0;
  }
}
