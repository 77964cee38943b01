package io.moelink.nativestubs;

import io.moelink.nativestubs.abi.NativeLibraries;
import io.moelink.nativestubs.fabric.FabricTransports;
import io.moelink.transport.Availability;
import io.moelink.transport.Transport;
import io.moelink.transport.TransportConfig;
import io.moelink.transport.TransportProvider;

/**
 * The transport whose ranks may be on any host: UCX finds the way between two of them, verbs, TCP
 * or shared memory, among those that its variable UCX_TLS allows.
 */
public final class UcxTransportProvider implements TransportProvider {
  private static final String NAME = "ucx";

  /** For the service loader. */
  public UcxTransportProvider() {}

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Availability availability() {
    return FabricTransports.availability(NativeLibraries.ucx());
  }

  @Override
  public Transport open(TransportConfig config) {
    return FabricTransports.open(NAME, NativeLibraries.ucx(), config);
  }
}
