package io.moelink.nativestubs.abi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;

/**
 * All functions of one backend library. For any thread, within the limits that {@code
 * moelink_fabric.h} names.
 */
public final class Fabric {
  /** The version of the interface that these bindings are for. */
  static final int ABI_VERSION = 4;

  private static final int TEXT_BYTES = 512;

  private final LifeCalls life;
  private final RegionCalls regions;
  private final TransferCalls transfers;
  private final WaitCalls waits;
  private final MessageCalls messages;
  private final KernelCalls kernels;
  private final String isa;

  /**
   * Binds a library.
   *
   * @throws IllegalArgumentException when it is of another version or lacks a function
   */
  Fabric(SymbolLookup library) {
    Symbols symbols = new Symbols(library);
    this.life = new LifeCalls(symbols);
    int version = life.abiVersion();
    if (version != ABI_VERSION) {
      throw new IllegalArgumentException(
          "it has version %d of the interface, expected %d".formatted(version, ABI_VERSION));
    }
    this.regions = new RegionCalls(symbols);
    this.transfers = new TransferCalls(symbols);
    this.waits = new WaitCalls(symbols);
    this.messages = new MessageCalls(symbols);
    this.kernels = new KernelCalls(symbols);
    this.isa = readIsa();
  }

  private String readIsa() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = arena.allocate(16);
      if (kernels.isa(name, 16) != Codes.OK) {
        throw new IllegalArgumentException("it does not know its kernels: " + lastError());
      }
      return name.getString(0);
    }
  }

  public LifeCalls life() {
    return life;
  }

  public RegionCalls regions() {
    return regions;
  }

  public TransferCalls transfers() {
    return transfers;
  }

  public WaitCalls waits() {
    return waits;
  }

  public MessageCalls messages() {
    return messages;
  }

  public KernelCalls kernels() {
    return kernels;
  }

  /** The instruction set of the kernels, such as {@code avx512}. */
  public String isa() {
    return isa;
  }

  /** The text of the calling thread's last failure. */
  public String lastError() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = arena.allocate(TEXT_BYTES);
      return life.lastError(KernelCalls.NO_CONTEXT, text, TEXT_BYTES) == Codes.OK
          ? text.getString(0)
          : "no text";
    }
  }
}
