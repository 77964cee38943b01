/* Kernels on the regions of a context, with its threads. */
#include "mlk_backend.h"
#include "spc_calls.h"

#define PLACE(c) (&(const spc_place){{mlk_backend_region, (c)}, mlk_backend_pool(c)})

int32_t spc_gather_rows(mlk_ctx *ctx, const spc_gather_args *args) {
  MLK_CALL(void, ctx, spc_call_gather(PLACE(c), args));
}

int32_t spc_scatter_rows(mlk_ctx *ctx, const spc_scatter_args *args) {
  MLK_CALL(void, ctx, spc_call_scatter(PLACE(c), args));
}

int32_t spc_reduce_rows(mlk_ctx *ctx, const spc_reduce_args *args) {
  MLK_CALL(void, ctx, spc_call_reduce(PLACE(c), args));
}

int32_t spc_dot_rows(mlk_ctx *ctx, const spc_dot_args *args) { MLK_CALL(void, ctx, spc_call_dot(PLACE(c), args)); }

int32_t spc_scale_rows(mlk_ctx *ctx, const spc_scale_args *args) {
  MLK_CALL(void, ctx, spc_call_scale(PLACE(c), args));
}

int32_t spc_reorder(mlk_ctx *ctx, const spc_reorder_args *args) {
  MLK_CALL(void, ctx, spc_call_reorder(PLACE(c), args));
}

int32_t spc_fill(mlk_ctx *ctx, const spc_fill_args *args) { MLK_CALL(void, ctx, spc_call_fill(PLACE(c), args)); }
