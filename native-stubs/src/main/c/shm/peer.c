/* The other ranks: connecting, their death, failures that all are told of. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shm.h"

static int32_t address_get(shm_ctx *c, mlk_address *address) {
  MLK_CHECK_STRUCT("mlk_address_get", address, MLK_MAGIC_ADDRESS);
  shm_address a = {.rank = c->rank,
                   .rank_count = c->rank_count,
                   .pid = (int32_t)getpid(),
                   .fd = c->memory.fd,
                   .start_time = c->start_time,
                   .control_bytes = c->memory.mapped,
                   .boot = mlk_boot_identity(),
                   .pid_space = mlk_pid_space()};
  memcpy(a.token, c->control->token, TOKEN_BYTES);
  memcpy(a.group_token, c->group_token, TOKEN_BYTES);
  memset(address->bytes, 0, sizeof address->bytes);
  memcpy(address->bytes, &a, sizeof a);
  return MLK_OK;
}

static int32_t connect_peer(shm_ctx *c, int32_t rank, const mlk_address *address) {
  const char *call = "mlk_connect";
  if (address->size != sizeof *address || address->magic != MLK_MAGIC_ADDRESS)
    return mlk_fail(MLK_E_STRUCT, "%s: address of rank=%d has size=%u magic=%#x, expected size=%u magic=%#x", call,
                    rank, address->size, address->magic, MLK_ADDRESS_BYTES, MLK_MAGIC_ADDRESS);
  shm_address a;
  memcpy(&a, address->bytes, sizeof a);
  if (a.rank != rank || a.rank_count != c->rank_count)
    return mlk_fail(MLK_E_PEER, "%s: address %d is of rank=%d of %d ranks, expected rank=%d of %d", call, rank, a.rank,
                    a.rank_count, rank, c->rank_count);
  if (memcmp(a.group_token, c->group_token, TOKEN_BYTES) != 0)
    return mlk_fail(MLK_E_PEER, "%s: rank=%d is of another group than '%s': group tokens differ", call, rank,
                    c->group_name);
  if (a.boot != mlk_boot_identity() || a.pid_space != mlk_pid_space())
    return mlk_fail(MLK_E_UNSUPPORTED,
                    "%s: rank=%d is on another host or in another pid namespace; shm needs all ranks on one host", call,
                    rank);
  shm_peer *peer = &c->peers[rank];
  peer->pid = a.pid;
  peer->start_time = a.start_time;
  peer->control_fd = a.fd;
  if (a.pid != (int32_t)getpid()) peer->pidfd = mlk_pidfd_open(a.pid);
  /* looked at after the pidfd is there: from now on the pid cannot pass to another process unseen */
  if (mlk_start_time(a.pid) != a.start_time) return shm_dead(c, call, rank);
  const int32_t code = mlk_shared_attach(call, a.pid, a.fd, a.control_bytes, 0, &peer->memory);
  if (code == MLK_E_STALE_KEY) return shm_closed(c, call, rank);
  if (code != MLK_OK) return code;
  shm_control *control = (shm_control *)(void *)peer->memory.base;
  if (a.control_bytes < sizeof *control || memcmp(control->token, a.token, TOKEN_BYTES) != 0 ||
      control->bytes != a.control_bytes || control->rank != rank ||
      shm_control_bytes(control->rank_count, control->signal_count) != a.control_bytes)
    return shm_closed(c, call, rank);
  peer->control = control;
  return MLK_OK;
}

static int32_t connect_all(shm_ctx *c, const uint8_t *addresses, uint64_t stride, int32_t count) {
  const char *call = "mlk_connect";
  int32_t code = mlk_check_addresses(call, addresses, stride, count, c->rank_count);
  if (code != MLK_OK) return code;
  if (atomic_load(&c->connected)) return mlk_fail(MLK_E_STATE, "%s: the context is connected", call);
  const int64_t end = mlk_now_ns() + c->timeout_ns;
  for (int32_t rank = 0; rank < count; rank++) {
    mlk_address address;
    memcpy(&address, addresses + (uint64_t)rank * stride, sizeof address);
    code = connect_peer(c, rank, &address);
    if (code == MLK_OK && mlk_now_ns() > end)
      code = mlk_fail(MLK_E_TIMEOUT, "%s: %d of %d ranks reached within %lld ms", call, rank + 1, count,
                      (long long)(c->timeout_ns / 1000000));
    if (code != MLK_OK) {
      shm_disconnect(c);
      return code;
    }
  }
  atomic_store(&c->connected, 1);
  return MLK_OK;
}

static int32_t connect_locked(shm_ctx *c, const uint8_t *addresses, uint64_t stride, int32_t count) {
  (void)pthread_mutex_lock(&c->lock);
  const int32_t code = connect_all(c, addresses, stride, count);
  (void)pthread_mutex_unlock(&c->lock);
  return code;
}

void shm_disconnect(shm_ctx *c) {
  for (int32_t rank = 0; rank < c->rank_count; rank++) {
    shm_peer *peer = &c->peers[rank];
    mlk_shared_free(&peer->memory);
    peer->control = NULL;
    if (peer->pidfd >= 0) (void)close(peer->pidfd);
    peer->pidfd = -1;
  }
}

