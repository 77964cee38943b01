package io.moelink.nativestubs;

import io.moelink.nativestubs.abi.NativeLibraries;
import io.moelink.nativestubs.fabric.FabricTransports;
import io.moelink.transport.Availability;
import io.moelink.transport.Transport;
import io.moelink.transport.TransportConfig;
import io.moelink.transport.TransportProvider;

/** The transport whose ranks are processes, or threads, of one host with memory in common. */
public final class ShmTransportProvider implements TransportProvider {
  private static final String NAME = "shm";

  /** For the service loader. */
  public ShmTransportProvider() {}

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Availability availability() {
    return FabricTransports.availability(NativeLibraries.shm());
  }

  @Override
  public Transport open(TransportConfig config) {
    return FabricTransports.open(NAME, NativeLibraries.shm(), config);
  }
}
