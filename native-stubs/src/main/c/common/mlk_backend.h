/*
 * Between what all backends have in common and one of them. Each backend is a library of its own, so these are linked,
 * not looked up; ctx is the backend's.
 *
 *   mlk_contexts.c   mlk_open, mlk_close, and the table that tells an open context from a closed one
 *   mlk_wait.c       reading signals and waiting for them
 *   mlk_kernels.c    kernels on the regions of a context
 */
#ifndef MLK_BACKEND_H
#define MLK_BACKEND_H

#include <stddef.h>
#include <stdint.h>

#include "mlk_bell.h"
#include "moelink_fabric.h"
#include "spc_pool.h"

/* ---- what the common part gives ---- */

/* Every call of the ABI is between these two. */
int32_t mlk_enter(mlk_ctx *token, void **ctx, const char *call);
void mlk_leave(mlk_ctx *token);

#define MLK_CALL(type, token, expression)               \
  do {                                                  \
    void *entered_ = NULL;                              \
    int32_t code_ = mlk_enter(token, &entered_, __func__); \
    if (code_ != MLK_OK) return code_;                  \
    type *c = entered_;                                 \
    code_ = (expression);                               \
    mlk_leave(token);                                   \
    return code_;                                       \
  } while (0)

/* Turns of looking before sleeping: about 10 microseconds, where every rank has a core, else 0. */
uint32_t mlk_spins_for(int32_t rank_count);

/* What is wrong with a request, whatever the backend; backend is its name. */
int32_t mlk_check_request(const char *call, const char *backend, const mlk_region_request *request);
int32_t mlk_check_foreign(const char *call, const void *address, uint64_t bytes, const uint64_t *handle);
int32_t mlk_check_addresses(const char *call, const uint8_t *addresses, uint64_t stride, int32_t count,
                            int32_t rank_count);

/* ---- what a backend gives ---- */

/* A context's own signal slots and the bell that rings for all that arrives. */
typedef struct mlk_waits {
  _Atomic int64_t *slots;
  mlk_bell *bell;
  uint32_t signal_count, spins;
  int32_t rank, rank_count;
} mlk_waits;

void mlk_caps_fill(mlk_caps *caps, const char *backend, uint32_t flags, const mlk_waits *waits, uint32_t compute_units);

/* The config is checked. */
int32_t mlk_backend_open(const mlk_config *config, void **ctx);
/* Makes the calls that are under way fail soon. */
void mlk_backend_wake(void *ctx);
/* No call is under way. */
void mlk_backend_close(void *ctx);

mlk_waits *mlk_backend_waits(void *ctx);
/* Fails when the group has failed or this context is being closed. */
int32_t mlk_backend_check(void *ctx, const char *call);
/* Whether a rank, or with MLK_ANY_RANK any other, has closed: its number, else -1. */
int32_t mlk_backend_closed_rank(void *ctx, int32_t from_rank);
/* The failure that a rank has closed, or the better reason that it closed over. */
int32_t mlk_backend_closed(void *ctx, const char *call, int32_t rank);
/* Moves transfers on, as often as a waiting thread likes to call it. */
void mlk_backend_turn(void *ctx);
/* That a thread begins (1) or ends (0) to call that again and again. */
void mlk_backend_spin(void *ctx, int begins);
/* Looks for failures of others, when it is due. */
void mlk_backend_look(void *ctx);

/* A region that the host can load; checks release. */
int32_t mlk_backend_region(void *ctx, const char *call, uint64_t region, uint8_t **base, uint64_t *bytes);
spc_pool *mlk_backend_pool(void *ctx);

#endif
