package io.moelink.bench.compare;

import io.moelink.bench.job.Job;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A program on Open MPI.
 *
 * @param programs where its source is
 * @param program name of it, and of its source
 * @param way how its rows go from rank to rank
 * @param copiesUnique how often the rows that are sent lie in buffers of a whole rank
 * @param knownRouting whether the routing is worked out once, not in every round
 */
record OpenMpi(Programs programs, String program, Way way, int copiesUnique, boolean knownRouting)
    implements Contestant {
  /** What carries messages. */
  enum Way {
    SHARED_MEMORY("", "--mca btl self,vader"),
    /** Its TCP, on the loopback interface; without the other engines that would come before it. */
    TCP("-tcp", "--mca pml ob1 --mca btl self,tcp --mca btl_tcp_if_include lo");

    private final String suffix;
    private final String flags;

    Way(String suffix, String flags) {
      this.suffix = suffix;
      this.flags = flags;
    }
  }

  @Override
  public String name() {
    return program.replaceFirst("^mpi", "mpi" + way.suffix);
  }

  @Override
  public Optional<String> missing() {
    return Programs.has("mpirun") && Programs.has("mpicc")
        ? Optional.empty()
        : Optional.of(
            "needs Open MPI: apt-get install -y openmpi-bin libopenmpi-dev, or --install");
  }

  @Override
  public void prepare() {
    programs.compile("mpicc", program, "peer.c");
  }

  @Override
  public Start start(Job job, Workplace place) {
    List<String> command = new ArrayList<>(List.of("mpirun", "--oversubscribe"));
    if (System.getProperty("user.name").equals("root")) {
      command.add("--allow-run-as-root");
    }
    command.addAll(List.of(way.flags.split(" ")));
    // one host: the launcher listens on no other interface
    command.addAll(List.of("--mca", "oob_tcp_if_include", "lo"));
    command.addAll(
        List.of("-n", Integer.toString(job.ranks()), programs.program(program).toString()));
    command.add(place.socket().toString());
    command.add(place.job().toString());
    command.add(knownRouting ? "1" : "0");
    return Start.of(job.ranks(), command);
  }

  @Override
  public long bytes(Job job) {
    return JobBytes.ofRows(job) + copiesUnique * JobBytes.ofUnique(job);
  }
}
