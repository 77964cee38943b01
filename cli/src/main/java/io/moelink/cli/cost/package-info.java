/**
 * The cost model on the command line: {@link io.moelink.cli.cost.SimulateCommand} and {@link
 * io.moelink.cli.cost.StrategiesCommand}.
 */
package io.moelink.cli.cost;
