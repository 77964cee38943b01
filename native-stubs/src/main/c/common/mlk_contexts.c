/* Contexts: open, close, and the table that tells an open one from a closed one. */
#define _GNU_SOURCE
#include <sched.h>
#include <string.h>
#include <time.h>

#include "mlk_backend.h"
#include "mlk_error.h"
#include "spc_kernels.h"

#define CONTEXTS_MAX 1024u
#define SLOT_BITS 16u
#define SPINS 2000u

/* token = generation << SLOT_BITS | slot + 1; 0 while the slot is free. */
typedef struct slot {
  _Alignas(64) _Atomic uint64_t token;
  _Atomic uint32_t users; /* calls under way */
  _Atomic uint32_t taken;
  uint64_t generation;
  void *ctx;
} slot;

static slot slots[CONTEXTS_MAX];

static slot *slot_of(const mlk_ctx *token) {
  const uint64_t index = ((uint64_t)(uintptr_t)token & ((1u << SLOT_BITS) - 1)) - 1;
  return index < CONTEXTS_MAX ? &slots[index] : NULL;
}

int32_t mlk_enter(mlk_ctx *token, void **ctx, const char *call) {
  slot *s = slot_of(token);
  if (s == NULL) return mlk_fail(MLK_E_CLOSED, "%s: ctx is no context", call);
  atomic_fetch_add(&s->users, 1);
  if (atomic_load(&s->token) != (uint64_t)(uintptr_t)token) {
    atomic_fetch_sub(&s->users, 1);
    return mlk_fail(MLK_E_CLOSED, "%s: the context is closed", call);
  }
  *ctx = s->ctx;
  return MLK_OK;
}

void mlk_leave(mlk_ctx *token) { atomic_fetch_sub(&slot_of(token)->users, 1); }

uint32_t mlk_spins_for(int32_t rank_count) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 0;
  return rank_count <= CPU_COUNT(&set) ? SPINS : 0;
}

static int32_t check_config(const mlk_config *config) {
  MLK_CHECK_STRUCT("mlk_open", config, MLK_MAGIC_CONFIG);
  if (config->rank_count < 1 || config->rank_count > MLK_RANKS_MAX)
    return mlk_fail(MLK_E_INVALID, "mlk_open: rank_count=%d, expected 1..%d", config->rank_count, MLK_RANKS_MAX);
  if (config->rank < 0 || config->rank >= config->rank_count)
    return mlk_fail(MLK_E_INVALID, "mlk_open: rank=%d, expected 0..%d", config->rank, config->rank_count - 1);
  if (config->signal_count < 1 || config->signal_count > MLK_SIGNALS_MAX)
    return mlk_fail(MLK_E_INVALID, "mlk_open: signal_count=%u, expected 1..%u", config->signal_count, MLK_SIGNALS_MAX);
  if (config->compute_units < 1 || config->compute_units > MLK_COMPUTE_UNITS_MAX)
    return mlk_fail(MLK_E_INVALID, "mlk_open: compute_units=%u, expected 1..%u", config->compute_units,
                    MLK_COMPUTE_UNITS_MAX);
  if (config->timeout_ns < 1)
    return mlk_fail(MLK_E_INVALID, "mlk_open: timeout_ns=%lld, expected at least 1", (long long)config->timeout_ns);
  if (memchr(config->group_name, 0, sizeof config->group_name) == NULL)
    return mlk_fail(MLK_E_INVALID, "mlk_open: group_name does not end within %zu bytes", sizeof config->group_name);
  if (spc_obstacle() != NULL) return mlk_fail(MLK_E_INVALID, "mlk_open: %s", spc_obstacle());
  return MLK_OK;
}

int32_t mlk_open(const mlk_config *config, mlk_ctx **ctx) {
  if (ctx == NULL) return mlk_fail(MLK_E_INVALID, "mlk_open: ctx is null");
  *ctx = NULL;
  int32_t code = check_config(config);
  if (code != MLK_OK) return code;
  uint32_t index = 0;
  while (index < CONTEXTS_MAX && atomic_exchange(&slots[index].taken, 1) != 0) index++;
  if (index == CONTEXTS_MAX)
    return mlk_fail(MLK_E_NO_MEMORY, "mlk_open: %u contexts are open in this process, expected fewer", CONTEXTS_MAX);
  slot *s = &slots[index];
  code = mlk_backend_open(config, &s->ctx);
  if (code != MLK_OK) {
    atomic_store(&s->taken, 0);
    return code;
  }
  s->generation++;
  const uint64_t token = s->generation << SLOT_BITS | (index + 1);
  atomic_store(&s->token, token);
  *ctx = (mlk_ctx *)(uintptr_t)token; // NOLINT: a token, never followed
  return MLK_OK;
}

int32_t mlk_close(mlk_ctx *ctx) {
  slot *s = slot_of(ctx);
  if (s == NULL) return mlk_fail(MLK_E_CLOSED, "mlk_close: ctx is no context");
  uint64_t token = (uint64_t)(uintptr_t)ctx;
  /* counted as a user until it holds the context alone, so that a second close cannot free it first */
  atomic_fetch_add(&s->users, 1);
  if (!atomic_compare_exchange_strong(&s->token, &token, 0)) {
    atomic_fetch_sub(&s->users, 1);
    return mlk_fail(MLK_E_CLOSED, "mlk_close: the context is closed");
  }
  mlk_backend_wake(s->ctx);
  const struct timespec pause = {0, 20000};
  while (atomic_load(&s->users) > 1) (void)nanosleep(&pause, NULL);
  mlk_backend_close(s->ctx);
  s->ctx = NULL;
  atomic_fetch_sub(&s->users, 1);
  atomic_store(&s->taken, 0);
  return MLK_OK;
}
