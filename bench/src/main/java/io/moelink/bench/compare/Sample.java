package io.moelink.bench.compare;

/**
 * One timed round.
 *
 * @param batch which contestants took turns with it: those of one batch compare
 * @param contestant its name
 * @param state of the host then
 * @param round its times
 */
record Sample(int batch, String contestant, HostState state, Round round) {}
