/**
 * How the ranks of a job find each other before a transport exists: rank, size, an all-gather of a
 * few bytes and a barrier. {@link io.moelink.bootstrap.Bootstraps} makes them; a training runtime
 * can pass its own {@link io.moelink.bootstrap.Bootstrap}.
 */
package io.moelink.bootstrap;
