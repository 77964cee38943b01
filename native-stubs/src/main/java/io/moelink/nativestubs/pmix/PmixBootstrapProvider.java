package io.moelink.nativestubs.pmix;

import io.moelink.bootstrap.Bootstrap;
import io.moelink.bootstrap.BootstrapProvider;
import io.moelink.layout.InvalidInputException;
import java.time.Duration;
import java.util.Map;

/**
 * Ranks that {@code mpirun} or {@code srun --mpi=pmix} has started. They need no port and no secret
 * of their own: the launcher's server on each host lets in the processes of its user. libpmix reads
 * the variables of the process itself, whatever map it is shown.
 */
public final class PmixBootstrapProvider implements BootstrapProvider {
  private static final int PRECEDENCE = 10;
  private static final String RANK = "PMIX_RANK";
  private static final String NAMESPACE = "PMIX_NAMESPACE";

  /** For the service loader. */
  public PmixBootstrapProvider() {}

  @Override
  public String name() {
    return "pmix";
  }

  @Override
  public int precedence() {
    return PRECEDENCE;
  }

  @Override
  public boolean startedWith(Map<String, String> variables) {
    return variables.containsKey(RANK);
  }

  @Override
  public Bootstrap open(Map<String, String> variables, Duration timeout) {
    // without them PMIx would take this process for a job of its own
    for (String variable : new String[] {RANK, NAMESPACE}) {
      if (variables.getOrDefault(variable, "").isBlank()) {
        throw new InvalidInputException(
            variable
                + ": found nothing, expected what mpirun or srun --mpi=pmix gives the processes"
                + " that it starts");
      }
    }
    PmixCalls calls = PmixLibrary.load(variables.get(PmixLibrary.PATH_VARIABLE));
    return PmixBootstrap.open(calls, timeout);
  }
}
