/**
 * Which experts every token goes to, and where those experts live.
 *
 * <p>{@link io.moelink.layout.routing.TopK} holds one rank's checked choices, {@link
 * io.moelink.layout.routing.ExpertPlacement} says which rank holds an expert, and {@link
 * io.moelink.layout.routing.SlotIndex} is the counting sort of one rank's choices by expert that
 * every layout reads; {@link io.moelink.layout.routing.ExpertBuckets} is the faster way to it.
 * Choices come from a caller, from a {@link io.moelink.layout.routing.Gate}, from a {@link
 * io.moelink.layout.routing.RoutingGenerator} or from a {@link
 * io.moelink.layout.routing.RoutingFile}. All but the buckets is immutable after it is built and
 * may be shared between threads.
 */
package io.moelink.layout.routing;
