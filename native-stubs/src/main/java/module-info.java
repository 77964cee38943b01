/** The only module with native access: bindings of the C interface and the transports behind it. */
module io.moelink.nativestubs {
  requires io.moelink;

  provides io.moelink.bootstrap.BootstrapProvider with
      io.moelink.nativestubs.pmix.PmixBootstrapProvider;
  provides io.moelink.kernel.RowKernelsProvider with
      io.moelink.nativestubs.NativeKernelsProvider;
  provides io.moelink.transport.TransportProvider with
      io.moelink.nativestubs.ShmTransportProvider;
}
