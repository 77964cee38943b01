/* The other ranks: their death, their close, failures that all are told of. */
#include <stdio.h>
#include <string.h>

#include "ucx.h"

/* Longest wait of a close for what is still to go, and for the others' answers to the goodbye. */
#define DRAIN_NS INT64_C(5000000000)
#define GOODBYE_NS INT64_C(2000000000)

int ucx_is_gone(const ucx_peer *peer) {
  return atomic_load_explicit(&peer->dead, memory_order_acquire) != 0 ||
         atomic_load_explicit(&peer->closed, memory_order_acquire) != 0;
}

int32_t ucx_check_rank(ucx_ctx *c, const char *call, int32_t rank) {
  if (rank < 0 || rank >= c->rank_count)
    return mlk_fail(MLK_E_PEER, "%s: rank=%d is outside 0..%d", call, rank, c->rank_count - 1);
  if (!atomic_load_explicit(&c->connected, memory_order_acquire))
    return mlk_fail(MLK_E_STATE, "%s: rank=%d is not connected yet", call, rank);
  if (atomic_load_explicit(&c->peers[rank].dead, memory_order_relaxed)) return ucx_dead(c, call, rank);
  return MLK_OK;
}

int32_t ucx_check_group(ucx_ctx *c, const char *call) {
  if (atomic_load_explicit(&c->closing, memory_order_relaxed))
    return mlk_fail(MLK_E_CLOSED, "%s: the context is being closed", call);
  return mlk_failure_check(&c->failure, call, &c->failed_rank);
}

int32_t ucx_dead(ucx_ctx *c, const char *call, int32_t rank) {
  atomic_store(&c->failed_rank, rank);
  return mlk_fail(MLK_E_PEER_DEAD, "%s: rank=%d (pid %d) of group '%s' died", call, rank, c->peers[rank].pid,
                  c->group_name);
}

/* A rank that left over a failure has passed it on first, so looking now is not too early. */
int32_t ucx_closed(ucx_ctx *c, const char *call, int32_t rank) {
  mlk_failure_settle(&c->failure);
  const int32_t code = ucx_check_group(c, call);
  if (code != MLK_OK) return code;
  atomic_store(&c->failed_rank, rank);
  return mlk_fail(MLK_E_PEER_CLOSED, "%s: rank=%d (pid %d) has left group '%s'", call, rank, c->peers[rank].pid,
                  c->group_name);
}

int32_t ucx_gone(ucx_ctx *c, const char *call, ucx_peer *peer) {
  return atomic_load(&peer->dead) ? ucx_dead(c, call, peer->rank) : ucx_closed(c, call, peer->rank);
}

void ucx_tell_failure(ucx_ctx *c, int32_t code, int32_t rank, const char *text) {
  (void)mlk_failure_set(&c->failure, code, rank, text);
  if (atomic_load(&c->connected)) {
    const ucx_note note = {.kind = NOTE_FAILURE, .a = (uint64_t)(int64_t)code, .b = (uint64_t)(int64_t)rank};
    for (int32_t r = 0; r < c->rank_count; r++)
      if (r != c->rank) (void)ucx_post(c, &c->peers[r], &note, text, strlen(text) + 1); /* no memory: it sees for itself */
  }
  ucx_ring_all(c);
}

/* Nothing more goes to a peer, and nothing more is expected of it. */
static void part(ucx_ctx *c, ucx_peer *peer) {
  ucx_drop_held(c, peer);
  ucx_forget_holder(c, peer);
  ucx_streams_end(c, peer);
}

void ucx_declare_dead(ucx_ctx *c, ucx_peer *peer, const char *how) {
  if (ucx_is_gone(peer)) return;
  atomic_store(&peer->dead, 1);
  part(c, peer);
  /* not yet connected, or no longer: that call says what happened */
  if (!atomic_load(&c->connected) || atomic_load(&c->closing)) {
    ucx_ring_all(c);
    return;
  }
  char text[MLK_TEXT_BYTES];
  if (how[0] == 0)
    (void)snprintf(text, sizeof text, "rank=%d (pid %d) of group '%s' died", peer->rank, peer->pid, c->group_name);
  else
    (void)snprintf(text, sizeof text, "rank=%d (pid %d) of group '%s' died or cannot be reached: %s", peer->rank,
                   peer->pid, c->group_name, how);
  if (mlk_failure_is_set(&c->failure)) ucx_ring_all(c);
  else ucx_tell_failure(c, MLK_E_PEER_DEAD, peer->rank, text);
}

void ucx_declare_closed(ucx_ctx *c, ucx_peer *peer) {
  if (ucx_is_gone(peer)) return;
  atomic_store_explicit(&peer->closed, 1, memory_order_release);
  part(c, peer);
  int32_t none = -1;
  if (atomic_load(&c->connected)) (void)atomic_compare_exchange_strong(&c->first_closed, &none, peer->rank);
  ucx_ring_all(c);
}

