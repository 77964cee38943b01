/*
 * The row kernels of one instruction set. Arguments are checked, and every operand is an address (region MLK_HOST).
 * A kernel does the rows begin..end-1 of a call and leaves its stores visible to a later release store.
 */
#ifndef SPC_KERNELS_H
#define SPC_KERNELS_H

#include <stdint.h>

#include "moelink_fabric.h"

/* stream: write past the cache, because the output will not stay in it anyway. */
typedef void (*spc_run)(const void *args, uint64_t begin, uint64_t end, int stream);

typedef struct spc_kernels {
  const char *isa;
  spc_run gather, scatter, reduce, dot, scale, reorder, fill;
  void (*copy)(void *dst, const void *src, uint64_t bytes, int stream);
} spc_kernels;

/* Columns of the source that one unit of work of reorder covers. */
#define SPC_REORDER_COLUMNS 256u
/* Bytes that one unit of work of fill covers. */
#define SPC_FILL_BLOCK (UINT64_C(256) << 10)

extern const spc_kernels spc_kernels_baseline;
#if defined(__x86_64__)
extern const spc_kernels spc_kernels_avx2;
extern const spc_kernels spc_kernels_avx512;
#endif

/* The kernels of this processor, or those that MOELINK_ISA names when it can run them. */
const spc_kernels *spc_selected(void);
/* Kernels by name, null when this processor or build has none. */
const spc_kernels *spc_by_name(const char *isa);
/* What the environment asks of kernels that cannot be had, as a line for a message, or null. */
const char *spc_obstacle(void);
/* Outputs from this size on are written past the cache. */
uint64_t spc_streaming_bytes(void);

#endif
