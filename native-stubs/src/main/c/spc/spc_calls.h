/* The kernel calls, for entry points with and without a context. */
#ifndef SPC_CALLS_H
#define SPC_CALLS_H

#include "spc_check.h"
#include "spc_pool.h"

/* Where a call finds regions and threads; pool may be null. */
typedef struct spc_place {
  spc_space space;
  spc_pool *pool;
} spc_place;

int32_t spc_call_gather(const spc_place *place, const spc_gather_args *args);
int32_t spc_call_scatter(const spc_place *place, const spc_scatter_args *args);
int32_t spc_call_reduce(const spc_place *place, const spc_reduce_args *args);
int32_t spc_call_dot(const spc_place *place, const spc_dot_args *args);
int32_t spc_call_scale(const spc_place *place, const spc_scale_args *args);
int32_t spc_call_reorder(const spc_place *place, const spc_reorder_args *args);
int32_t spc_call_fill(const spc_place *place, const spc_fill_args *args);

#endif
