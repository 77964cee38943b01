/**
 * Which partial sums exist on the way back, and where: the tree of reductions that follows from a
 * topology's relay table, and its masks.
 */
package io.moelink.layout.combine;
