package io.moelink.layout.routing;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The experts that the tokens of one rank chose, and the weights of those choices.
 *
 * <pre>
 *              slot 0   slot 1   ...  slot K-1
 *   token 0  [   7        31             -1   ]     ids:     int32   [T, K] row-major
 *   token 1  [   0         5             12   ]     weights: float32 [T, K] row-major
 *   ...
 * </pre>
 *
 * A choice is an expert 0..E-1 or {@link #NONE}; {@code NONE} may stand in any slot, any number of
 * times. The number of a choice in the whole rank, {@code token * K + k}, is called its slot too
 * where no token is named.
 *
 * <p>Every factory checks its input and throws {@link io.moelink.layout.InvalidInputException} with
 * one line naming rank, token and slot, what was found and what is allowed: an id below -1 or
 * beyond the experts, an expert named twice by one token, arrays of another length, weights that
 * are not finite. The rank serves those messages only; it is 0 where none is given. Weights of
 * {@code null} mean 1/K for every slot.
 *
 * <p>Immutable as long as the arrays handed out by {@link #ids()} and {@link #weights()} are only
 * read; may be shared between threads.
 */
public final class TopK {
  /** The id of a slot without an expert. */
  public static final int NONE = -1;

  /** Most choices of one token. */
  public static final int MAX_TOP_K = 32;

  /** Most experts of one layer. */
  public static final int MAX_EXPERTS = 65_536;

  /** Most slots (tokens times K) of one rank. */
  public static final int MAX_SLOTS = 1 << 30;

  private final int[] ids;
  private final float[] weights;
  private final int tokens;
  private final int topK;
  private final int experts;

  TopK(int[] ids, float[] weights, int tokens, int topK, int experts) {
    this.ids = ids;
    this.weights = weights;
    this.tokens = tokens;
    this.topK = topK;
    this.experts = experts;
  }

  /** As {@link #of(int, int[], float[], int, int, int)}, for rank 0. */
  public static TopK of(int[] ids, float[] weights, int tokens, int topK, int experts) {
    return of(0, ids, weights, tokens, topK, experts);
  }

  /** As {@link #of(int, long[], float[], int, int, int)}, for rank 0. */
  public static TopK of(long[] ids, float[] weights, int tokens, int topK, int experts) {
    return of(0, ids, weights, tokens, topK, experts);
  }

  /** Copies and checks {@code ids[tokens * topK]} and {@code weights[tokens * topK]} (or null). */
  public static TopK of(int rank, int[] ids, float[] weights, int tokens, int topK, int experts) {
    return wrap(rank, ids.clone(), weights == null ? null : weights.clone(), tokens, topK, experts);
  }

  /** Copies and checks 64-bit ids. */
  public static TopK of(int rank, long[] ids, float[] weights, int tokens, int topK, int experts) {
    checkShape("ids", ids.length, rank, tokens, topK, experts);
    int[] copy = new int[ids.length];
    for (int slot = 0; slot < copy.length; slot++) {
      copy[slot] = TopKChecks.narrow(ids[slot]);
    }
    TopKChecks.checkIds("", rank, copy, tokens, topK, experts, NONE, slot -> ids[(int) slot]);
    return new TopK(copy, checkedCopy(weights, rank, tokens, topK), tokens, topK, experts);
  }

  /** Copies and checks signed 16-bit ids. */
  public static TopK of(int rank, short[] ids, float[] weights, int tokens, int topK, int experts) {
    checkShape("ids", ids.length, rank, tokens, topK, experts);
    int[] copy = new int[ids.length];
    for (int slot = 0; slot < copy.length; slot++) {
      copy[slot] = ids[slot];
    }
    TopKChecks.checkIds("", rank, copy, tokens, topK, experts, NONE, slot -> copy[(int) slot]);
    return new TopK(copy, checkedCopy(weights, rank, tokens, topK), tokens, topK, experts);
  }

  /** Copies and checks unsigned 8-bit ids: 0..255, so there is no way to say "no expert". */
  public static TopK of(int rank, byte[] ids, float[] weights, int tokens, int topK, int experts) {
    checkShape("ids", ids.length, rank, tokens, topK, experts);
    int[] copy = new int[ids.length];
    for (int slot = 0; slot < copy.length; slot++) {
      copy[slot] = Byte.toUnsignedInt(ids[slot]);
    }
    TopKChecks.checkIds("", rank, copy, tokens, topK, experts, 0, slot -> copy[(int) slot]);
    return new TopK(copy, checkedCopy(weights, rank, tokens, topK), tokens, topK, experts);
  }

  /**
   * Copies and checks ids and weights that lie outside the heap (or in it), dense and little
   * endian, at any alignment.
   *
   * @param ids exactly {@code tokens * topK} ids of {@code type}
   * @param weights exactly {@code tokens * topK} float32, or null for 1/K
   */
  public static TopK of(
      int rank,
      MemorySegment ids,
      IdType type,
      MemorySegment weights,
      int tokens,
      int topK,
      int experts) {
    TopKChecks.checkSizes("", rank, tokens, topK, experts);
    TopKChecks.checkBytes("ids", ids.byteSize(), type.bytes(), rank, tokens, topK);
    if (weights != null) {
      TopKChecks.checkBytes("weights", weights.byteSize(), Float.BYTES, rank, tokens, topK);
    }
    int[] copy = new int[tokens * topK];
    type.copy(ids, 0, copy, 0, copy.length);
    TopKChecks.checkIds(
        "",
        rank,
        copy,
        tokens,
        topK,
        experts,
        type.lowestId(),
        slot -> type.widen(ids, slot * type.bytes()));
    float[] checked = weights == null ? null : toFloats(weights, copy.length);
    return new TopK(copy, checkedWeights(checked, rank, tokens, topK), tokens, topK, experts);
  }

  /**
   * As {@link #of(int, int[], float[], int, int, int)} without copying: the caller gives the arrays
   * away and must not change them as long as this object is used.
   */
  public static TopK wrap(int rank, int[] ids, float[] weights, int tokens, int topK, int experts) {
    checkShape("ids", ids.length, rank, tokens, topK, experts);
    TopKChecks.checkIds("", rank, ids, tokens, topK, experts, NONE, slot -> ids[(int) slot]);
    return new TopK(ids, checkedWeights(weights, rank, tokens, topK), tokens, topK, experts);
  }

  private static void checkShape(
      String what, int found, int rank, int tokens, int topK, int experts) {
    TopKChecks.checkSizes("", rank, tokens, topK, experts);
    TopKChecks.checkLength(what, found, rank, tokens, topK);
  }

  private static float[] checkedCopy(float[] weights, int rank, int tokens, int topK) {
    return checkedWeights(weights == null ? null : weights.clone(), rank, tokens, topK);
  }

  private static float[] checkedWeights(float[] weights, int rank, int tokens, int topK) {
    if (weights == null) {
      return equalWeights(tokens, topK);
    }
    TopKChecks.checkLength("weights", weights.length, rank, tokens, topK);
    TopKChecks.checkWeights("", rank, weights, tokens, topK);
    return weights;
  }

  static float[] equalWeights(int tokens, int topK) {
    float[] equal = new float[tokens * topK];
    Arrays.fill(equal, 1f / topK);
    return equal;
  }

  private static float[] toFloats(MemorySegment weights, int count) {
    float[] floats = new float[count];
    MemorySegment.copy(
        weights,
        ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN),
        0,
        floats,
        0,
        count);
    return floats;
  }

  /** Tokens of the rank, 0 or more. */
  public int tokens() {
    return tokens;
  }

  /** Slots of one token, K. */
  public int topK() {
    return topK;
  }

  /** Experts of the layer, E. */
  public int experts() {
    return experts;
  }

  /** Slots of the rank, T * K. */
  public int slots() {
    return ids.length;
  }

  /** The expert of a token's slot, or {@link #NONE}. */
  public int id(int token, int slot) {
    return ids[token * topK + slot];
  }

  /** The weight of a token's slot. */
  public float weight(int token, int slot) {
    return weights[token * topK + slot];
  }

  /** int32 [T, K] row-major. The array itself, for hot loops: read it only. */
  public int[] ids() {
    return ids;
  }

  /** float32 [T, K] row-major. The array itself, for hot loops: read it only. */
  public float[] weights() {
    return weights;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TopK that
        && tokens == that.tokens
        && topK == that.topK
        && experts == that.experts
        && Arrays.equals(ids, that.ids)
        && Arrays.equals(weights, that.weights);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * Arrays.hashCode(ids) + Arrays.hashCode(weights)) + experts;
  }

  @Override
  public String toString() {
    return "TopK[tokens=" + tokens + ", topK=" + topK + ", experts=" + experts + "]";
  }
}
