package io.moelink.layout.routing;

import java.util.ArrayList;
import java.util.List;

/** The slow, obvious slot index: for every expert, look at every slot. */
public final class SlotIndexReference {
  private SlotIndexReference() {}

  /** The slots of every expert, ascending. */
  public static List<List<Integer>> slotsByExpert(TopK topK) {
    List<List<Integer>> byExpert = new ArrayList<>();
    for (int expert = 0; expert < topK.experts(); expert++) {
      byExpert.add(new ArrayList<>());
    }
    for (int token = 0; token < topK.tokens(); token++) {
      for (int k = 0; k < topK.topK(); k++) {
        if (topK.id(token, k) != TopK.NONE) {
          byExpert.get(topK.id(token, k)).add(token * topK.topK() + k);
        }
      }
    }
    return byExpert;
  }
}
