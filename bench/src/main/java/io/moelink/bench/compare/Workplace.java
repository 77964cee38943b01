package io.moelink.bench.compare;

import java.nio.file.Path;

/**
 * Files of one running contestant.
 *
 * @param socket where the harness listens
 * @param job file of the job
 * @param barrier file that ranks map to start rounds together
 */
record Workplace(Path socket, Path job, Path barrier) {}
