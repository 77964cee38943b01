/* The worker of a context: opening it, the thread that progresses it, waiting for what completes. */
#define _GNU_SOURCE
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "ucx.h"

/* Progress calls in a row under one hold of the lock. */
#define TURNS_MAX 64
/* Longest sleep of the thread: only a net under what should wake it. */
#define SLEEP_MS 500
/* The same where the kernel has no pidfd, so that a death is found by looking. */
#define LOOK_MS 50
/* Pause while another thread progresses the worker as it waits. */
#define GIVE_WAY_NS 50000
/* The same since another thread has progressed it between two steps of its own work. */
#define DRIVEN_NS 1000000
/* Not for longer: one thread may spin after the other, and the others want signs of life. */
#define GIVE_WAY_NS_MAX 50000000
/* Pauses while UCX says that it is busy and nothing moves: a peer that takes nothing. */
#define PAUSE_NS_MIN 20000
#define PAUSE_NS_MAX 1000000
#define BUSY_LOOK_NS 5000000
#define DRAIN_TURNS 1000
#define AWAIT_SLICE_NS 5000000
#define AWAIT_SPINS 200

int32_t ucx_status(const char *call, const char *what, int32_t rank, ucs_status_t status) {
  const int32_t code = status == UCS_ERR_NO_MEMORY ? MLK_E_NO_MEMORY : MLK_E_SYSTEM;
  if (rank < 0) return mlk_fail(code, "%s: UCX: %s: %s", call, what, ucx.ucs_status_string(status));
  return mlk_fail(code, "%s: UCX: %s: rank=%d: %s", call, what, rank, ucx.ucs_status_string(status));
}

static void set_default(ucp_config_t *config, const char *variable, const char *name, const char *value) {
  /* a name that this UCX does not know leaves its own default */
  if (getenv(variable) == NULL) (void)ucx.ucp_config_modify(config, name, value);
}

static int32_t init(ucx_ctx *c) {
  ucp_config_t *config;
  ucs_status_t status = ucx.ucp_config_read(NULL, NULL, &config);
  if (status != UCS_OK) return ucx_status("mlk_open", "the UCX_ variables cannot be read", -1, status);
  /* a host that is gone without a word is found within seconds, not minutes */
  set_default(config, "UCX_KEEPALIVE_INTERVAL", "KEEPALIVE_INTERVAL", "1s");
  /* large messages over TCP come in pieces of so many bytes, each one call of the kernel and one of UCX */
  set_default(config, "UCX_TCP_RX_SEG_SIZE", "TCP_RX_SEG_SIZE", "256K");
  const ucp_params_t params = {.field_mask = UCP_PARAM_FIELD_FEATURES | UCP_PARAM_FIELD_ESTIMATED_NUM_EPS,
                               .features = UCP_FEATURE_RMA | UCP_FEATURE_AM | UCP_FEATURE_WAKEUP,
                               .estimated_num_eps = (size_t)c->rank_count};
  status = ucx.ucp_init_version(UCP_API_MAJOR, UCP_API_MINOR, &params, config, &c->context);
  ucx.ucp_config_release(config);
  return status == UCS_OK ? MLK_OK : ucx_status("mlk_open", "ucp_init; see UCX_TLS and UCX_NET_DEVICES", -1, status);
}

int32_t ucx_worker_open(ucx_ctx *c) {
  /* settings such as "0.5" are parsed in here, too; see library.c */
  const locale_t plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
  if (plain == (locale_t)0) return mlk_fail(MLK_E_NO_MEMORY, "mlk_open: no memory for a locale");
  const locale_t before = uselocale(plain);
  int32_t code = init(c);
  (void)uselocale(before);
  freelocale(plain);
  if (code != MLK_OK) return code;
  const ucp_worker_params_t params = {
      .field_mask = UCP_WORKER_PARAM_FIELD_THREAD_MODE | UCP_WORKER_PARAM_FIELD_FLAGS,
      .thread_mode = UCS_THREAD_MODE_SERIALIZED, /* under c->lock */
      .flags = UCP_WORKER_FLAG_IGNORE_REQUEST_LEAK};
  ucs_status_t status = ucx.ucp_worker_create(c->context, &params, &c->worker);
  if (status != UCS_OK) return ucx_status("mlk_open", "ucp_worker_create", -1, status);
  code = ucx_handlers_set(c);
  if (code != MLK_OK) return code;
  status = ucx.ucp_worker_get_address(c->worker, &c->address, &c->address_bytes);
  if (status != UCS_OK) return ucx_status("mlk_open", "ucp_worker_get_address", -1, status);
  if (c->address_bytes > UCX_WORKER_ADDRESS_MAX)
    return mlk_fail(MLK_E_UNSUPPORTED,
                    "mlk_open: UCX has an address of %zu bytes, expected at most %u; name fewer devices in "
                    "UCX_NET_DEVICES or fewer transports in UCX_TLS",
                    c->address_bytes, UCX_WORKER_ADDRESS_MAX);
  int events;
  status = ucx.ucp_worker_get_efd(c->worker, &events);
  if (status != UCS_OK) return ucx_status("mlk_open", "a transport of UCX_TLS cannot wake its user", -1, status);
  c->watch = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  if (c->watch < 0 || epoll_ctl(c->watch, EPOLL_CTL_ADD, events, &event) != 0)
    return mlk_fail(MLK_E_SYSTEM, "mlk_open: epoll: %s", strerror(errno));
  return MLK_OK;
}

