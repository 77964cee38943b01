/**
 * What a training runtime embeds.
 *
 * <p>The central type is {@link io.moelink.ExpertGroup}: one rank's membership in a group of ranks
 * that hold the experts of a Mixture-of-Experts layer together. Every rank opens one with the same
 * {@link io.moelink.ExpertGroupConfig}, and from then on all ranks make the same calls in the same
 * order.
 *
 * <p>Life of a layer: {@link io.moelink.ExpertGroup#dispatch dispatch} brings every token's row to
 * the experts that it chose and returns them with a {@link io.moelink.Handle}; the caller runs its
 * experts on them; {@link io.moelink.ExpertGroup#combine combine} brings the rows back and sums
 * them. The handle keeps the routing: it serves further dispatches of the same routing and the
 * backward calls, until it is closed.
 *
 * <p>Threads: a group and all that it made are used by one thread at a time. Ranks may be threads
 * of one process, each with its own group, or processes.
 *
 * <p>Errors: {@link io.moelink.layout.InvalidInputException} for values that cannot be used, {@link
 * io.moelink.MoelinkException} for calls that do not fit the group's state, {@link
 * io.moelink.transport.TransportException} for ranks that failed; after the last a group can only
 * be closed, or {@linkplain io.moelink.ExpertGroup#shrink shrunk} to the ranks that are left.
 */
package io.moelink;