int32_t shm_check_rank(shm_ctx *c, const char *call, int32_t rank) {
  if (rank < 0 || rank >= c->rank_count)
    return mlk_fail(MLK_E_PEER, "%s: rank=%d is outside 0..%d", call, rank, c->rank_count - 1);
  if (!atomic_load_explicit(&c->connected, memory_order_acquire))
    return mlk_fail(MLK_E_STATE, "%s: rank=%d is not connected yet", call, rank);
  if (atomic_load_explicit(&c->peers[rank].dead, memory_order_relaxed)) return shm_dead(c, call, rank);
  return MLK_OK;
}

int32_t shm_dead(shm_ctx *c, const char *call, int32_t rank) {
  atomic_store(&c->failed_rank, rank);
  return mlk_fail(MLK_E_PEER_DEAD, "%s: rank=%d (pid %d) of group '%s' died", call, rank, c->peers[rank].pid,
                  c->group_name);
}

int shm_has_closed(shm_ctx *c, int32_t rank) {
  return atomic_load_explicit(&c->peers[rank].control->state, memory_order_acquire) == CONTROL_CLOSED;
}

/*
 * A rank seldom leaves for no reason: when it left over a failure, that is what the caller wants to hear. It passed the
 * failure on before it said that it closed (shm_say_goodbye), so looking now is not too early.
 */
int32_t shm_closed(shm_ctx *c, const char *call, int32_t rank) {
  shm_check_liveness(c, 1);
  mlk_failure_settle(&c->control->failure);
  const int32_t code = shm_check_group(c, call);
  if (code != MLK_OK) return code;
  atomic_store(&c->failed_rank, rank);
  return mlk_fail(MLK_E_PEER_CLOSED, "%s: rank=%d (pid %d) has left group '%s'", call, rank, c->peers[rank].pid,
                  c->group_name);
}

int32_t shm_check_group(shm_ctx *c, const char *call) {
  if (atomic_load_explicit(&c->closing, memory_order_relaxed))
    return mlk_fail(MLK_E_CLOSED, "%s: the context is being closed", call);
  const int32_t code = mlk_failure_check(&c->control->failure, call, &c->failed_rank);
  if (code != MLK_OK) return code;
  /* not told, when the one who was to tell us died over it */
  const int32_t dead = atomic_load_explicit(&c->dead_rank, memory_order_relaxed);
  return dead < 0 ? MLK_OK : shm_dead(c, call, dead);
}

static void write_failure(shm_control *control, int32_t code, int32_t rank, const char *text) {
  if (mlk_failure_set(&control->failure, code, rank, text)) mlk_bell_alarm(&control->bell);
}

void shm_tell_failure(shm_ctx *c, int32_t code, int32_t rank, const char *text) {
  write_failure(c->control, code, rank, text);
  if (!atomic_load(&c->connected)) return;
  for (int32_t r = 0; r < c->rank_count; r++)
    if (r != c->rank) write_failure(c->peers[r].control, code, rank, text);
}

static int is_dead(const shm_peer *peer, short events) {
  if (peer->pidfd >= 0) return (events & POLLIN) != 0;
  return mlk_start_time(peer->pid) != peer->start_time;
}

static void declare_dead(shm_ctx *c, int32_t rank) {
  shm_peer *peer = &c->peers[rank];
  atomic_store(&peer->dead, 1);
  if (mlk_failure_is_set(&c->control->failure)) return;
  char text[MLK_TEXT_BYTES];
  (void)snprintf(text, sizeof text, "rank=%d (pid %d) of group '%s' died", rank, peer->pid, c->group_name);
  shm_tell_failure(c, MLK_E_PEER_DEAD, rank, text);
  atomic_store(&c->dead_rank, rank);
}

void shm_check_liveness(shm_ctx *c, int now) {
  if (!atomic_load_explicit(&c->connected, memory_order_acquire)) return;
  const int64_t time = mlk_now_ns();
  int64_t due = atomic_load_explicit(&c->next_liveness_ns, memory_order_relaxed);
  if (time < due && !now) return;
  if (!atomic_compare_exchange_strong(&c->next_liveness_ns, &due, time + LIVENESS_NS) && !now) return;
  struct pollfd *polls = calloc((size_t)c->rank_count, sizeof *polls);
  if (polls == NULL) return; /* the next look may have the memory */
  for (int32_t r = 0; r < c->rank_count; r++) polls[r] = (struct pollfd){c->peers[r].pidfd, POLLIN, 0};
  (void)poll(polls, (nfds_t)c->rank_count, 0);
  const int32_t own = (int32_t)getpid();
  for (int32_t r = 0; r < c->rank_count; r++) {
    shm_peer *peer = &c->peers[r];
    if (peer->pid == own || !is_dead(peer, polls[r].revents)) continue;
    /* one that closed first has left, not died; one that a failure made exit is not the failure */
    if (shm_has_closed(c, r)) continue;
    declare_dead(c, r);
  }
  free(polls);
}