void ucx_kick(ucx_ctx *c) {
  if (!c->asleep) return; /* it looks anyway before it sleeps */
  c->asleep = 0;
  (void)ucx.ucp_worker_signal(c->worker);
}

void ucx_ring_all(ucx_ctx *c) {
  mlk_bell_alarm(&c->control->bell);
  mlk_bell_alarm(&c->inner);
}

unsigned ucx_move(ucx_ctx *c) { return ucx.ucp_worker_progress(c->worker) + ucx_streams_move(c); }

static unsigned turn(ucx_ctx *c) {
  unsigned moved = 0, now = 1;
  for (int i = 0; i < TURNS_MAX && now != 0; i++) moved += now = ucx_move(c);
  if (c->held > 0) ucx_take_held(c);
  return moved;
}

/* Where there is no pidfd. Locked. */
static int look_for_the_dead(ucx_ctx *c) {
  int without = 0;
  if (!atomic_load(&c->connected)) return 0;
  const int32_t own = (int32_t)getpid();
  for (int32_t r = 0; r < c->rank_count; r++) {
    ucx_peer *peer = &c->peers[r];
    if (!peer->on_host || peer->pidfd >= 0 || peer->pid == own || ucx_is_gone(peer)) continue;
    without = 1;
    if (mlk_start_time(peer->pid) != peer->start_time) ucx_declare_dead(c, peer, "");
  }
  return without;
}

static void pause_ns(int64_t ns) {
  const struct timespec pause = {0, ns};
  (void)nanosleep(&pause, NULL);
}

void ucx_lost(ucx_ctx *c, ucx_peer *peer, const char *how) {
  for (int i = 0; i < DRAIN_TURNS && turn(c) != 0; i++) continue;
  ucx_declare_dead(c, peer, how);
}

static void process_ended(ucx_ctx *c, ucx_peer *peer) {
  (void)pthread_mutex_lock(&c->lock);
  ucx_lost(c, peer, "");
  if (peer->pidfd >= 0) (void)epoll_ctl(c->watch, EPOLL_CTL_DEL, peer->pidfd, NULL);
  (void)pthread_mutex_unlock(&c->lock);
}

static void watch(ucx_ctx *c, int timeout_ms) {
  struct epoll_event events[16];
  const int found = epoll_wait(c->watch, events, 16, timeout_ms);
  for (int i = 0; i < found; i++)
    if (events[i].data.ptr != NULL && events[i].data.ptr != c) process_ended(c, events[i].data.ptr);
}

/*
 * Leaves the worker to who progresses it meanwhile: woken at every arrival, this thread would only take the core from
 * the one that will look anyway. 0 when nobody does.
 */
static int gives_way(ucx_ctx *c) {
  const uint64_t seen = atomic_load(&c->rest.count);
  const int64_t now = mlk_now_ns();
  if (now - c->looked_ns >= GIVE_WAY_NS_MAX) return 0;
  if (atomic_load_explicit(&c->spinning, memory_order_relaxed) != 0) {
    pause_ns(GIVE_WAY_NS); /* spinning ends within microseconds */
    return 1;
  }
  const int64_t left = atomic_load(&c->driven_ns) + DRIVEN_NS - now;
  if (left > 0) mlk_bell_sleep(&c->rest, seen, 1, left);
  return left > 0;
}

void ucx_hand_over(ucx_ctx *c) {
  atomic_store(&c->driven_ns, 0);
  mlk_bell_ring(&c->rest);
}

