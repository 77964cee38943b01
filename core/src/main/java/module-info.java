/** What a training runtime embeds: expert groups, the transport SPI and the loopback transport. */
module io.moelink {
  requires transitive io.moelink.layout;
}
