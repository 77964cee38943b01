package io.moelink;

/**
 * What the backward of combine gives one rank.
 *
 * @param rows gradients of the experts' rows, in the order of dispatch
 * @param weights gradients of this rank's weights, {@code [T * K]}, float32; 0 where a slot has no
 *     expert. Empty for RANK_MAJOR, whose combine has no weights
 */
public record CombineGradients(TokenBuffer rows, float[] weights) {}
