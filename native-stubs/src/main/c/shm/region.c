/* Regions. */
#define _GNU_SOURCE
#include <string.h>
#include <unistd.h>

#include "shm.h"

static shm_region *slot_of(shm_ctx *c, uint64_t handle) { return (shm_region *)mlk_table_find(&c->regions, handle); }

/* Takes a free slot and publishes filled in it. The caller holds the lock. */
static int32_t add(shm_ctx *c, const char *call, const shm_region *filled, uint64_t *handle) {
  shm_region *region = (shm_region *)mlk_table_take(&c->regions);
  if (region == NULL)
    return mlk_fail(MLK_E_NO_MEMORY, "%s: rank=%d holds %u regions, expected fewer", call, c->rank, SHM_REGIONS_MAX);
  region->use = filled->use;
  region->kind = filled->kind;
  region->owner = filled->owner;
  region->bytes = filled->bytes;
  region->memory = filled->memory;
  region->trailer = filled->trailer;
  region->key = filled->key;
  memcpy(region->purpose, filled->purpose, sizeof region->purpose);
  *handle = mlk_table_publish(&c->regions, &region->entry);
  return MLK_OK;
}

static int32_t add_locked(shm_ctx *c, const char *call, shm_region *filled, uint64_t *handle) {
  (void)pthread_mutex_lock(&c->lock);
  const int32_t code = add(c, call, filled, handle);
  (void)pthread_mutex_unlock(&c->lock);
  if (code != MLK_OK) mlk_shared_free(&filled->memory);
  return code;
}

static uint64_t trailer_offset(uint64_t bytes) { return mlk_round_up(bytes, mlk_page_bytes()); }

int32_t shm_region_alloc(shm_ctx *c, const char *call, const mlk_region_request *request, uint64_t *handle) {
  int32_t code = mlk_check_request(call, "shm", request);
  if (code != MLK_OK) return code;
  if (handle == NULL) return mlk_fail(MLK_E_INVALID, "%s: region is null", call);
  shm_region region = {.use = REGION_OWN, .kind = request->kind, .owner = c->rank, .bytes = request->bytes};
  memcpy(region.purpose, request->purpose, sizeof region.purpose);
  const uint64_t end = trailer_offset(request->bytes);
  if (request->kind == MLK_MEM_HOST) {
    code = mlk_shared_private(call, end == 0 ? mlk_page_bytes() : end, &region.memory);
  } else {
    code = mlk_shared_create(call, "region", end + mlk_page_bytes(), 1, &region.memory);
    if (code == MLK_OK) {
      region.trailer = (shm_trailer *)(void *)(region.memory.base + end);
      code = mlk_random(call, region.trailer->token);
      region.trailer->bytes = request->bytes;
      memcpy(region.trailer->purpose, request->purpose, sizeof region.trailer->purpose);
      region.key = (shm_key){.bytes = request->bytes,
                             .start_time = c->start_time,
                             .rank = c->rank,
                             .pid = (int32_t)getpid(),
                             .fd = region.memory.fd};
      memcpy(region.key.token, region.trailer->token, TOKEN_BYTES);
      if (code != MLK_OK) mlk_shared_free(&region.memory);
    }
  }
  if (code != MLK_OK) return code;
  if ((request->flags & MLK_REGION_POPULATE) != 0) mlk_memory_populate(region.memory.base, end);
  return add_locked(c, call, &region, handle);
}

static int32_t register_foreign(shm_ctx *c, const char *call, void *address, uint64_t bytes, uint64_t *handle) {
  int32_t code = mlk_check_foreign(call, address, bytes, handle);
  if (code != MLK_OK) return code;
  shm_region region = {.use = REGION_FOREIGN,
                       .kind = MLK_MEM_HOST,
                       .owner = c->rank,
                       .bytes = bytes,
                       .memory = {address, 0, -1}};
  (void)pthread_mutex_lock(&c->lock);
  code = add(c, call, &region, handle);
  (void)pthread_mutex_unlock(&c->lock);
  return code;
}

