package io.moelink.nativestubs.abi;

/** {@code mlk_code}: what the functions return. */
public final class Codes {
  public static final int OK = 0;

  // normal states
  public static final int TIMEOUT_SLICE = -1;
  public static final int AGAIN = -2;
  public static final int TIMEOUT = -3;

  // faults of the caller
  public static final int INVALID = -10;
  public static final int STRUCT = -11;
  public static final int RANGE = -12;
  public static final int HANDLE = -13;
  public static final int KEY = -14;
  public static final int PEER = -15;
  public static final int ALIGN = -16;
  public static final int UNSUPPORTED = -17;
  public static final int CLOSED = -18;
  public static final int STATE = -19;
  public static final int LENGTH = -20;

  // faults outside the call
  public static final int STALE_KEY = -30;
  public static final int NO_MEMORY = -31;
  public static final int SYSTEM = -32;
  public static final int PEER_DEAD = -33;
  public static final int PEER_CLOSED = -34;
  public static final int ABORTED = -35;

  private Codes() {}
}
