/**
 * moelink as a contestant of a comparison: a process that holds one or all ranks, and runs rounds
 * when the harness says so.
 */
package io.moelink.bench.rank;
