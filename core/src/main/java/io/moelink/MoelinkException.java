package io.moelink;

/** A call that does not fit the state of its group or handle; nothing was done. */
public final class MoelinkException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public MoelinkException(String message) {
    super(message);
  }
}
