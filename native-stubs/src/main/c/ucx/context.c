/* What a context has, and the end of it. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "spc_kernels.h"
#include "ucx.h"

static void free_peers(ucx_ctx *c) {
  for (int32_t r = 0; c->peers != NULL && r < c->rank_count; r++) {
    ucx_drop_held(c, &c->peers[r]);
    free(c->peers[r].mail);
  }
  free(c->peers);
}

static void free_context(ucx_ctx *c) {
  ucx_thread_stop(c);
  spc_pool_destroy(c->pool);
  /* keys belong to the worker, so they go before it; memory goes when nothing can write to it any more */
  ucx_regions_free(c, REGION_ATTACHED);
  if (c->peers != NULL) ucx_disconnect(c);
  ucx_streams_close(c);
  if (c->address != NULL) ucx.ucp_worker_release_address(c->worker, c->address);
  if (c->worker != NULL) ucx.ucp_worker_destroy(c->worker);
  ucx_regions_free(c, REGION_OWN);
  ucx_memory_free(c, &c->control_memory);
  if (c->context != NULL) ucx.ucp_cleanup(c->context);
  mlk_table_close(&c->regions);
  if (c->watch >= 0) (void)close(c->watch);
  free_peers(c);
  while (c->free_ops != NULL) {
    ucx_op *op = c->free_ops;
    c->free_ops = op->next;
    free(op);
  }
  (void)pthread_mutex_destroy(&c->lock);
  (void)pthread_mutex_destroy(&c->attach_lock);
  free(c);
}

static int32_t fill_context(ucx_ctx *c, const mlk_config *config) {
  const char *call = "mlk_open";
  c->rank = config->rank;
  c->rank_count = config->rank_count;
  c->signal_count = config->signal_count;
  c->compute_units = config->compute_units;
  c->timeout_ns = config->timeout_ns;
  memcpy(c->group_token, config->group_token, TOKEN_BYTES);
  memcpy(&c->group, config->group_token, sizeof c->group);
  memcpy(c->group_name, config->group_name, sizeof c->group_name);
  uint8_t random[TOKEN_BYTES];
  int32_t code = mlk_random(call, random);
  memcpy(&c->session, random, sizeof c->session);
  if (code == MLK_OK) code = mlk_table_open(call, &c->regions, sizeof(ucx_region), UCX_REGIONS_MAX);
  if (code != MLK_OK) return code;
  c->peers = calloc((size_t)c->rank_count, sizeof *c->peers);
  if (c->peers == NULL) return mlk_fail(MLK_E_NO_MEMORY, "%s: no memory for %d peers", call, c->rank_count);
  for (int32_t r = 0; r < c->rank_count; r++) {
    c->peers[r].ctx = c;
    c->peers[r].rank = r;
    c->peers[r].pidfd = -1;
    c->peers[r].mapping.fd = -1;
    c->peers[r].outlet.end.fd = -1;
  }
  c->peers[c->rank].pid = (int32_t)getpid();
  code = ucx_worker_open(c);
  if (code == MLK_OK) code = ucx_streams_open(c);
  if (code == MLK_OK) code = ucx_control_open(c);
  if (code != MLK_OK) return code;
  c->waits = (mlk_waits){.slots = c->slots,
                         .bell = &c->control->bell,
                         .signal_count = c->signal_count,
                         .spins = mlk_spins_for(c->rank_count),
                         .rank = c->rank,
                         .rank_count = c->rank_count};
  c->pool = spc_pool_create(c->compute_units);
  if (c->pool == NULL) return mlk_fail(MLK_E_NO_MEMORY, "%s: cannot start %u compute units", call, c->compute_units);
  return ucx_thread_start(c);
}

int32_t mlk_backend_open(const mlk_config *config, void **ctx) {
  int32_t code = ucx_load("mlk_open");
  if (code != MLK_OK) return code;
  ucx_ctx *c = aligned_alloc(_Alignof(ucx_ctx), mlk_round_up(sizeof *c, _Alignof(ucx_ctx)));
  if (c == NULL) return mlk_fail(MLK_E_NO_MEMORY, "mlk_open: no memory");
  memset((void *)c, 0, sizeof *c);
  c->watch = c->streams = -1;
  atomic_store(&c->failed_rank, -1);
  atomic_store(&c->first_closed, -1);
  (void)pthread_mutex_init(&c->lock, NULL);
  (void)pthread_mutex_init(&c->attach_lock, NULL);
  code = fill_context(c, config);
  if (code != MLK_OK) {
    free_context(c);
    return code;
  }
  *ctx = c;
  return MLK_OK;
}

void mlk_backend_wake(void *ctx) {
  ucx_ctx *c = ctx;
  atomic_store(&c->closing, 1);
  if (c->control != NULL) ucx_ring_all(c);
}

void mlk_backend_close(void *ctx) {
  ucx_goodbye(ctx);
  free_context(ctx);
}

mlk_waits *mlk_backend_waits(void *ctx) { return &((ucx_ctx *)ctx)->waits; }

spc_pool *mlk_backend_pool(void *ctx) { return ((ucx_ctx *)ctx)->pool; }

static uint32_t capabilities(ucx_ctx *c) {
  for (int32_t r = 0; r < c->rank_count; r++)
    if (atomic_load(&c->peers[r].loads)) return MLK_CAP_REMOTE_LOADS | MLK_CAP_REGISTER;
  return MLK_CAP_REGISTER;
}

static int32_t caps_get(ucx_ctx *c, mlk_caps *caps) {
  MLK_CHECK_STRUCT("mlk_caps_get", caps, MLK_MAGIC_CAPS);
  mlk_caps_fill(caps, "ucx", capabilities(c), &c->waits, c->compute_units);
  return MLK_OK;
}

int32_t mlk_caps_get(mlk_ctx *ctx, mlk_caps *caps) { UCX_CALL(ctx, caps_get(c, caps)); }