static void *run(void *argument) {
  ucx_ctx *c = argument;
  int64_t pause = PAUSE_NS_MIN, look_ns = 0;
  while (!atomic_load_explicit(&c->stopping, memory_order_relaxed)) {
    if (gives_way(c)) continue;
    (void)pthread_mutex_lock(&c->lock);
    const unsigned moved = turn(c);
    /* what a held note is behind may come without an event */
    const ucs_status_t armed = moved != 0 || c->held > 0 ? UCS_ERR_BUSY : ucx.ucp_worker_arm(c->worker);
    c->asleep = armed == UCS_OK;
    const int without = look_for_the_dead(c);
    ucx_beat(c);
    (void)pthread_mutex_unlock(&c->lock);
    if (armed == UCS_OK) {
      watch(c, without ? LOOK_MS : SLEEP_MS);
      continue;
    }
    if (moved != 0) pause = PAUSE_NS_MIN;
    else pause_ns(pause);
    if (moved == 0 && pause < PAUSE_NS_MAX) pause *= 2;
    /* busy with a peer that takes nothing: perhaps it has died */
    const int64_t now = mlk_now_ns();
    if (now < look_ns) continue;
    watch(c, 0);
    look_ns = now + BUSY_LOOK_NS;
  }
  return NULL;
}

int32_t ucx_thread_start(ucx_ctx *c) {
  const int error = pthread_create(&c->thread, NULL, run, c);
  if (error != 0) return mlk_fail(MLK_E_SYSTEM, "mlk_open: a thread: %s", strerror(error));
  c->has_thread = 1;
  return MLK_OK;
}

void ucx_thread_stop(ucx_ctx *c) {
  if (!c->has_thread) return;
  atomic_store(&c->stopping, 1);
  ucx_hand_over(c);
  (void)pthread_mutex_lock(&c->lock);
  (void)ucx.ucp_worker_signal(c->worker);
  (void)pthread_mutex_unlock(&c->lock);
  (void)pthread_join(c->thread, NULL);
  c->has_thread = 0;
}

int32_t ucx_await(ucx_ctx *c, const char *call, ucx_peer *peer, int group, ucx_condition holds, void *argument,
                  int64_t limit_ns) {
  const int64_t start = mlk_now_ns();
  for (uint32_t round = 0;; round++) {
    const uint64_t seen = atomic_load(&c->inner.count);
    (void)turn(c);
    if (holds(c, argument)) return MLK_OK;
    if (peer != NULL && ucx_is_gone(peer)) return ucx_gone(c, call, peer);
    if (group) {
      const int32_t code = ucx_check_group(c, call);
      if (code != MLK_OK) return code;
    }
    const int64_t left = limit_ns - (mlk_now_ns() - start);
    if (left <= 0) {
      atomic_store(&c->failed_rank, peer == NULL ? -1 : peer->rank);
      return mlk_fail(MLK_E_TIMEOUT, "%s: nothing from rank=%d within %lld ms", call, peer == NULL ? -1 : peer->rank,
                      (long long)(limit_ns / 1000000));
    }
    (void)pthread_mutex_unlock(&c->lock);
    if (round >= (c->waits.spins > 0 ? AWAIT_SPINS : 0u)) {
      ucx_hand_over(c);
      mlk_bell_sleep(&c->inner, seen, 1, left < AWAIT_SLICE_NS ? left : AWAIT_SLICE_NS);
    }
    (void)pthread_mutex_lock(&c->lock);
  }
}

/* A waiting thread progresses the worker itself: an arrival is then seen without a switch of threads. */
void mlk_backend_turn(void *ctx) {
  ucx_ctx *c = ctx;
  if (pthread_mutex_trylock(&c->lock) != 0) return;
  (void)ucx_move(c);
  if (c->held > 0) ucx_take_held(c);
  (void)pthread_mutex_unlock(&c->lock);
  atomic_store_explicit(&c->driven_ns, mlk_now_ns(), memory_order_relaxed);
}

void mlk_backend_spin(void *ctx, int begins) {
  ucx_ctx *c = ctx;
  if (begins) (void)atomic_fetch_add_explicit(&c->spinning, 1, memory_order_relaxed);
  else (void)atomic_fetch_sub_explicit(&c->spinning, 1, memory_order_relaxed);
}

/* The thread looks from here on. */
void mlk_backend_look(void *ctx) { ucx_hand_over(ctx); }
