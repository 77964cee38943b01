/** The only module with native access: bindings of the C interface and the transports behind it. */
module io.moelink.nativestubs {
  requires io.moelink;
}
