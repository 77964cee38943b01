/*
 * Checks a kernel call and turns its operands into addresses. Afterwards nothing that the kernel does can touch
 * memory outside the operands.
 */
#ifndef SPC_CHECK_H
#define SPC_CHECK_H

#include <stdint.h>

#include "moelink_fabric.h"

/* A loadable region: address of its first byte and its size, or a code with a text. */
typedef int32_t (*spc_lookup)(void *context, const char *call, uint64_t region, uint8_t **base, uint64_t *bytes);

/* Where regions are found; lookup null: there are none, every operand is MLK_HOST. */
typedef struct spc_space {
  spc_lookup lookup;
  void *context;
} spc_space;

/* Each changes args, a copy that is the callee's, from regions to addresses. */
int32_t spc_check_gather(const spc_space *space, spc_gather_args *args);
/* The targets, and sources, too, must be a copy. */
int32_t spc_check_scatter(const spc_space *space, spc_scatter_args *args, mlk_rows *targets);
int32_t spc_check_reduce(const spc_space *space, spc_reduce_args *args, mlk_rows *sources);
int32_t spc_check_dot(const spc_space *space, spc_dot_args *args);
int32_t spc_check_scale(const spc_space *space, spc_scale_args *args);
int32_t spc_check_reorder(const spc_space *space, spc_reorder_args *args);
int32_t spc_check_fill(const spc_space *space, spc_fill_args *args);

#endif