int32_t shm_unreached(shm_ctx *c, const char *call, int32_t rank, int32_t code) {
  const shm_peer *peer = &c->peers[rank];
  /*
   * A process that is killed loses its descriptors a while before its pidfd says so. What else may be released, the
   * control segment is there until the end.
   */
  if (peer->pid == (int32_t)getpid() || mlk_shared_is_there(peer->pid, peer->control_fd)) return code;
  /* it says that it closes before it lets go of the segment */
  if (shm_has_closed(c, rank)) return shm_closed(c, call, rank);
  declare_dead(c, rank);
  return shm_dead(c, call, rank);
}

/* Tells the others, so that who waits for this rank does not wait for long. */
void shm_say_goodbye(shm_ctx *c) {
  shm_control *control = c->control;
  /* a failure is passed on first: who told this rank may not have told all yet, and they would see only the close */
  if (mlk_failure_is_set(&control->failure))
    shm_tell_failure(c, control->failure.code, control->failure.rank, control->failure.text);
  atomic_store_explicit(&control->state, CONTROL_CLOSED, memory_order_release);
  if (!atomic_load(&c->connected)) return;
  for (int32_t r = 0; r < c->rank_count; r++) {
    if (r == c->rank) continue;
    int32_t none = -1;
    (void)atomic_compare_exchange_strong(&c->peers[r].control->first_closed, &none, c->rank);
    mlk_bell_alarm(&c->peers[r].control->bell);
  }
}

static int32_t abort_group(shm_ctx *c, int32_t cause_rank, const char *text) {
  if (cause_rank < -1 || cause_rank >= c->rank_count)
    return mlk_fail(MLK_E_PEER, "mlk_abort: cause_rank=%d is outside -1..%d", cause_rank, c->rank_count - 1);
  if (text == NULL) return mlk_fail(MLK_E_INVALID, "mlk_abort: text is null");
  char full[MLK_TEXT_BYTES];
  (void)snprintf(full, sizeof full, "rank=%d aborted the group '%s': cause rank=%d: %s", c->rank, c->group_name,
                 cause_rank, text);
  shm_tell_failure(c, MLK_E_ABORTED, cause_rank, full);
  return MLK_OK;
}

static int32_t failed_rank(shm_ctx *c, int32_t *rank) {
  if (rank == NULL) return mlk_fail(MLK_E_INVALID, "mlk_failed_rank: rank is null");
  *rank = atomic_load(&c->failed_rank);
  return MLK_OK;
}

static int32_t progress(shm_ctx *c) {
  int32_t code = shm_check_group(c, "mlk_progress");
  if (code != MLK_OK) return code;
  shm_check_liveness(c, 0);
  return shm_check_group(c, "mlk_progress");
}

int32_t mlk_backend_check(void *ctx, const char *call) { return shm_check_group(ctx, call); }

int32_t mlk_backend_closed_rank(void *ctx, int32_t from_rank) {
  shm_ctx *c = ctx;
  if (from_rank == MLK_ANY_RANK) return atomic_load_explicit(&c->control->first_closed, memory_order_acquire);
  if (from_rank == c->rank || !atomic_load_explicit(&c->connected, memory_order_acquire)) return -1;
  return shm_has_closed(c, from_rank) ? from_rank : -1;
}

int32_t mlk_backend_closed(void *ctx, const char *call, int32_t rank) { return shm_closed(ctx, call, rank); }

/* Bytes and signals need no help here. */
void mlk_backend_turn(void *ctx) { (void)ctx; }

void mlk_backend_spin(void *ctx, int begins) {
  (void)ctx;
  (void)begins;
}

void mlk_backend_look(void *ctx) { shm_check_liveness(ctx, 0); }

int32_t mlk_address_get(mlk_ctx *ctx, mlk_address *address) { SHM_CALL(ctx, address_get(c, address)); }

int32_t mlk_connect(mlk_ctx *ctx, const void *addresses, uint64_t stride, int32_t count) {
  SHM_CALL(ctx, connect_locked(c, addresses, stride, count));
}

int32_t mlk_abort(mlk_ctx *ctx, int32_t cause_rank, const char *text) {
  SHM_CALL(ctx, abort_group(c, cause_rank, text));
}

int32_t mlk_failed_rank(mlk_ctx *ctx, int32_t *rank) { SHM_CALL(ctx, failed_rank(c, rank)); }

static int32_t loads(shm_ctx *c, int32_t rank, int32_t *loadable) {
  if (loadable == NULL) return mlk_fail(MLK_E_INVALID, "mlk_loads: loads is null");
  const int32_t code = rank == c->rank ? MLK_OK : shm_check_rank(c, "mlk_loads", rank);
  if (code == MLK_OK) *loadable = 1;
  return code;
}

int32_t mlk_loads(mlk_ctx *ctx, int32_t rank, int32_t *loadable) { SHM_CALL(ctx, loads(c, rank, loadable)); }

/* The kernel is all that this backend needs. */
int32_t mlk_probe(void) { return MLK_OK; }

int32_t mlk_progress(mlk_ctx *ctx) { SHM_CALL(ctx, progress(c)); }
