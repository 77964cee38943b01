package io.moelink.nativestubs.abi;

import static io.moelink.nativestubs.abi.NativeAccess.LONG;
import static io.moelink.nativestubs.abi.NativeAccess.POINTER;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The row kernels. All have one of two signatures: with a context, whose regions and compute units
 * they then know, or without, on memory of this process and the calling thread.
 */
public final class KernelCalls {
  /** Passed for no context. */
  public static final long NO_CONTEXT = 0;

  // int32_t spc_...(mlk_ctx *ctx, const spc_..._args *args)
  private static final MethodHandle CALL = NativeAccess.function(LONG, POINTER);

  // int32_t spc_raw_...(const spc_..._args *args)
  private static final MethodHandle RAW_CALL = NativeAccess.function(POINTER);

  // int32_t spc_isa(char *name, uint64_t name_bytes)
  private static final MethodHandle ISA = NativeAccess.function(POINTER, LONG);

  private final MemorySegment[] functions;
  private final MemorySegment[] rawFunctions;
  private final MemorySegment isa;

  KernelCalls(Symbols symbols) {
    Kernel[] kernels = Kernel.values();
    functions = new MemorySegment[kernels.length];
    rawFunctions = new MemorySegment[kernels.length];
    for (Kernel kernel : kernels) {
      functions[kernel.ordinal()] = symbols.function(kernel.function);
      rawFunctions[kernel.ordinal()] = symbols.function(kernel.rawFunction);
    }
    isa = symbols.function("spc_isa");
  }

  /** Runs a kernel with its arguments, in a context or with {@link #NO_CONTEXT}. */
  public int call(Kernel kernel, long ctx, MemorySegment arguments) {
    try {
      if (ctx == NO_CONTEXT) {
        return (int) RAW_CALL.invokeExact(rawFunctions[kernel.ordinal()], arguments);
      }
      return (int) CALL.invokeExact(functions[kernel.ordinal()], ctx, arguments);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }

  /** Writes the name of the instruction set that the kernels use, at most 16 bytes. */
  public int isa(MemorySegment name, long nameBytes) {
    try {
      return (int) ISA.invokeExact(isa, name, nameBytes);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }
}
