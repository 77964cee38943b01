package io.moelink.nativestubs;

import io.moelink.transport.TransportContract;
import io.moelink.transport.TransportProvider;
import io.moelink.transport.Transports;

/** Shared memory under the contract of all transports; ranks are threads here. */
class ShmTransportTest extends TransportContract {
  @Override
  protected TransportProvider provider() {
    return Transports.named("shm");
  }
}
