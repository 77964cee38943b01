package io.moelink.layout.topology;

/**
 * Where a rank sits. All numbers count from 0 over the whole topology, except the die, which counts
 * inside its card.
 *
 * @param node server
 * @param domain set of VNodes that reduce together before rows cross further
 * @param vnode group of ranks that all reach one another directly
 * @param card accelerator card
 * @param die die of that card, 0 where a rank is a whole card
 */
public record RankCoordinates(int node, int domain, int vnode, int card, int die) {}
