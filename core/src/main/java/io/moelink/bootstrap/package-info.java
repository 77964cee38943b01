/**
 * How the ranks of a job find each other before a transport exists: rank, size, an all-gather of a
 * few bytes and a barrier. {@link io.moelink.bootstrap.Bootstraps} makes them; a training runtime
 * can pass its own {@link io.moelink.bootstrap.Bootstrap}.
 *
 * <p>Ranks of one JVM meet in memory. Ranks that are processes meet at a port of rank 0 ({@link
 * io.moelink.bootstrap.Bootstraps#fromEnvironment()}) or of what started them ({@link
 * io.moelink.bootstrap.JobStore}): the same meeting, which each of them reaches through a
 * connection on which both ends have proved that they know the job's secret.
 */
package io.moelink.bootstrap;
