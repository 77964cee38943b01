package io.moelink.nativestubs.abi;

/** A backend library, or why it is not there. */
public sealed interface NativeLibrary {
  /**
   * It is there.
   *
   * @param fabric its functions
   * @param from the file or resource that it was loaded from
   */
  record Loaded(Fabric fabric, String from) implements NativeLibrary {}

  /**
   * It is not.
   *
   * @param why which file was tried and how that failed, in one line
   * @param whatToDo what to install, set or pass
   */
  record Missing(String why, String whatToDo) implements NativeLibrary {}
}
