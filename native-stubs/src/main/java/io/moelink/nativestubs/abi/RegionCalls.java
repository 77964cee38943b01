package io.moelink.nativestubs.abi;

import static io.moelink.nativestubs.abi.NativeAccess.INT;
import static io.moelink.nativestubs.abi.NativeAccess.LONG;
import static io.moelink.nativestubs.abi.NativeAccess.POINTER;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** Regions. Handles of regions are numbers. */
public final class RegionCalls {
  // int32_t mlk_region_alloc(mlk_ctx *ctx, const mlk_region_request *request, uint64_t *region)
  private static final MethodHandle REGION_ALLOC = NativeAccess.function(LONG, POINTER, POINTER);
  // int32_t mlk_region_register(mlk_ctx *ctx, void *address, uint64_t bytes, uint64_t *region)
  private static final MethodHandle REGION_REGISTER =
      NativeAccess.function(LONG, POINTER, LONG, POINTER);
  // int32_t mlk_region_export(mlk_ctx *ctx, uint64_t region, mlk_key *key)
  private static final MethodHandle REGION_EXPORT = NativeAccess.function(LONG, LONG, POINTER);
  // int32_t mlk_region_attach(mlk_ctx *ctx, int32_t rank, const mlk_key *key, uint64_t *region)
  private static final MethodHandle REGION_ATTACH =
      NativeAccess.function(LONG, INT, POINTER, POINTER);
  // int32_t mlk_region_release(mlk_ctx *ctx, uint64_t region)
  private static final MethodHandle REGION_RELEASE = NativeAccess.function(LONG, LONG);
  // int32_t mlk_region_query(mlk_ctx *ctx, uint64_t region, mlk_region_info *info)
  private static final MethodHandle REGION_QUERY = NativeAccess.shortFunction(LONG, LONG, POINTER);

  private final MemorySegment regionAlloc;
  private final MemorySegment regionRegister;
  private final MemorySegment regionExport;
  private final MemorySegment regionAttach;
  private final MemorySegment regionRelease;
  private final MemorySegment regionQuery;

  RegionCalls(Symbols symbols) {
    regionAlloc = symbols.function("mlk_region_alloc");
    regionRegister = symbols.function("mlk_region_register");
    regionExport = symbols.function("mlk_region_export");
    regionAttach = symbols.function("mlk_region_attach");
    regionRelease = symbols.function("mlk_region_release");
    regionQuery = symbols.function("mlk_region_query");
  }

  public int regionAlloc(long ctx, MemorySegment request, MemorySegment region) {
    try {
      return (int) REGION_ALLOC.invokeExact(regionAlloc, ctx, request, region);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }

  public int regionRegister(long ctx, MemorySegment address, long bytes, MemorySegment region) {
    try {
      return (int) REGION_REGISTER.invokeExact(regionRegister, ctx, address, bytes, region);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }

  public int regionExport(long ctx, long region, MemorySegment key) {
    try {
      return (int) REGION_EXPORT.invokeExact(regionExport, ctx, region, key);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }

  public int regionAttach(long ctx, int rank, MemorySegment key, MemorySegment region) {
    try {
      return (int) REGION_ATTACH.invokeExact(regionAttach, ctx, rank, key, region);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }

  public int regionRelease(long ctx, long region) {
    try {
      return (int) REGION_RELEASE.invokeExact(regionRelease, ctx, region);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }

  public int regionQuery(long ctx, long region, MemorySegment info) {
    try {
      return (int) REGION_QUERY.invokeExact(regionQuery, ctx, region, info);
    } catch (Throwable e) {
      throw Symbols.unexpected(e);
    }
  }
}
