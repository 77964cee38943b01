package io.moelink.layout.cost;

import io.moelink.layout.topology.LinkKind;

/**
 * Something that flows share.
 *
 * @param place what it is
 * @param kind of link; LOCAL for a copy engine
 * @param from the rank that sends, or whose engine it is; of a port its card, of a node its number
 * @param to the rank that receives; of a port its card, of a node its number
 * @param bytesPerSecond how much it carries at most
 */
record Resource(LinkUse.Place place, LinkKind kind, int from, int to, double bytesPerSecond) {
  boolean isPort() {
    return place == LinkUse.Place.PORT_OUT || place == LinkUse.Place.PORT_IN;
  }

  /** Whether it is there for several of its kind, so that its bytes are counted with them. */
  boolean isShared() {
    return isPort() || place == LinkUse.Place.NODE;
  }

  /** What it did when it carried so many bytes in so long. */
  LinkUse use(double bytes, double seconds) {
    return new LinkUse(
        place,
        kind,
        place == LinkUse.Place.PORT_IN ? -1 : from,
        place == LinkUse.Place.PORT_OUT ? -1 : to,
        bytes,
        bytesPerSecond / 1e9,
        seconds > 0 ? bytes / bytesPerSecond / seconds : 0);
  }
}
