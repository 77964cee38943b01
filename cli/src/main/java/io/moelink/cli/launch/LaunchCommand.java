package io.moelink.cli.launch;

import io.moelink.bootstrap.HostList;
import io.moelink.cli.Main;
import io.moelink.layout.InvalidInputException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs a command as ranks of this host. */
@Command(
    name = LaunchCommand.NAME,
    description = {
      "Runs a command as N ranks of this host or of every host of a list, which find each other"
          + " through RANK, LOCAL_RANK, WORLD_SIZE, LOCAL_WORLD_SIZE, MASTER_ADDR, MASTER_PORT and"
          + " MOELINK_SECRET.",
      "Standard output of rank 0 is passed on as it is. Standard output of the others and standard"
          + " error of all go to standard error, with [RANK] before each line. Standard input is"
          + " empty.",
      "When a rank fails, the others have 2 seconds to say so and end; then they are terminated,"
          + " and killed after 2 more. Exit code: 0 if all ranks ended with 0, 2 if one that failed"
          + " by itself ended with 2, else 1."
    },
    sortOptions = false)
public final class LaunchCommand implements Callable<Integer> {
  /** How it is called. */
  public static final String NAME = "launch";

  /** Most ranks of one host. */
  static final int RANKS_MAX = 1024;

  private static final String HOSTS = "--hosts";

  @Spec private CommandSpec spec;

  @Option(
      names = {"-n", "--ranks"},
      paramLabel = "N",
      required = true,
      description = "Ranks of this host, 1 to 1024.")
  private int ranks;

  @Option(
      names = HOSTS,
      paramLabel = "HOST,...",
      description =
          "The hosts of a job that has N ranks on each: the same command, with the same"
              + " MOELINK_SECRET, is to be started on all of them. Rank 0 is on the first, at"
              + " MASTER_PORT (default: 29500). Without it the job is on this host alone.")
  private String hosts;

  @Parameters(
      paramLabel = "COMMAND",
      arity = "1..*",
      description = "What each rank runs; all from the first word on is its own.")
  private List<String> command;

  private LaunchCommand() {}

  @Override
  public Integer call() throws Exception {
    if (ranks < 1 || ranks > RANKS_MAX) {
      throw new InvalidInputException("-n: found %d, expected 1 to %d".formatted(ranks, RANKS_MAX));
    }
    Program.check(command.get(0));
    RankEnvironment environment =
        hosts == null
            ? RankEnvironment.ofThisHost(ranks)
            : RankEnvironment.ofHosts(ranks, HOSTS, HostList.parse(HOSTS, hosts), System.getenv());
    LocalJob job = new LocalJob(ranks, environment, command, System.out, System.err);
    LocalJob.Result result = job.run();
    if (result.failed() == null) {
      return Main.DONE;
    }
    spec.commandLine().getErr().println("moelink: launch: " + result.describe());
    return result.failed().code() == Main.BAD_INPUT ? Main.BAD_INPUT : Main.FAILED;
  }
}
