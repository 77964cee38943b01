/** What a training runtime embeds: expert groups, the transport SPI and the loopback transport. */
module io.moelink {
  requires transitive io.moelink.layout;

  exports io.moelink.bootstrap;
  exports io.moelink.kernel;
  exports io.moelink.transport;

  uses io.moelink.transport.TransportProvider;

  provides io.moelink.transport.TransportProvider with
      io.moelink.transport.loopback.LoopbackTransportProvider;
}
