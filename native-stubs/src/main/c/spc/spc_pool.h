/*
 * The threads of one context that share the work of a kernel. The caller is one of them. The pool owns its threads:
 * spc_pool_create starts them, spc_pool_destroy ends and joins them; between calls they sleep.
 */
#ifndef SPC_POOL_H
#define SPC_POOL_H

#include <stdint.h>

#include "spc_kernels.h"

typedef struct spc_pool spc_pool;

/* units - 1 threads. Null when there is not enough memory or no more threads. */
spc_pool *spc_pool_create(uint32_t units);
/* No call is under way. Null does nothing. */
void spc_pool_destroy(spc_pool *pool);
/*
 * Runs units 0..total-1 of a kernel, `grain` at a time, and returns when all are done. A pool that is busy with
 * another thread's call, or null, leaves all of it to the caller.
 */
void spc_pool_run(spc_pool *pool, spc_run run, const void *args, uint64_t total, uint64_t grain, int stream);

#endif