int32_t shm_region_find(shm_ctx *c, const char *call, uint64_t handle, shm_region **region) {
  *region = slot_of(c, handle);
  if (*region == NULL)
    return mlk_fail(MLK_E_HANDLE, "%s: region=%#llx is not a region of rank=%d, or was released", call, ULL(handle),
                    c->rank);
  if ((*region)->trailer != NULL &&
      atomic_load_explicit(&(*region)->trailer->released, memory_order_acquire) != 0) {
    const int32_t owner = (*region)->owner;
    /* the better reason, when it released all that it had */
    if (owner != c->rank && shm_has_closed(c, owner)) return shm_closed(c, call, owner);
    return mlk_fail(MLK_E_STALE_KEY, "%s: region=%#llx was released by its owner rank=%d", call, ULL(handle),
                    owner);
  }
  return MLK_OK;
}

int32_t shm_region_range(shm_ctx *c, const char *call, const char *what, uint64_t handle, uint64_t offset,
                         uint64_t bytes, shm_region **region, uint8_t **address) {
  const int32_t code = shm_region_find(c, call, handle, region);
  if (code != MLK_OK) return code;
  const uint64_t size = (*region)->bytes;
  if (offset > size || bytes > size - offset)
    return mlk_fail(MLK_E_RANGE, "%s: %s offset=%llu bytes=%llu is outside the %llu bytes of a region of rank=%d", call,
                    what, ULL(offset), ULL(bytes), ULL(size), (*region)->owner);
  *address = (*region)->memory.base + offset;
  return MLK_OK;
}

int32_t shm_region_export(shm_ctx *c, const char *call, uint64_t handle, mlk_key *key) {
  MLK_CHECK_STRUCT(call, key, MLK_MAGIC_KEY);
  shm_region *region;
  const int32_t code = shm_region_find(c, call, handle, &region);
  if (code != MLK_OK) return code;
  if (region->use != REGION_OWN || region->kind != MLK_MEM_SHARED)
    return mlk_fail(MLK_E_UNSUPPORTED, "%s: region=%#llx is not SHARED memory of rank=%d", call, ULL(handle), c->rank);
  memset(key->bytes, 0, sizeof key->bytes);
  memcpy(key->bytes, &region->key, sizeof region->key);
  return MLK_OK;
}

int32_t shm_region_attach(shm_ctx *c, const char *call, int32_t rank, const mlk_key *key, uint64_t *handle) {
  MLK_CHECK_STRUCT(call, key, MLK_MAGIC_KEY);
  if (handle == NULL) return mlk_fail(MLK_E_INVALID, "%s: region is null", call);
  int32_t code = shm_check_rank(c, call, rank);
  if (code != MLK_OK) return code;
  shm_key k;
  memcpy(&k, key->bytes, sizeof k);
  const shm_peer *peer = &c->peers[rank];
  if (k.rank != rank || k.pid != peer->pid || k.start_time != peer->start_time ||
      k.bytes > (uint64_t)MLK_REGION_BYTES_MAX || k.zero != 0)
    return mlk_fail(MLK_E_KEY, "%s: not a key of rank=%d (found rank=%d pid=%d, expected pid=%d)", call, rank, k.rank,
                    k.pid, peer->pid);
  shm_region region = {.use = REGION_ATTACHED, .kind = MLK_MEM_SHARED, .owner = rank, .bytes = k.bytes, .key = k};
  const uint64_t end = trailer_offset(k.bytes);
  if (shm_has_closed(c, rank)) return shm_closed(c, call, rank);
  code = mlk_shared_attach(call, k.pid, k.fd, end + mlk_page_bytes(), 1, &region.memory);
  if (code != MLK_OK) return shm_unreached(c, call, rank, code);
  region.trailer = (shm_trailer *)(void *)(region.memory.base + end);
  if (memcmp(region.trailer->token, k.token, TOKEN_BYTES) != 0 || region.trailer->bytes != k.bytes ||
      atomic_load(&region.trailer->released) != 0) {
    mlk_shared_free(&region.memory);
    return mlk_fail(MLK_E_STALE_KEY, "%s: the region of rank=%d that the key is for was released", call, rank);
  }
  /* the owner's memory: cut, should it not end */
  memcpy(region.purpose, region.trailer->purpose, sizeof region.purpose - 1);
  return add_locked(c, call, &region, handle);
}

