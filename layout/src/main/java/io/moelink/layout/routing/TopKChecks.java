package io.moelink.layout.routing;

import io.moelink.layout.InvalidInputException;
import java.util.function.LongUnaryOperator;

/** The checks behind {@link TopK}, and the texts of its refusals. */
final class TopKChecks {
  /** Stands for a 64-bit id that no int holds; below -1, so that the range check refuses it. */
  static final int UNREPRESENTABLE = Integer.MIN_VALUE;

  /** The rank of a size that is the same on every rank: messages leave it out. */
  static final int NO_RANK = -1;

  private static final int EXPONENT = 0x7f800000;
  private static final int LOWEST_EXPONENT_BIT = 0x00800000;

  private TopKChecks() {}

  static int narrow(long id) {
    int narrow = (int) id;
    return narrow == id ? narrow : UNREPRESENTABLE;
  }

  static void checkSizes(String prefix, int rank, int tokens, int topK, int experts) {
    if (experts < 1 || experts > TopK.MAX_EXPERTS) {
      throw refuse(prefix, rank, experts + " experts, expected 1.." + TopK.MAX_EXPERTS);
    }
    if (topK < 1 || topK > TopK.MAX_TOP_K) {
      throw refuse(prefix, rank, "top-k " + topK + ", expected 1.." + TopK.MAX_TOP_K);
    }
    if (topK > experts) {
      throw refuse(
          prefix,
          rank,
          "top-k " + topK + ", expected 1.." + experts + " (there are " + experts + " experts)");
    }
    if (tokens < 0) {
      throw refuse(prefix, rank, tokens + " tokens, expected 0 or more");
    }
    if ((long) tokens * topK > TopK.MAX_SLOTS) {
      throw refuse(
          prefix,
          rank,
          tokens + " tokens, expected at most " + TopK.MAX_SLOTS / topK + " with top-k " + topK);
    }
  }

  static void checkLength(String what, long found, int rank, int tokens, int topK) {
    if (found != (long) tokens * topK) {
      throw refuse(
          "",
          rank,
          found
              + " "
              + what
              + ", expected "
              + (long) tokens * topK
              + " ("
              + tokens
              + " tokens x top-k "
              + topK
              + ")");
    }
  }

  static void checkBytes(String what, long found, int bytes, int rank, int tokens, int topK) {
    long expected = (long) tokens * topK * bytes;
    if (found != expected) {
      throw refuse(
          "",
          rank,
          String.format(
              "%s of %d bytes, expected %d (%d tokens x top-k %d x %d bytes)",
              what, found, expected, tokens, topK, bytes));
    }
  }

  /**
   * Refuses ids out of range and experts named twice by one token. The loop only collects whether
   * anything is wrong, so that the good case has no branch to mispredict; what is wrong is looked
   * up afterwards.
   *
   * @param found the id of a slot as the caller gave it, for the message
   */
  static void checkIds(
      String prefix,
      int rank,
      int[] ids,
      int tokens,
      int topK,
      int experts,
      int lowestId,
      LongUnaryOperator found) {
    int slots = tokens * topK;
    int outside = 0;
    for (int slot = 0; slot < slots; slot++) {
      int id = ids[slot];
      outside |= (id + 1) | (experts - 1 - id);
    }
    // id = MIN_VALUE makes id + 1 negative, id = MAX_VALUE overflows to a negative id + 1
    if (outside < 0) {
      throw outOfRange(prefix, rank, ids, slots, topK, experts, lowestId, found);
    }
    boolean repeated =
        experts <= slots
            ? repeatsByStamp(ids, slots, topK, experts)
            : repeatsByPairs(ids, slots, topK);
    if (repeated) {
      throw namedTwice(prefix, rank, ids, slots, topK);
    }
  }

  /** One pass; worth its array where there are at least as many slots as experts. */
  private static boolean repeatsByStamp(int[] ids, int slots, int topK, int experts) {
    int[] lastToken = new int[experts + 1];
    int repeats = 0;
    for (int start = 0, stamp = 1; start < slots; start += topK, stamp++) {
      for (int slot = start; slot < start + topK; slot++) {
        int entry = ids[slot] + 1;
        // entry 0 is "no expert", which may be repeated
        repeats |= lastToken[entry] == stamp ? entry : 0;
        lastToken[entry] = stamp;
      }
    }
    return repeats != 0;
  }

  private static boolean repeatsByPairs(int[] ids, int slots, int topK) {
    for (int start = 0; start < slots; start += topK) {
      for (int slot = start + 1; slot < start + topK; slot++) {
        for (int earlier = start; earlier < slot; earlier++) {
          if (ids[slot] == ids[earlier] && ids[slot] != TopK.NONE) {
            return true;
          }
        }
      }
    }
    return false;
  }

  static void checkWeights(String prefix, int rank, float[] weights, int tokens, int topK) {
    int slots = tokens * topK;
    int notFinite = 0;
    for (int slot = 0; slot < slots; slot++) {
      // an exponent of all ones carries into the sign bit
      notFinite |= (Float.floatToRawIntBits(weights[slot]) & EXPONENT) + LOWEST_EXPONENT_BIT;
    }
    if (notFinite >= 0) {
      return;
    }
    for (int slot = 0; slot < slots; slot++) {
      if (!Float.isFinite(weights[slot])) {
        throw refuse(
            prefix,
            rank,
            slot / topK,
            slot % topK,
            "weight " + weights[slot] + ", expected a finite number");
      }
    }
  }

  private static InvalidInputException outOfRange(
      String prefix,
      int rank,
      int[] ids,
      int slots,
      int topK,
      int experts,
      int lowestId,
      LongUnaryOperator found) {
    int slot = 0;
    while (slot < slots - 1 && ids[slot] >= TopK.NONE && ids[slot] < experts) {
      slot++;
    }
    String allowed = (lowestId < 0 ? "-1 or " : "") + "0.." + (experts - 1);
    return refuse(
        prefix,
        rank,
        slot / topK,
        slot % topK,
        "expert id " + found.applyAsLong(slot) + ", expected " + allowed);
  }

  private static InvalidInputException namedTwice(
      String prefix, int rank, int[] ids, int slots, int topK) {
    for (int start = 0; start < slots; start += topK) {
      for (int slot = start + 1; slot < start + topK; slot++) {
        for (int earlier = start; earlier < slot; earlier++) {
          if (ids[slot] == ids[earlier] && ids[slot] != TopK.NONE) {
            return new InvalidInputException(
                String.format(
                    "%srank %d, token %d: expert %d named twice, in slots %d and %d",
                    prefix, rank, start / topK, ids[slot], earlier - start, slot - start));
          }
        }
      }
    }
    throw new IllegalStateException("rank=" + rank + " ids changed while they were checked");
  }

  private static InvalidInputException refuse(String prefix, int rank, String what) {
    return new InvalidInputException(
        prefix + (rank == NO_RANK ? "" : "rank " + rank + ": ") + what);
  }

  private static InvalidInputException refuse(
      String prefix, int rank, int token, int slot, String what) {
    return new InvalidInputException(
        prefix + "rank " + rank + ", token " + token + ", slot " + slot + ": " + what);
  }
}
