/* What a context has, and the end of it. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shm.h"

static void free_context(shm_ctx *c) {
  spc_pool_destroy(c->pool);
  shm_regions_free(c);
  mlk_table_close(&c->regions);
  if (c->peers != NULL) shm_disconnect(c);
  free(c->peers);
  mlk_shared_free(&c->memory);
  (void)pthread_mutex_destroy(&c->lock);
  free(c);
}

static int32_t fill_context(shm_ctx *c, const mlk_config *config) {
  const char *call = "mlk_open";
  c->rank = config->rank;
  c->rank_count = config->rank_count;
  c->signal_count = config->signal_count;
  c->compute_units = config->compute_units;
  c->timeout_ns = config->timeout_ns;
  memcpy(c->group_token, config->group_token, TOKEN_BYTES);
  memcpy(c->group_name, config->group_name, sizeof c->group_name);
  c->start_time = mlk_start_time((int32_t)getpid());
  if (c->start_time == 0) return mlk_fail(MLK_E_SYSTEM, "%s: /proc/self/stat cannot be read", call);
  int32_t code = mlk_table_open(call, &c->regions, sizeof(shm_region), SHM_REGIONS_MAX);
  if (code != MLK_OK) return code;
  c->peers = calloc((size_t)c->rank_count, sizeof *c->peers);
  if (c->peers == NULL) return mlk_fail(MLK_E_NO_MEMORY, "%s: no memory for %d peers", call, c->rank_count);
  for (int32_t r = 0; r < c->rank_count; r++) {
    c->peers[r].pidfd = -1;
    c->peers[r].memory.fd = -1;
  }
  const uint64_t bytes = shm_control_bytes(c->rank_count, c->signal_count);
  code = mlk_shared_create(call, "control", bytes, 0, &c->memory);
  if (code != MLK_OK) return code;
  c->control = (shm_control *)(void *)c->memory.base;
  c->control->bytes = bytes;
  c->control->rank = c->rank;
  c->control->rank_count = c->rank_count;
  c->control->signal_count = c->signal_count;
  c->control->abi_version = MLK_ABI_VERSION;
  atomic_store(&c->control->first_closed, -1);
  code = mlk_random(call, c->control->token);
  if (code != MLK_OK) return code;
  c->pool = spc_pool_create(c->compute_units);
  if (c->pool == NULL) return mlk_fail(MLK_E_NO_MEMORY, "%s: cannot start %u compute units", call, c->compute_units);
  c->waits = (mlk_waits){.slots = shm_slots(c->control),
                         .bell = &c->control->bell,
                         .signal_count = c->signal_count,
                         .spins = mlk_spins_for(c->rank_count),
                         .rank = c->rank,
                         .rank_count = c->rank_count};
  atomic_store(&c->control->state, CONTROL_OPEN);
  return MLK_OK;
}

int32_t mlk_backend_open(const mlk_config *config, void **ctx) {
  shm_ctx *c = calloc(1, sizeof *c);
  if (c == NULL) return mlk_fail(MLK_E_NO_MEMORY, "mlk_open: no memory");
  c->memory.fd = -1;
  atomic_store(&c->failed_rank, -1);
  atomic_store(&c->dead_rank, -1);
  (void)pthread_mutex_init(&c->lock, NULL);
  const int32_t code = fill_context(c, config);
  if (code != MLK_OK) {
    free_context(c);
    return code;
  }
  *ctx = c;
  return MLK_OK;
}

void mlk_backend_wake(void *ctx) {
  shm_ctx *c = ctx;
  atomic_store(&c->closing, 1);
  mlk_bell_alarm(&c->control->bell);
}

void mlk_backend_close(void *ctx) {
  shm_say_goodbye(ctx);
  free_context(ctx);
}

mlk_waits *mlk_backend_waits(void *ctx) { return &((shm_ctx *)ctx)->waits; }

spc_pool *mlk_backend_pool(void *ctx) { return ((shm_ctx *)ctx)->pool; }

static int32_t caps_get(shm_ctx *c, mlk_caps *caps) {
  MLK_CHECK_STRUCT("mlk_caps_get", caps, MLK_MAGIC_CAPS);
  mlk_caps_fill(caps, "shm", MLK_CAP_REMOTE_LOADS | MLK_CAP_REGISTER, &c->waits, c->compute_units);
  return MLK_OK;
}

int32_t mlk_caps_get(mlk_ctx *ctx, mlk_caps *caps) { SHM_CALL(ctx, caps_get(c, caps)); }
