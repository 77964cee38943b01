/* Checks and answers that are the same for all backends. */
#include <string.h>

#include "mlk_backend.h"
#include "mlk_error.h"
#include "mlk_memory.h"
#include "spc_kernels.h"

int32_t mlk_check_request(const char *call, const char *backend, const mlk_region_request *request) {
  MLK_CHECK_STRUCT(call, request, MLK_MAGIC_REQUEST);
  if (request->kind == MLK_MEM_DEVICE)
    return mlk_fail(MLK_E_UNSUPPORTED, "%s: %s has no DEVICE memory, expected HOST or SHARED", call, backend);
  if (request->kind > MLK_MEM_DEVICE)
    return mlk_fail(MLK_E_INVALID, "%s: kind=%u, expected %d or %d", call, request->kind, MLK_MEM_HOST, MLK_MEM_SHARED);
  if ((request->flags & ~MLK_REGION_POPULATE) != 0)
    return mlk_fail(MLK_E_INVALID, "%s: flags=%#x, expected no other than %#x", call, request->flags,
                    MLK_REGION_POPULATE);
  if (request->bytes > (uint64_t)MLK_REGION_BYTES_MAX)
    return mlk_fail(MLK_E_INVALID, "%s: bytes=%llu, expected 0..%lld", call, ULL(request->bytes),
                    (long long)MLK_REGION_BYTES_MAX);
  if (memchr(request->purpose, 0, sizeof request->purpose) == NULL)
    return mlk_fail(MLK_E_INVALID, "%s: purpose does not end within %u bytes", call, MLK_PURPOSE_BYTES);
  /* memory is given when it is touched, and then there is no way to say no but a signal */
  if (request->bytes > mlk_machine_bytes())
    return mlk_fail(MLK_E_NO_MEMORY, "%s: bytes=%llu is more than the %llu bytes of this machine", call,
                    ULL(request->bytes), ULL(mlk_machine_bytes()));
  return MLK_OK;
}

int32_t mlk_check_foreign(const char *call, const void *address, uint64_t bytes, const uint64_t *handle) {
  if (handle == NULL) return mlk_fail(MLK_E_INVALID, "%s: region is null", call);
  if (address == NULL) return mlk_fail(MLK_E_INVALID, "%s: address is null", call);
  if (bytes > (uint64_t)MLK_REGION_BYTES_MAX)
    return mlk_fail(MLK_E_INVALID, "%s: bytes=%llu, expected 0..%lld", call, ULL(bytes),
                    (long long)MLK_REGION_BYTES_MAX);
  return MLK_OK;
}

int32_t mlk_check_addresses(const char *call, const uint8_t *addresses, uint64_t stride, int32_t count,
                            int32_t rank_count) {
  if (addresses == NULL) return mlk_fail(MLK_E_INVALID, "%s: addresses is null", call);
  if (stride < sizeof(mlk_address))
    return mlk_fail(MLK_E_INVALID, "%s: stride=%llu, expected at least %zu", call, ULL(stride), sizeof(mlk_address));
  if (count != rank_count)
    return mlk_fail(MLK_E_INVALID, "%s: count=%d, expected rank_count=%d", call, count, rank_count);
  return MLK_OK;
}

void mlk_caps_fill(mlk_caps *caps, const char *backend, uint32_t flags, const mlk_waits *waits, uint32_t compute_units) {
  *caps = (mlk_caps){.size = sizeof *caps,
                     .magic = MLK_MAGIC_CAPS,
                     .abi_version = MLK_ABI_VERSION,
                     .flags = flags,
                     .message_bytes_max = (uint64_t)MLK_REGION_BYTES_MAX,
                     .page_bytes = mlk_page_bytes(),
                     .streaming_bytes = spc_streaming_bytes(),
                     .compute_units = compute_units,
                     .signal_count = waits->signal_count};
  strncpy(caps->backend, backend, sizeof caps->backend - 1);
  strncpy(caps->isa, spc_selected()->isa, sizeof caps->isa - 1);
}
