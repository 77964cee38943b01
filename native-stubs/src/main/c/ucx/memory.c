/* Memory that other ranks reach: allocated and mapped by UCX, so that it can choose memory which other processes load. */
#include <string.h>
#include <sys/mman.h>

#include "ucx.h"

static int32_t shared_memory(ucx_ctx *c, const char *call, ucx_region *region) {
  const ucp_mem_map_params_t params = {
      .field_mask = UCP_MEM_MAP_PARAM_FIELD_LENGTH | UCP_MEM_MAP_PARAM_FIELD_FLAGS,
      .length = region->bytes == 0 ? 1 : region->bytes,
      .flags = UCP_MEM_MAP_ALLOCATE};
  ucs_status_t status = ucx.ucp_mem_map(c->context, &params, &region->memory);
  if (status != UCS_OK)
    return mlk_fail(MLK_E_NO_MEMORY, "%s: UCX cannot allocate %llu bytes: %s; see the size of /dev/shm and UCX_ALLOC_PRIO",
                    call, ULL(region->bytes), ucx.ucs_status_string(status));
  ucp_mem_attr_t attributes = {.field_mask = UCP_MEM_ATTR_FIELD_ADDRESS};
  status = ucx.ucp_mem_query(region->memory, &attributes);
  size_t packed_bytes = 0;
  if (status == UCS_OK) status = ucx.ucp_rkey_pack(c->context, region->memory, &region->packed, &packed_bytes);
  if (status != UCS_OK) {
    (void)ucx.ucp_mem_unmap(c->context, region->memory);
    return ucx_status(call, "a key for memory", -1, status);
  }
  region->base = attributes.address;
  region->packed_bytes = packed_bytes;
  if ((uintptr_t)region->base % mlk_page_bytes() == 0 && packed_bytes <= UCX_PAYLOAD_MAX - sizeof(ucx_offer))
    return MLK_OK;
  const uintptr_t at = (uintptr_t)region->base;
  ucx_memory_free(c, region);
  return mlk_fail(MLK_E_SYSTEM, "%s: UCX gave memory at %#llx with a key of %zu bytes, expected whole pages and at most %zu",
                  call, ULL(at), packed_bytes, UCX_PAYLOAD_MAX - sizeof(ucx_offer));
}

int32_t ucx_memory_alloc(ucx_ctx *c, const char *call, ucx_region *region) {
  if (region->kind == MLK_MEM_SHARED) return shared_memory(c, call, region);
  const uint64_t page = mlk_page_bytes();
  region->mapped = region->bytes == 0 ? page : mlk_round_up(region->bytes, page);
  return mlk_memory_map(call, -1, region->mapped, 1, &region->base);
}

void ucx_memory_free(ucx_ctx *c, ucx_region *region) {
  if (region->packed != NULL) ucx.ucp_rkey_buffer_release(region->packed);
  if (region->memory != NULL) (void)ucx.ucp_mem_unmap(c->context, region->memory);
  if (region->mapped != 0) (void)munmap(region->base, region->mapped);
  region->packed = NULL;
  region->memory = NULL;
  region->mapped = 0;
  region->base = NULL;
}
