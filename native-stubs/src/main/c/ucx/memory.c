/*
 * Memory that other ranks reach. It is of our own making and mapped by UCX, for remote writes and reads; ranks of this
 * host map it themselves. UCP_MEM_MAP_ALLOCATE and ucp_rkey_ptr could do that, too, but UCX 1.13 ends its process in
 * ucp_ep_rkey_unpack when the memory's owner is just being killed, fills all memory it allocates under /dev/shm, and is
 * bound to that folder's size.
 */
#include <string.h>
#include <unistd.h>

#include "ucx.h"

#define KEY_BYTES_MAX (UCX_PAYLOAD_MAX - sizeof(ucx_offer))

static int32_t known_to_ucx(ucx_ctx *c, const char *call, ucx_region *region) {
  const ucp_mem_map_params_t params = {
      .field_mask = UCP_MEM_MAP_PARAM_FIELD_ADDRESS | UCP_MEM_MAP_PARAM_FIELD_LENGTH,
      .address = region->base,
      .length = region->mapping.mapped};
  ucs_status_t status = ucx.ucp_mem_map(c->context, &params, &region->memory);
  if (status != UCS_OK)
    return mlk_fail(MLK_E_NO_MEMORY, "%s: UCX cannot map %llu bytes: %s; see ulimit -l", call, ULL(region->bytes),
                    ucx.ucs_status_string(status));
  size_t packed_bytes = 0;
  status = ucx.ucp_rkey_pack(c->context, region->memory, &region->packed, &packed_bytes);
  if (status != UCS_OK) return ucx_status(call, "a key for memory", -1, status);
  region->packed_bytes = packed_bytes;
  if (packed_bytes <= KEY_BYTES_MAX) return MLK_OK;
  return mlk_fail(MLK_E_UNSUPPORTED, "%s: UCX has a key of %zu bytes, expected at most %zu; name fewer devices in "
                  "UCX_NET_DEVICES", call, packed_bytes, KEY_BYTES_MAX);
}

int32_t ucx_memory_alloc(ucx_ctx *c, const char *call, ucx_region *region) {
  const uint64_t mapped = mlk_round_up(region->bytes == 0 ? 1 : region->bytes, mlk_page_bytes());
  int32_t code = region->kind == MLK_MEM_SHARED ? mlk_shared_create(call, "region", mapped, 1, &region->mapping)
                                                : mlk_shared_private(call, mapped, &region->mapping);
  if (code != MLK_OK) {
    region->mapping = (mlk_shared){NULL, 0, -1};
    return code;
  }
  region->base = region->mapping.base;
  if (region->kind == MLK_MEM_SHARED) code = known_to_ucx(c, call, region);
  if (code != MLK_OK) ucx_memory_free(c, region);
  return code;
}

void ucx_memory_free(ucx_ctx *c, ucx_region *region) {
  if (region->packed != NULL) ucx.ucp_rkey_buffer_release(region->packed);
  if (region->memory != NULL) (void)ucx.ucp_mem_unmap(c->context, region->memory);
  if (region->mapping.base != NULL) mlk_shared_free(&region->mapping);
  region->packed = NULL;
  region->memory = NULL;
  region->base = NULL;
}

uint64_t ucx_offer_write(const ucx_region *region, uint8_t *to) {
  ucx_offer offer = {.address = (uint64_t)(uintptr_t)region->base,
                     .mapped = region->mapping.mapped,
                     .pid = (int32_t)getpid(),
                     .fd = region->mapping.fd,
                     .kind = region->kind,
                     .key_bytes = (uint32_t)region->packed_bytes};
  memcpy(offer.purpose, region->purpose, sizeof offer.purpose);
  memcpy(to, &offer, sizeof offer);
  memcpy(to + sizeof offer, region->packed, region->packed_bytes);
  return sizeof offer + region->packed_bytes;
}

int32_t ucx_offer_map(const char *call, const ucx_offer *offer, mlk_shared *mapping) {
  return mlk_shared_attach(call, offer->pid, offer->fd, offer->mapped, 1, mapping);
}
