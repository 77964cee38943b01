package io.moelink.nativestubs.pmix;

import io.moelink.bootstrap.BootstrapException;
import io.moelink.nativestubs.abi.NativeAccess;
import io.moelink.nativestubs.abi.Symbols;

/**
 * Finds and loads libpmix, for good: where the system looks for libraries, or the file that {@value
 * #PATH_VARIABLE} names. For any thread.
 */
final class PmixLibrary {
  /** Environment variable with the path of libpmix, for those that the system does not find. */
  static final String PATH_VARIABLE = "MOELINK_PMIX";

  private static final String NAME = "libpmix.so.2";

  private PmixLibrary() {}

  /**
   * Its functions.
   *
   * @param path of the library, null to let the system find it
   * @throws BootstrapException saying why it cannot be used and what to do
   */
  static PmixCalls load(String path) {
    if (!NativeAccess.enabled()) {
      throw unusable(
          "the JVM does not let moelink call native code",
          "pass java the flag " + NativeAccess.flag(),
          null);
    }
    String file = path == null || path.isBlank() ? NAME : path;
    try {
      return new PmixCalls(new Symbols(NativeAccess.open(file)), NativeAccess.system());
    } catch (IllegalArgumentException e) {
      throw unusable(
          "cannot use %s: %s".formatted(file, e.getMessage()),
          "apt-get install -y libpmix2, or set %s to the libpmix of the launcher"
              .formatted(PATH_VARIABLE),
          e);
    } catch (LinkageError e) {
      throw unusable("Java cannot call native code here: " + e, "run moelink on Linux", e);
    }
  }

  private static BootstrapException unusable(String why, String whatToDo, Throwable cause) {
    return new BootstrapException(-1, "bootstrap pmix: %s; %s".formatted(why, whatToDo), cause);
  }
}
