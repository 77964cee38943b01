/* Kernels on the regions of a context, with its threads. */
#include "shm.h"

static int32_t lookup(void *context, const char *call, uint64_t handle, uint8_t **base, uint64_t *bytes) {
  shm_region *region;
  const int32_t code = shm_region_find(context, call, handle, &region);
  if (code != MLK_OK) return code;
  *base = region->memory.base;
  *bytes = region->bytes;
  return MLK_OK;
}

#define PLACE(c) (&(const spc_place){{lookup, (c)}, (c)->pool})

int32_t spc_gather_rows(mlk_ctx *ctx, const spc_gather_args *args) { SHM_CALL(ctx, spc_call_gather(PLACE(c), args)); }

int32_t spc_scatter_rows(mlk_ctx *ctx, const spc_scatter_args *args) {
  SHM_CALL(ctx, spc_call_scatter(PLACE(c), args));
}

int32_t spc_reduce_rows(mlk_ctx *ctx, const spc_reduce_args *args) { SHM_CALL(ctx, spc_call_reduce(PLACE(c), args)); }

int32_t spc_dot_rows(mlk_ctx *ctx, const spc_dot_args *args) { SHM_CALL(ctx, spc_call_dot(PLACE(c), args)); }

int32_t spc_scale_rows(mlk_ctx *ctx, const spc_scale_args *args) { SHM_CALL(ctx, spc_call_scale(PLACE(c), args)); }

int32_t spc_reorder(mlk_ctx *ctx, const spc_reorder_args *args) { SHM_CALL(ctx, spc_call_reorder(PLACE(c), args)); }

int32_t spc_fill(mlk_ctx *ctx, const spc_fill_args *args) { SHM_CALL(ctx, spc_call_fill(PLACE(c), args)); }
