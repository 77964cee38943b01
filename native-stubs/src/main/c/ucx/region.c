/* Regions of a rank: its own, those of others that it has attached, and memory of the caller. */
#include <stdlib.h>
#include <string.h>

#include "ucx.h"

/* Locked. Takes a free slot and publishes what is filled in. */
static int32_t add(ucx_ctx *c, const char *call, const ucx_region *filled, uint64_t *handle) {
  ucx_region *region = (ucx_region *)mlk_table_take(&c->regions);
  if (region == NULL)
    return mlk_fail(MLK_E_NO_MEMORY, "%s: rank=%d holds %u regions, expected fewer", call, c->rank, UCX_REGIONS_MAX);
  const size_t head = sizeof region->entry;
  memcpy((uint8_t *)region + head, (const uint8_t *)filled + head, sizeof *region - head);
  *handle = region->handle = mlk_table_publish(&c->regions, &region->entry);
  return MLK_OK;
}

int32_t ucx_region_add(ucx_ctx *c, const char *call, const ucx_region *filled, uint64_t *handle) {
  return add(c, call, filled, handle);
}

static int32_t add_unlocked(ucx_ctx *c, const char *call, const ucx_region *filled, uint64_t *handle) {
  (void)pthread_mutex_lock(&c->lock);
  const int32_t code = add(c, call, filled, handle);
  (void)pthread_mutex_unlock(&c->lock);
  return code;
}

static int32_t alloc(ucx_ctx *c, const char *call, const mlk_region_request *request, uint64_t *handle) {
  int32_t code = mlk_check_request(call, "ucx", request);
  if (code != MLK_OK) return code;
  if (handle == NULL) return mlk_fail(MLK_E_INVALID, "%s: region is null", call);
  ucx_region region = {.use = REGION_OWN, .kind = request->kind, .owner = c->rank, .bytes = request->bytes,
                       .mapping.fd = -1};
  memcpy(region.purpose, request->purpose, sizeof region.purpose);
  code = mlk_random(call, region.token);
  (void)pthread_mutex_lock(&c->lock);
  if (code == MLK_OK) code = ucx_memory_alloc(c, call, &region);
  if (code == MLK_OK) {
    code = add(c, call, &region, handle);
    if (code != MLK_OK) ucx_memory_free(c, &region);
  }
  (void)pthread_mutex_unlock(&c->lock);
  if (code == MLK_OK && (request->flags & MLK_REGION_POPULATE) != 0) mlk_memory_populate(region.base, region.bytes);
  return code;
}

static int32_t register_foreign(ucx_ctx *c, const char *call, void *address, uint64_t bytes, uint64_t *handle) {
  const int32_t code = mlk_check_foreign(call, address, bytes, handle);
  if (code != MLK_OK) return code;
  const ucx_region region = {
      .use = REGION_FOREIGN, .kind = MLK_MEM_HOST, .owner = c->rank, .bytes = bytes, .base = address};
  return add_unlocked(c, call, &region, handle);
}

static int32_t not_here(ucx_ctx *c, const char *call, uint64_t handle) {
  return mlk_fail(MLK_E_HANDLE, "%s: region=%#llx is not a region of rank=%d, or was released", call, ULL(handle),
                  c->rank);
}

int32_t ucx_region_find(ucx_ctx *c, const char *call, uint64_t handle, ucx_region **found) {
  ucx_region *region = *found = (ucx_region *)mlk_table_find(&c->regions, handle);
  if (region == NULL) return not_here(c, call, handle);
  if (region->use != REGION_ATTACHED) return MLK_OK;
  /* the better reason, when its owner released all that it had */
  if (region->owner != c->rank && atomic_load_explicit(&c->peers[region->owner].closed, memory_order_acquire))
    return ucx_closed(c, call, region->owner);
  const int gone = region->owner == c->rank ? mlk_table_find(&c->regions, region->owner_handle) == NULL
                                            : atomic_load_explicit(&region->stale, memory_order_acquire) != 0;
  if (!gone) return MLK_OK;
  return mlk_fail(MLK_E_STALE_KEY, "%s: region=%#llx was released by its owner rank=%d", call, ULL(handle),
                  region->owner);
}

int32_t ucx_region_range(ucx_ctx *c, const char *call, const char *what, uint64_t handle, uint64_t offset,
                         uint64_t bytes, ucx_region **region, uint8_t **address) {
  const int32_t code = ucx_region_find(c, call, handle, region);
  if (code != MLK_OK) return code;
  const uint64_t size = (*region)->bytes;
  if (offset > size || bytes > size - offset)
    return mlk_fail(MLK_E_RANGE, "%s: %s offset=%llu bytes=%llu is outside the %llu bytes of a region of rank=%d", call,
                    what, ULL(offset), ULL(bytes), ULL(size), (*region)->owner);
  *address = (*region)->base == NULL ? NULL : (*region)->base + offset;
  return MLK_OK;
}

