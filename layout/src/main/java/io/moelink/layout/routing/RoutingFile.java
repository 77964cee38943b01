package io.moelink.layout.routing;

import io.moelink.layout.InvalidInputException;
import io.moelink.layout.npy.NpyArray;
import io.moelink.layout.npy.NpyFile;
import io.moelink.layout.npy.NpyType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.OptionalInt;

/**
 * Routing recorded in .npy files: expert ids [tokens, K] or [tokens, layers, K] (uint8, int16,
 * int32 or int64), and, if there are any, weights of the same shape (float16 or float32). Tokens
 * are dealt to ranks in order. Only the layer that is asked for is read.
 *
 * <p>Everything that does not fit is refused with {@link InvalidInputException}, one line that
 * starts with the file.
 *
 * @param ids file of expert ids
 * @param weights file of weights, or null for 1/K each
 * @param layer which layer of a file with layers; empty for a file without
 */
public record RoutingFile(Path ids, Path weights, OptionalInt layer) {
  public RoutingFile {
    Objects.requireNonNull(ids);
    Objects.requireNonNull(layer);
  }

  /** Tokens in the file of ids. */
  public long tokens() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      NpyArray array = NpyFile.map(ids, arena);
      checkIdShape(array);
      return array.shape()[0];
    }
  }

  /** Choices of one token, K. */
  public int topK() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      NpyArray array = NpyFile.map(ids, arena);
      checkIdShape(array);
      long[] shape = array.shape();
      return (int) shape[shape.length - 1];
    }
  }

  /**
   * Reads and checks the choices of every rank.
   *
   * @param experts experts of the layer, E
   * @param tokensPerRank int32 [R]: rank 0 gets the first {@code tokensPerRank[0]} tokens, rank 1
   *     the next ones, and so on; what is left of the file is not used
   * @return one for each rank
   */
  public TopK[] load(int experts, int[] tokensPerRank) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      NpyArray idArray = NpyFile.map(ids, arena);
      checkIdShape(idArray);
      IdType type = idType(idArray.type());
      Slice slice = slice(idArray);
      TopKChecks.checkSizes(ids + ": ", TopKChecks.NO_RANK, 0, slice.topK, experts);
      NpyArray weightArray = weights == null ? null : NpyFile.map(weights, arena);
      if (weightArray != null) {
        checkWeightArray(weightArray, idArray);
      }
      checkTokens(idArray.shape()[0], tokensPerRank);
      TopK[] ranks = new TopK[tokensPerRank.length];
      long firstToken = 0;
      for (int rank = 0; rank < ranks.length; rank++) {
        ranks[rank] =
            rank(rank, idArray, type, weightArray, slice, firstToken, tokensPerRank[rank], experts);
        firstToken += tokensPerRank[rank];
      }
      return ranks;
    }
  }

  /** Where the K choices of a token lie: {@code (token * stride + offset) .. + topK}. */
  private record Slice(long stride, long offset, int topK) {
    long start(long token) {
      return token * stride + offset;
    }
  }

  private TopK rank(
      int rank,
      NpyArray idArray,
      IdType type,
      NpyArray weightArray,
      Slice slice,
      long firstToken,
      int tokens,
      int experts) {
    String prefix = ids + ": ";
    int topK = slice.topK;
    TopKChecks.checkSizes(prefix, rank, tokens, topK, experts);
    int[] rankIds = new int[tokens * topK];
    for (int token = 0; token < tokens; token++) {
      long start = slice.start(firstToken + token);
      type.copy(idArray.data(), start * type.bytes(), rankIds, token * topK, topK);
    }
    TopKChecks.checkIds(
        prefix,
        rank,
        rankIds,
        tokens,
        topK,
        experts,
        type.lowestId(),
        slot ->
            type.widen(
                idArray.data(),
                (slice.start(firstToken + slot / topK) + slot % topK) * type.bytes()));
    float[] rankWeights =
        weightArray == null
            ? TopK.equalWeights(tokens, topK)
            : rankWeights(rank, weightArray, slice, firstToken, tokens);
    return new TopK(rankIds, rankWeights, tokens, topK, experts);
  }

  private float[] rankWeights(
      int rank, NpyArray weightArray, Slice slice, long firstToken, int tokens) {
    float[] floats = new float[tokens * slice.topK];
    for (int token = 0; token < tokens; token++) {
      long start = slice.start(firstToken + token);
      for (int k = 0; k < slice.topK; k++) {
        floats[token * slice.topK + k] = (float) weightArray.getDouble(start + k);
      }
    }
    TopKChecks.checkWeights(weights + ": ", rank, floats, tokens, slice.topK);
    return floats;
  }

  private void checkIdShape(NpyArray array) {
    long[] shape = array.shape();
    if (shape.length != 2 && shape.length != 3) {
      throw new InvalidInputException(
          ids
              + ": shape "
              + NpyArray.shapeText(shape)
              + ", expected [tokens, K] or [tokens, layers, K]");
    }
    long topK = shape[shape.length - 1];
    if (topK < 1 || topK > TopK.MAX_TOP_K) {
      throw new InvalidInputException(
          ids
              + ": shape "
              + NpyArray.shapeText(shape)
              + ": top-k "
              + topK
              + ", expected 1.."
              + TopK.MAX_TOP_K);
    }
  }

  private IdType idType(NpyType type) {
    return switch (type) {
      case UINT8 -> IdType.UINT8;
      case INT16 -> IdType.INT16;
      case INT32 -> IdType.INT32;
      case INT64 -> IdType.INT64;
      default ->
          throw new InvalidInputException(
              ids + ": type " + type + ", expected uint8, int16, int32 or int64");
    };
  }

  private Slice slice(NpyArray array) {
    long[] shape = array.shape();
    int topK = (int) shape[shape.length - 1];
    if (shape.length == 2) {
      if (layer.isPresent()) {
        throw new InvalidInputException(
            ids
                + ": layer "
                + layer.getAsInt()
                + " of shape "
                + NpyArray.shapeText(shape)
                + ", which has no layers, expected no layer");
      }
      return new Slice(topK, 0, topK);
    }
    if (layer.isEmpty()) {
      throw new InvalidInputException(
          ids
              + ": shape "
              + NpyArray.shapeText(shape)
              + " has layers and no layer is given, expected a layer 0.."
              + (shape[1] - 1));
    }
    if (layer.getAsInt() < 0 || layer.getAsInt() >= shape[1]) {
      throw new InvalidInputException(
          ids + ": layer " + layer.getAsInt() + ", expected 0.." + (shape[1] - 1));
    }
    return new Slice(shape[1] * topK, (long) layer.getAsInt() * topK, topK);
  }

  private void checkWeightArray(NpyArray weightArray, NpyArray idArray) {
    if (weightArray.type() != NpyType.FLOAT16 && weightArray.type() != NpyType.FLOAT32) {
      throw new InvalidInputException(
          weights + ": type " + weightArray.type() + ", expected float16 or float32");
    }
    if (!Arrays.equals(weightArray.shape(), idArray.shape())) {
      throw new InvalidInputException(
          String.format(
              "%s: shape %s, expected %s, the shape of %s",
              weights,
              NpyArray.shapeText(weightArray.shape()),
              NpyArray.shapeText(idArray.shape()),
              ids));
    }
  }

  private void checkTokens(long found, int[] tokensPerRank) {
    for (int rank = 0; rank < tokensPerRank.length; rank++) {
      if (tokensPerRank[rank] < 0) {
        throw new InvalidInputException(
            "rank " + rank + ": " + tokensPerRank[rank] + " tokens, expected 0 or more");
      }
    }
    long expected = TokenCounts.sum(tokensPerRank);
    if (found < expected) {
      throw new InvalidInputException(
          ids
              + ": "
              + found
              + " tokens, expected at least "
              + expected
              + " for "
              + tokensPerRank.length
              + " ranks");
    }
  }
}
