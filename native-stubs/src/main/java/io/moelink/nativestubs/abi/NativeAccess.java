package io.moelink.nativestubs.abi;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** The restricted methods of the foreign function API that moelink uses, all of them. */
@SuppressWarnings("restricted")
public final class NativeAccess {
  public static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  public static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
  public static final AddressLayout POINTER = ValueLayout.ADDRESS;

  private static final Linker LINKER = Linker.nativeLinker();

  private NativeAccess() {}

  /** Whether the user lets this module call native code. */
  public static boolean enabled() {
    return NativeAccess.class.getModule().isNativeAccessEnabled();
  }

  /** The flag that does so. */
  public static String flag() {
    Module module = NativeAccess.class.getModule();
    return "--enable-native-access=" + (module.isNamed() ? module.getName() : "ALL-UNNAMED");
  }

  /** A handle of functions that return int32_t; the address of the function comes first. */
  public static MethodHandle function(MemoryLayout... parameters) {
    return LINKER.downcallHandle(FunctionDescriptor.of(INT, parameters));
  }

  /** The same for functions that return nothing. */
  public static MethodHandle procedure(MemoryLayout... parameters) {
    return LINKER.downcallHandle(FunctionDescriptor.ofVoid(parameters));
  }

  /** The same for functions that return a pointer. */
  public static MethodHandle pointerFunction(MemoryLayout... parameters) {
    return LINKER.downcallHandle(FunctionDescriptor.of(POINTER, parameters));
  }

  /**
   * The same for functions that return within microseconds, call nothing back and touch no Java
   * heap: the thread stays where the garbage collector has to wait for it.
   */
  static MethodHandle shortFunction(MemoryLayout... parameters) {
    return LINKER.downcallHandle(
        FunctionDescriptor.of(INT, parameters), Linker.Option.critical(false));
  }

  /**
   * Loads a library, for good.
   *
   * @throws IllegalArgumentException when it cannot be loaded
   */
  static SymbolLookup open(Path file) {
    return SymbolLookup.libraryLookup(file, Arena.global());
  }

  /**
   * Loads a library that the system finds by its name, for good.
   *
   * @throws IllegalArgumentException when it cannot be loaded
   */
  public static SymbolLookup open(String name) {
    return SymbolLookup.libraryLookup(name, Arena.global());
  }

  /**
   * What the system says when {@link #open} fails, which says nothing; null when it can load it.
   */
  static String whyNotLoaded(Path file) {
    try {
      System.load(file.toString());
      return null;
    } catch (UnsatisfiedLinkError e) {
      return e.getMessage();
    }
  }

  /** The functions of the C library. */
  public static Symbols system() {
    return new Symbols(LINKER.defaultLookup());
  }

  /** The text that ends with a zero byte at an address, of so many bytes at most. */
  public static String text(MemorySegment address, long bytesMax) {
    MemorySegment text = address.reinterpret(bytesMax);
    long length = 0;
    while (length < bytesMax && text.get(ValueLayout.JAVA_BYTE, length) != 0) {
      length++;
    }
    return new String(
        text.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
  }

  /** Memory at an address, until the arena is closed. */
  public static MemorySegment view(long address, long bytes, Arena arena) {
    return MemorySegment.ofAddress(address).reinterpret(bytes, arena, null);
  }
}
