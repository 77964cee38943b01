/**
 * Executes plans: wires the steps of all ranks to signals once, binds a plan to a routing, and runs
 * it on a transport. Knows steps only, no algorithm. Not exported.
 */
package io.moelink.execute;
