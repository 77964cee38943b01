/** What a training runtime embeds: expert groups, the transport SPI and the loopback transport. */
module io.moelink {
  requires transitive io.moelink.layout;
  requires transitive org.apache.arrow.memory.core;
  requires jdk.jfr;

  exports io.moelink;
  exports io.moelink.bootstrap;
  exports io.moelink.kernel;
  exports io.moelink.memory;
  exports io.moelink.transport;
  exports io.moelink.verify;

  uses io.moelink.bootstrap.BootstrapProvider;
  uses io.moelink.kernel.RowKernelsProvider;
  uses io.moelink.transport.TransportProvider;

  provides io.moelink.bootstrap.BootstrapProvider with
      io.moelink.bootstrap.EnvironmentBootstrapProvider,
      io.moelink.bootstrap.HostListBootstrapProvider;
  provides io.moelink.transport.TransportProvider with
      io.moelink.transport.loopback.LoopbackTransportProvider;
}
