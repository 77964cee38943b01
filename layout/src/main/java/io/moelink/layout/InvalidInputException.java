package io.moelink.layout;

/**
 * Input from outside that cannot be used. The message is one line for a person: what, which
 * rank/token/expert/file/field, found, expected.
 */
public final class InvalidInputException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  public InvalidInputException(String message) {
    super(message);
  }

  public InvalidInputException(String message, Throwable cause) {
    super(message, cause);
  }
}
