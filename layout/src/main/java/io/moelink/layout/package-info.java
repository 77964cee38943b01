/**
 * The layout engine: pure functions from a topology, a placement of experts and the all-gathered
 * top-k ids to the arrays and plans that say which row goes where. No native code and no threads.
 */
package io.moelink.layout;
