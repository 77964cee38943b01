package io.moelink.nativestubs.fabric;

import io.moelink.kernel.MemoryKind;
import io.moelink.kernel.Region;
import io.moelink.nativestubs.abi.Codes;
import io.moelink.nativestubs.abi.KeyStruct;
import io.moelink.nativestubs.abi.RegionCalls;
import io.moelink.nativestubs.abi.RegionInfoStruct;
import io.moelink.nativestubs.abi.RegionRequestStruct;
import io.moelink.transport.TransportChecks;
import io.moelink.transport.TransportException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The regions that one rank holds. One thread at a time, but {@link #endViews}, for any thread. */
final class FabricMemory {
  private final Context context;
  private final int size;
  private final RegionCalls calls;
  private final MemorySegment request;
  private final MemorySegment info;
  private final MemorySegment key;
  private final MemorySegment handle;
  // guarded by itself, since close may come from another thread
  private final Set<FabricRegion> held = new LinkedHashSet<>();
  private boolean closed;

  FabricMemory(Context context, int size) {
    this.context = context;
    this.size = size;
    this.calls = context.fabric().regions();
    Arena arena = Arena.ofAuto();
    this.request = RegionRequestStruct.allocate(arena);
    // pages come now and not at the first dispatch, and are huge where the system has such
    request.set(ValueLayout.JAVA_INT, RegionRequestStruct.FLAGS, RegionRequestStruct.POPULATE);
    this.info = RegionInfoStruct.allocate(arena);
    this.key = KeyStruct.allocate(arena);
    this.handle = arena.allocate(ValueLayout.JAVA_LONG);
  }

  Region allocate(MemoryKind kind, long bytes, String purpose) {
    TransportChecks.regionBytes("allocate", purpose, bytes);
    request.set(ValueLayout.JAVA_INT, RegionRequestStruct.KIND, kind.ordinal());
    request.set(ValueLayout.JAVA_LONG, RegionRequestStruct.BYTES, bytes);
    RegionRequestStruct.setPurpose(request, purpose);
    int code = calls.regionAlloc(context.token(), request, handle);
    String detail = "region '%s' of rank=%d".formatted(purpose, context.rank());
    throwIfBad("allocate", detail, code);
    long region = handle.get(ValueLayout.JAVA_LONG, 0);
    throwIfBad("allocate", detail, calls.regionQuery(context.token(), region, info));
    return add(
        FabricRegion.of(
            context,
            region,
            context.rank(),
            kind,
            purpose,
            bytes,
            info.get(ValueLayout.JAVA_LONG, RegionInfoStruct.ADDRESS)));
  }

  Region register(MemorySegment memory, String purpose) {
    TransportChecks.regionBytes("register", purpose, memory.byteSize());
    if (!memory.isNative()) {
      throw new IllegalArgumentException(
          "register: region '%s': memory is on the heap, expected off-heap".formatted(purpose));
    }
    if (!memory.isAccessibleBy(new Thread(() -> {}))) {
      throw new IllegalArgumentException(
          "register: region '%s': memory belongs to one thread, expected a shared or automatic arena"
              .formatted(purpose));
    }
    int code = calls.regionRegister(context.token(), memory, memory.byteSize(), handle);
    throwIfBad("register", "region '%s' of rank=%d".formatted(purpose, context.rank()), code);
    return add(
        FabricRegion.registered(context, handle.get(ValueLayout.JAVA_LONG, 0), purpose, memory));
  }

  byte[] export(FabricRegion region) {
    TransportChecks.local("export", "the", region, context.rank());
    int code = calls.regionExport(context.token(), region.handle(), key);
    throwIfBad("export", detail(region), code);
    return key.toArray(ValueLayout.JAVA_BYTE);
  }

  Region attach(int owner, byte[] exported) {
    TransportChecks.rank("attach", owner, size);
    if (exported.length != key.byteSize()) {
      throw new IllegalArgumentException(
          "attach: key has %d bytes, expected %d".formatted(exported.length, key.byteSize()));
    }
    MemorySegment.copy(exported, 0, key, ValueLayout.JAVA_BYTE, 0, exported.length);
    int code = calls.regionAttach(context.token(), owner, key, handle);
    // the key is reused for export, which wants these as they were
    KeyStruct.reset(key);
    throwIfBad("attach", "rank=" + context.rank(), code);
    long region = handle.get(ValueLayout.JAVA_LONG, 0);
    code = calls.regionQuery(context.token(), region, info);
    throwIfBad("attach", "rank=" + context.rank(), code);
    return add(
        FabricRegion.of(
            context,
            region,
            owner,
            MemoryKind.SHARED,
            info.getString(RegionInfoStruct.PURPOSE),
            info.get(ValueLayout.JAVA_LONG, RegionInfoStruct.BYTES),
            info.get(ValueLayout.JAVA_LONG, RegionInfoStruct.ADDRESS)));
  }

  void release(FabricRegion region) {
    region.endView();
    boolean here;
    synchronized (held) {
      here = held.remove(region);
    }
    if (here) {
      throwIfBad("release", detail(region), calls.regionRelease(context.token(), region.handle()));
    }
  }

  /** Ends Java's view of all regions, for good; the backend frees them when it closes. */
  void endViews() {
    List<FabricRegion> left;
    synchronized (held) {
      closed = true;
      left = List.copyOf(held);
      held.clear();
    }
    left.forEach(FabricRegion::endView);
  }

  private Region add(FabricRegion region) {
    boolean late;
    synchronized (held) {
      late = closed;
      if (!late) {
        held.add(region);
      }
    }
    if (late) {
      region.endView();
      throw new TransportException(
          context.rank(), "rank=%d was closed by another thread".formatted(context.rank()));
    }
    return region;
  }

  private static String detail(FabricRegion region) {
    return "region '%s' of rank=%d".formatted(region.purpose(), region.rank());
  }

  private void throwIfBad(String operation, String detail, int code) {
    if (code != Codes.OK) {
      throw context.failure(operation, detail, code);
    }
  }
}
