package io.moelink.bench.compare;

import io.moelink.layout.InvalidInputException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
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

  @Option(names = "--svg", paramLabel = "FILE.svg", description = "Draw the ratios there.")
  private Path svg;

  @Option(
      names = "--install",
      description = "First install gcc, Open MPI and PyTorch with apt-get.")
  private boolean install;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  private CompareCommand() {}

  @Override
  public Integer call() throws Exception {
    List<Case> parsed = Case.parseAll(cases);
    if (svg != null) {
      checkPlot();
    }
    if (install) {
      Installer.run();
    }
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    List<MatchResult> results = new Tournament(options, contestant -> true, err).run(parsed);
    if (json) {
      out.println(JsonReport.of(results, options));
    } else {
      out.println(Machine.describe());
      results.forEach(result -> FigureTable.print(result, out));
    }
    if (svg != null && !RatioPlot.write(results, svg)) {
      err.println("moelink bench: no plot, since no state has the roofline and another one");
    }
    return 0;
  }

  /** Before the work, which takes minutes. */
  private void checkPlot() {
    if (!svg.toString().endsWith(".svg")) {
      throw new InvalidInputException(
          "--svg: found " + svg + ", expected a name that ends in .svg");
    }
    if (!Files.isDirectory(svg.toAbsolutePath().getParent())) {
      throw new InvalidInputException(
          "--svg: found "
              + svg
              + ", whose folder is not there, expected a path that can be written");
    }
  }
}
