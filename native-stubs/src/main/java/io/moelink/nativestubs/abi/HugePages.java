package io.moelink.nativestubs.abi;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/** Huge pages for memory of this process, where the system has them. For any thread. */
public final class HugePages {
  /** Of x86-64 and of aarch64 with small pages of 4 KiB. */
  private static final long BYTES = 2 << 20;

  /** MADV_COLLAPSE of Linux 6.1; an older one refuses it. */
  private static final int COLLAPSE = 25;

  private static final Optional<MethodHandle> ADVISE =
      System.getProperty("os.name").equals("Linux")
          ? Linker.nativeLinker().defaultLookup().find("madvise").map(HugePages::bind)
          : Optional.empty();

  private HugePages() {}

  @SuppressWarnings("restricted")
  private static MethodHandle bind(MemorySegment function) {
    return Linker.nativeLinker()
        .downcallHandle(
            function,
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT));
  }

  /** Collapses what lies in whole huge pages; what is in it stays. Refused: it stays as it is. */
  public static void collapse(MemorySegment memory) {
    long head = -memory.address() & BYTES - 1;
    long whole = (memory.byteSize() - head) & -BYTES;
    if (whole <= 0 || ADVISE.isEmpty()) {
      return;
    }
    try {
      int unused = (int) ADVISE.get().invokeExact(memory.asSlice(head, whole), whole, COLLAPSE);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }
}
