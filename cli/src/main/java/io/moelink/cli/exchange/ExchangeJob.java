package io.moelink.cli.exchange;

import io.moelink.ExpertGroupConfig;
import io.moelink.layout.routing.TopK;
import io.moelink.transport.TransportProvider;
import java.nio.file.Path;

/**
 * What every rank of an exchange does.
 *
 * @param config of the group
 * @param provider of the transport
 * @param routing of all ranks, by rank
 * @param rows of all ranks' tokens
 * @param iterations timed rounds, 1 or more
 * @param verify whether to compare every row with the reference
 * @param out folder for the output files, or null
 */
record ExchangeJob(
    ExpertGroupConfig config,
    TransportProvider provider,
    TopK[] routing,
    RowSource rows,
    int iterations,
    boolean verify,
    Path out) {}
