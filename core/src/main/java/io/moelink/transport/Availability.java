package io.moelink.transport;

/** Whether a transport can run in this process. */
public sealed interface Availability {
  /** It can. */
  record Available() implements Availability {}

  /**
   * It cannot.
   *
   * @param why what was tried and how it failed
   * @param whatToDo what to install, set or pass so that it can
   */
  record Unavailable(String why, String whatToDo) implements Availability {}

  /** It can. */
  static Availability available() {
    return new Available();
  }
}
