/** Benchmarks: what the layouts and the exchange cost, measured with JMH. */
package io.moelink.bench;
