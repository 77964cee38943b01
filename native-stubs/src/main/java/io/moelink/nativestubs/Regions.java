package io.moelink.nativestubs;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/** The open regions of a transport: their views end with it. For any thread. */
final class Regions {
  private final Set<FabricRegion> open = Collections.newSetFromMap(new IdentityHashMap<>());

  synchronized void add(FabricRegion region) {
    open.add(region);
  }

  synchronized void remove(FabricRegion region) {
    open.remove(region);
  }

  synchronized void endAll() {
    List.copyOf(open).forEach(FabricRegion::end);
    open.clear();
  }
}
