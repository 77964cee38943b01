/* Reading and waiting. A wait looks, spins a little where cores are free, then sleeps for slices. */
#include "shm.h"

#if defined(__x86_64__)
#define PAUSE() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define PAUSE() __asm__ volatile("yield")
#else
#define PAUSE() ((void)0)
#endif

/* What a wait is for. */
typedef struct wait_for {
  const char *call;
  const _Atomic int64_t *slot; /* null: activity other than seen */
  int64_t at_least;
  uint64_t seen;
  int32_t from_rank;
} wait_for;

static int holds(shm_ctx *c, const wait_for *wait) {
  if (wait->slot != NULL) return atomic_load_explicit(wait->slot, memory_order_acquire) >= wait->at_least;
  return atomic_load_explicit(&c->control->activity, memory_order_acquire) != wait->seen;
}

/* A rank that is waited for and has closed, or -1. */
static int32_t closed_rank(shm_ctx *c, const wait_for *wait) {
  if (wait->from_rank == MLK_ANY_RANK && wait->slot != NULL) return -1; /* another may yet signal */
  if (wait->from_rank == MLK_ANY_RANK) return atomic_load_explicit(&c->control->first_closed, memory_order_acquire);
  if (wait->from_rank == c->rank || !atomic_load_explicit(&c->connected, memory_order_acquire)) return -1;
  return shm_has_closed(c, wait->from_rank) ? wait->from_rank : -1;
}

/* MLK_OK: it holds. MLK_AGAIN: it may yet. */
static int32_t look(shm_ctx *c, const wait_for *wait) {
  const int32_t code = shm_check_group(c, wait->call);
  if (code != MLK_OK) return code;
  if (holds(c, wait)) return MLK_OK;
  const int32_t closed = closed_rank(c, wait);
  /* looked at once more: what a rank did before it closed counts */
  if (closed >= 0) return holds(c, wait) ? MLK_OK : shm_closed(c, wait->call, closed);
  return MLK_AGAIN;
}

static int32_t wait_sliced(shm_ctx *c, const wait_for *wait, int64_t timeout_ns) {
  if (timeout_ns < 0) timeout_ns = 0; /* differences of the smallest numbers would wrap */
  int32_t code = look(c, wait);
  if (code != MLK_AGAIN) return code;
  for (uint32_t spin = 0; spin < c->spins && timeout_ns > 0; spin++) {
    PAUSE();
    if (holds(c, wait)) return look(c, wait);
  }
  const int64_t start = shm_now_ns();
  const int64_t limit = timeout_ns < MLK_SLICE_NS_MAX ? timeout_ns : MLK_SLICE_NS_MAX;
  for (;;) {
    const uint64_t seen = atomic_load(&c->control->activity);
    shm_check_liveness(c, 0);
    code = look(c, wait);
    if (code != MLK_AGAIN) return code;
    const int64_t left = limit - (shm_now_ns() - start);
    if (left <= 0) break;
    shm_sleep(c->control, seen, left);
  }
  if (timeout_ns <= MLK_SLICE_NS_MAX)
    return mlk_fail(MLK_E_TIMEOUT, "%s: nothing from rank=%d within %lld ns", wait->call, wait->from_rank,
                    (long long)timeout_ns);
  return MLK_TIMEOUT_SLICE;
}

static int32_t check_signal(shm_ctx *c, const char *call, uint32_t signal) {
  if (signal < c->signal_count) return MLK_OK;
  return mlk_fail(MLK_E_RANGE, "%s: signal=%u is outside 0..%u", call, signal, c->signal_count - 1);
}

static int32_t signal_read(shm_ctx *c, uint32_t signal, int64_t *value) {
  if (value == NULL) return mlk_fail(MLK_E_INVALID, "mlk_signal_read: value is null");
  const int32_t code = check_signal(c, "mlk_signal_read", signal);
  if (code == MLK_OK) *value = atomic_load_explicit(shm_slots(c->control) + signal, memory_order_acquire);
  return code;
}

static int32_t signal_test(shm_ctx *c, uint32_t signal, int64_t at_least) {
  int32_t code = check_signal(c, "mlk_signal_test", signal);
  if (code != MLK_OK) return code;
  if (atomic_load_explicit(shm_slots(c->control) + signal, memory_order_acquire) >= at_least) return MLK_OK;
  shm_check_liveness(c, 0);
  code = shm_check_group(c, "mlk_signal_test");
  return code == MLK_OK ? MLK_AGAIN : code;
}

static int32_t signal_wait(shm_ctx *c, uint32_t signal, int64_t at_least, int32_t from_rank, int64_t timeout_ns) {
  const int32_t code = check_signal(c, "mlk_signal_wait", signal);
  if (code != MLK_OK) return code;
  if (from_rank < MLK_ANY_RANK || from_rank >= c->rank_count)
    return mlk_fail(MLK_E_PEER, "mlk_signal_wait: from_rank=%d is outside -1..%d", from_rank, c->rank_count - 1);
  const wait_for wait = {.call = "mlk_signal_wait",
                         .slot = shm_slots(c->control) + signal,
                         .at_least = at_least,
                         .from_rank = from_rank};
  return wait_sliced(c, &wait, timeout_ns);
}

static int32_t activity(shm_ctx *c, int64_t *count) {
  if (count == NULL) return mlk_fail(MLK_E_INVALID, "mlk_activity: count is null");
  *count = (int64_t)atomic_load_explicit(&c->control->activity, memory_order_acquire);
  return MLK_OK;
}

static int32_t activity_wait(shm_ctx *c, int64_t seen, int64_t timeout_ns) {
  const wait_for wait = {.call = "mlk_activity_wait", .seen = (uint64_t)seen, .from_rank = MLK_ANY_RANK};
  return wait_sliced(c, &wait, timeout_ns);
}

int32_t mlk_signal_read(mlk_ctx *ctx, uint32_t signal, int64_t *value) { SHM_CALL(ctx, signal_read(c, signal, value)); }

int32_t mlk_signal_test(mlk_ctx *ctx, uint32_t signal, int64_t at_least) {
  SHM_CALL(ctx, signal_test(c, signal, at_least));
}

int32_t mlk_signal_wait(mlk_ctx *ctx, uint32_t signal, int64_t at_least, int32_t from_rank, int64_t timeout_ns) {
  SHM_CALL(ctx, signal_wait(c, signal, at_least, from_rank, timeout_ns));
}

int32_t mlk_activity(mlk_ctx *ctx, int64_t *count) { SHM_CALL(ctx, activity(c, count)); }

int32_t mlk_activity_wait(mlk_ctx *ctx, int64_t seen, int64_t timeout_ns) {
  SHM_CALL(ctx, activity_wait(c, seen, timeout_ns));
}