static int32_t not_loadable(ucx_ctx *c, const char *call, const char *what, const ucx_region *region) {
  return mlk_fail(MLK_E_UNSUPPORTED, "%s: %s is a region of rank=%d, which rank=%d cannot load", call, what,
                  region->owner, c->rank);
}

int32_t ucx_region_local(ucx_ctx *c, const char *call, const char *what, uint64_t handle, uint64_t offset,
                         uint64_t bytes, ucx_region **region, uint8_t **address) {
  const int32_t code = ucx_region_range(c, call, what, handle, offset, bytes, region, address);
  return code == MLK_OK && *address == NULL ? not_loadable(c, call, what, *region) : code;
}

static int32_t export(ucx_ctx *c, const char *call, uint64_t handle, mlk_key *key) {
  MLK_CHECK_STRUCT(call, key, MLK_MAGIC_KEY);
  ucx_region *region;
  const int32_t code = ucx_region_find(c, call, handle, &region);
  if (code != MLK_OK) return code;
  if (region->use != REGION_OWN || region->kind != MLK_MEM_SHARED)
    return mlk_fail(MLK_E_UNSUPPORTED, "%s: region=%#llx is not SHARED memory of rank=%d", call, ULL(handle), c->rank);
  ucx_key k = {.bytes = region->bytes, .handle = handle, .rank = c->rank, .group = c->group};
  memcpy(k.token, region->token, TOKEN_BYTES);
  memset(key->bytes, 0, sizeof key->bytes);
  memcpy(key->bytes, &k, sizeof k);
  return MLK_OK;
}

static int32_t release_locked(ucx_ctx *c, const char *call, uint64_t handle) {
  ucx_region *region = (ucx_region *)mlk_table_find(&c->regions, handle);
  if (region == NULL) return not_here(c, call, handle);
  if (region->transfers > 0) {
    const int32_t code = ucx_end_transfers(c, call, region);
    if (code != MLK_OK) return code;
  }
  if (region->use != REGION_FOREIGN) {
    const int32_t code = region->use == REGION_OWN ? ucx_take_back(c, call, region) : ucx_let_go(c, region);
    if (code != MLK_OK) return code;
  }
  mlk_table_drop(&c->regions, &region->entry);
  return MLK_OK;
}

static int32_t release(ucx_ctx *c, const char *call, uint64_t handle) {
  (void)pthread_mutex_lock(&c->lock);
  const int32_t code = release_locked(c, call, handle);
  (void)pthread_mutex_unlock(&c->lock);
  return code;
}

void ucx_regions_free(ucx_ctx *c, uint32_t use) {
  for (uint32_t i = 0; i < c->regions.top; i++) {
    mlk_entry *entry = mlk_table_at(&c->regions, i);
    ucx_region *region = (ucx_region *)entry;
    if (!entry->taken || region->use != use) continue;
    if (region->key != NULL) ucx.ucp_rkey_destroy(region->key);
    if (use == REGION_OWN) ucx_memory_free(c, region);
    if (use == REGION_ATTACHED && region->owner != c->rank && region->base != NULL) mlk_shared_free(&region->mapping);
    free(region->holders);
    mlk_table_drop(&c->regions, entry);
  }
}

static int32_t query(ucx_ctx *c, const char *call, uint64_t handle, mlk_region_info *info) {
  MLK_CHECK_STRUCT(call, info, MLK_MAGIC_REGION);
  ucx_region *region;
  const int32_t code = ucx_region_find(c, call, handle, &region);
  if (code != MLK_OK) return code;
  info->owner = region->owner;
  info->kind = region->kind;
  info->bytes = region->bytes;
  info->address = (uint64_t)(uintptr_t)region->base;
  memcpy(info->purpose, region->purpose, sizeof info->purpose);
  return MLK_OK;
}

int32_t mlk_backend_region(void *ctx, const char *call, uint64_t handle, uint8_t **base, uint64_t *bytes) {
  ucx_region *region;
  const int32_t code = ucx_region_local(ctx, call, "an operand", handle, 0, 0, &region, base);
  if (code == MLK_OK) *bytes = region->bytes;
  return code;
}

int32_t mlk_region_alloc(mlk_ctx *ctx, const mlk_region_request *request, uint64_t *region) {
  UCX_CALL(ctx, alloc(c, "mlk_region_alloc", request, region));
}

int32_t mlk_region_register(mlk_ctx *ctx, void *address, uint64_t bytes, uint64_t *region) {
  UCX_CALL(ctx, register_foreign(c, "mlk_region_register", address, bytes, region));
}

int32_t mlk_region_export(mlk_ctx *ctx, uint64_t region, mlk_key *key) {
  UCX_CALL(ctx, export(c, "mlk_region_export", region, key));
}

int32_t mlk_region_release(mlk_ctx *ctx, uint64_t region) { UCX_CALL(ctx, release(c, "mlk_region_release", region)); }

int32_t mlk_region_query(mlk_ctx *ctx, uint64_t region, mlk_region_info *info) {
  UCX_CALL(ctx, query(c, "mlk_region_query", region, info));
}