/* The caller holds the lock. */
static void drop(shm_ctx *c, shm_region *region) {
  const uint32_t use = region->use;
  mlk_shared memory = region->memory;
  if (use == REGION_OWN && region->trailer != NULL)
    atomic_store_explicit(&region->trailer->released, 1, memory_order_release);
  mlk_table_drop(&c->regions, &region->entry);
  region->trailer = NULL;
  if (use != REGION_FOREIGN) mlk_shared_free(&memory);
}

int32_t shm_region_release(shm_ctx *c, const char *call, uint64_t handle) {
  (void)pthread_mutex_lock(&c->lock);
  shm_region *region = slot_of(c, handle);
  if (region != NULL) drop(c, region);
  (void)pthread_mutex_unlock(&c->lock);
  if (region != NULL) return MLK_OK;
  return mlk_fail(MLK_E_HANDLE, "%s: region=%#llx is not a region of rank=%d, or was released", call, ULL(handle),
                  c->rank);
}

void shm_regions_free(shm_ctx *c) {
  for (uint32_t i = 0; i < c->regions.top; i++) {
    mlk_entry *entry = mlk_table_at(&c->regions, i);
    if (entry->taken) drop(c, (shm_region *)entry);
  }
}

static int32_t query(shm_ctx *c, const char *call, uint64_t handle, mlk_region_info *info) {
  MLK_CHECK_STRUCT(call, info, MLK_MAGIC_REGION);
  shm_region *region;
  const int32_t code = shm_region_find(c, call, handle, &region);
  if (code != MLK_OK) return code;
  info->owner = region->owner;
  info->kind = region->kind;
  info->bytes = region->bytes;
  info->address = (uint64_t)(uintptr_t)region->memory.base;
  memcpy(info->purpose, region->purpose, sizeof info->purpose);
  return MLK_OK;
}

int32_t mlk_backend_region(void *ctx, const char *call, uint64_t handle, uint8_t **base, uint64_t *bytes) {
  shm_region *region;
  const int32_t code = shm_region_find(ctx, call, handle, &region);
  if (code != MLK_OK) return code;
  *base = region->memory.base;
  *bytes = region->bytes;
  return MLK_OK;
}

int32_t mlk_region_alloc(mlk_ctx *ctx, const mlk_region_request *request, uint64_t *region) {
  SHM_CALL(ctx, shm_region_alloc(c, "mlk_region_alloc", request, region));
}

int32_t mlk_region_register(mlk_ctx *ctx, void *address, uint64_t bytes, uint64_t *region) {
  SHM_CALL(ctx, register_foreign(c, "mlk_region_register", address, bytes, region));
}

int32_t mlk_region_export(mlk_ctx *ctx, uint64_t region, mlk_key *key) {
  SHM_CALL(ctx, shm_region_export(c, "mlk_region_export", region, key));
}

int32_t mlk_region_attach(mlk_ctx *ctx, int32_t rank, const mlk_key *key, uint64_t *region) {
  SHM_CALL(ctx, shm_region_attach(c, "mlk_region_attach", rank, key, region));
}

int32_t mlk_region_release(mlk_ctx *ctx, uint64_t region) {
  SHM_CALL(ctx, shm_region_release(c, "mlk_region_release", region));
}

int32_t mlk_region_query(mlk_ctx *ctx, uint64_t region, mlk_region_info *info) {
  SHM_CALL(ctx, query(c, "mlk_region_query", region, info));
}
