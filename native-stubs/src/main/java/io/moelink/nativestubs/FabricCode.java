package io.moelink.nativestubs;

/** The return codes of {@code moelink_fabric.h} that Java tells apart. */
final class FabricCode {
  static final int OK = 0;
  static final int TIMEOUT_SLICE = -1;
  static final int AGAIN = -2;
  static final int TIMEOUT = -3;
  static final int HANDLE = -13;
  static final int UNSUPPORTED = -17;
  static final int CLOSED = -18;
  static final int STATE = -19;
  static final int LENGTH = -20;
  static final int STALE_KEY = -30;

  /** Codes from here down are faults outside the call. */
  static final int OUTSIDE = -30;

  private FabricCode() {}
}
