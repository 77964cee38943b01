package io.moelink.nativestubs;

import io.moelink.nativestubs.abi.NativeLibraries;
import io.moelink.nativestubs.abi.NativeLibrary;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Fails a test class when the native library is not there. */
final class NativeRequired implements BeforeAllCallback {
  @Override
  public void beforeAll(ExtensionContext context) {
    if (NativeLibraries.shm() instanceof NativeLibrary.Missing missing) {
      throw new AssertionError(
          "no native library: %s; %s; -Dnative=off leaves out the tests that need it"
              .formatted(missing.why(), missing.whatToDo()));
    }
  }
}
