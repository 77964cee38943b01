package io.moelink.nativestubs.abi;

import io.moelink.kernel.HostKernels;
import io.moelink.transport.Availability;
import io.moelink.transport.Transports;

/** Says, in three lines, why shm is not there, what to do, and which kernels loopback takes. */
final class SayWhatIsThere {
  private SayWhatIsThere() {}

  public static void main(String[] arguments) {
    switch (Transports.named("shm").availability()) {
      case Availability.Unavailable missing -> {
        System.out.println(missing.why());
        System.out.println(missing.whatToDo());
      }
      case Availability.Available there -> System.out.println(there + "\n");
    }
    System.out.println(HostKernels.open().name());
  }
}