static int all_idle(ucx_ctx *c, void *unused) {
  (void)unused;
  for (int32_t r = 0; r < c->rank_count; r++)
    if (!ucx_is_gone(&c->peers[r]) && !ucx_is_idle(&c->peers[r])) return 0;
  return 1;
}

static int all_said_bye(ucx_ctx *c, void *unused) {
  (void)unused;
  for (int32_t r = 0; r < c->rank_count; r++) {
    const ucx_peer *peer = &c->peers[r];
    if (r != c->rank && !ucx_is_gone(peer) && !peer->said_bye) return 0;
  }
  return 1;
}

/*
 * Tells the others, so that who waits for this rank does not wait for long. They answer: then all that was sent before
 * has been handled, and this end can go.
 */
void ucx_goodbye(ucx_ctx *c) {
  if (!atomic_load(&c->connected)) return;
  (void)pthread_mutex_lock(&c->lock);
  /* a failure is passed on first: who told this rank may not have told all yet, and they would see only the close */
  if (mlk_failure_is_set(&c->failure)) ucx_tell_failure(c, c->failure.code, c->failure.rank, c->failure.text);
  /* a peer that takes nothing is not waited for for ever */
  const int64_t drain = c->timeout_ns < DRAIN_NS ? c->timeout_ns : DRAIN_NS;
  (void)ucx_await(c, "mlk_close", NULL, 0, all_idle, NULL, mlk_failure_is_set(&c->failure) ? GOODBYE_NS / 4 : drain);
  const ucx_note bye = {.kind = NOTE_BYE};
  for (int32_t r = 0; r < c->rank_count; r++)
    if (r != c->rank) (void)ucx_post(c, &c->peers[r], &bye, NULL, 0);
  (void)ucx_await(c, "mlk_close", NULL, 0, all_said_bye, NULL,
                  mlk_failure_is_set(&c->failure) ? GOODBYE_NS / 4 : GOODBYE_NS);
  (void)pthread_mutex_unlock(&c->lock);
}

static int32_t abort_group(ucx_ctx *c, int32_t cause_rank, const char *text) {
  if (cause_rank < -1 || cause_rank >= c->rank_count)
    return mlk_fail(MLK_E_PEER, "mlk_abort: cause_rank=%d is outside -1..%d", cause_rank, c->rank_count - 1);
  if (text == NULL) return mlk_fail(MLK_E_INVALID, "mlk_abort: text is null");
  char full[MLK_TEXT_BYTES];
  (void)snprintf(full, sizeof full, "rank=%d aborted the group '%s': cause rank=%d: %s", c->rank, c->group_name,
                 cause_rank, text);
  (void)pthread_mutex_lock(&c->lock);
  if (!mlk_failure_is_set(&c->failure)) ucx_tell_failure(c, MLK_E_ABORTED, cause_rank, full);
  (void)pthread_mutex_unlock(&c->lock);
  return MLK_OK;
}

static int32_t failed_rank(ucx_ctx *c, int32_t *rank) {
  if (rank == NULL) return mlk_fail(MLK_E_INVALID, "mlk_failed_rank: rank is null");
  *rank = atomic_load(&c->failed_rank);
  return MLK_OK;
}

static int32_t loads(ucx_ctx *c, int32_t rank, int32_t *loadable) {
  if (loadable == NULL) return mlk_fail(MLK_E_INVALID, "mlk_loads: loads is null");
  if (rank == c->rank) {
    *loadable = 1;
    return MLK_OK;
  }
  const int32_t code = ucx_check_rank(c, "mlk_loads", rank);
  if (code == MLK_OK) *loadable = (int32_t)atomic_load(&c->peers[rank].loads);
  return code;
}

static int32_t progress(ucx_ctx *c) {
  mlk_backend_turn(c);
  return ucx_check_group(c, "mlk_progress");
}

int32_t mlk_backend_check(void *ctx, const char *call) { return ucx_check_group(ctx, call); }

int32_t mlk_backend_closed_rank(void *ctx, int32_t from_rank) {
  ucx_ctx *c = ctx;
  if (from_rank == MLK_ANY_RANK) return atomic_load_explicit(&c->first_closed, memory_order_acquire);
  if (from_rank == c->rank || !atomic_load_explicit(&c->connected, memory_order_acquire)) return -1;
  return atomic_load_explicit(&c->peers[from_rank].closed, memory_order_acquire) ? from_rank : -1;
}

int32_t mlk_backend_closed(void *ctx, const char *call, int32_t rank) { return ucx_closed(ctx, call, rank); }

int32_t mlk_abort(mlk_ctx *ctx, int32_t cause_rank, const char *text) {
  UCX_CALL(ctx, abort_group(c, cause_rank, text));
}

int32_t mlk_failed_rank(mlk_ctx *ctx, int32_t *rank) { UCX_CALL(ctx, failed_rank(c, rank)); }

int32_t mlk_loads(mlk_ctx *ctx, int32_t rank, int32_t *loadable) { UCX_CALL(ctx, loads(c, rank, loadable)); }

int32_t mlk_progress(mlk_ctx *ctx) { UCX_CALL(ctx, progress(c)); }
