package io.moelink;

import io.moelink.layout.cost.AlgorithmChoice;
import io.moelink.layout.dispatch.StagingPolicy;
import java.util.List;

/**
 * How the rows of a handle travel, and why. The same on all ranks.
 *
 * @param algorithm its name, never {@code auto}
 * @param staging what entries stage, where the algorithm has any
 * @param chunkRows rows of one put, where rows are pushed
 * @param why one line for people, for example {@code hierarchical, simulated 16.118 ms against
 *     allgather 22.412 ms: P2P 1->0 is busiest, 69 % of dispatch}
 * @param estimates what was compared, the fastest first; none where the config leaves no choice
 */
public record Choice(
    String algorithm,
    StagingPolicy staging,
    int chunkRows,
    String why,
    List<AlgorithmChoice.Estimate> estimates) {}
