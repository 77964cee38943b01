/* Reading signals and waiting. A wait looks, spins a little where cores are free, then sleeps for slices. */
#include <sched.h>

#include "mlk_backend.h"
#include "mlk_error.h"
#include "mlk_memory.h"

#if defined(__x86_64__)
#define PAUSE() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define PAUSE() __asm__ volatile("yield")
#else
#define PAUSE() ((void)0)
#endif

/* A look costs a load, a turn of a backend much more. */
#define LOOKS_OF_A_TURN 4

/* Bare looks before the others, where ranks have cores of their own: an answer that is on its way is seen at once. */
#define EAGER_LOOKS 64

/* Looks with a yield before each, where ranks outnumber cores. */
#define YIELDS 50u

/* What a wait is for. */
typedef struct wait_for {
  const char *call;
  const _Atomic int64_t *slot; /* null: arrivals since activity was seen */
  int64_t at_least;
  uint64_t seen;
  uint32_t arrivals;
  int32_t from_rank;
  mlk_bell *bell;
} wait_for;

static int holds(const wait_for *wait) {
  if (wait->slot != NULL) return atomic_load_explicit(wait->slot, memory_order_acquire) >= wait->at_least;
  return mlk_bell_rang(wait->bell, wait->seen, wait->arrivals);
}

/* A rank that is waited for and has closed, or -1. */
static int32_t closed_rank(void *c, const wait_for *wait) {
  if (wait->from_rank == MLK_ANY_RANK && wait->slot != NULL) return -1; /* another may yet signal */
  return mlk_backend_closed_rank(c, wait->from_rank);
}

/* MLK_OK: it holds. MLK_AGAIN: it may yet. */
static int32_t look(void *c, const wait_for *wait) {
  const int32_t code = mlk_backend_check(c, wait->call);
  if (code != MLK_OK) return code;
  if (holds(wait)) return MLK_OK;
  const int32_t closed = closed_rank(c, wait);
  /* looked at once more: what a rank did before it closed counts */
  if (closed >= 0) return holds(wait) ? MLK_OK : mlk_backend_closed(c, wait->call, closed);
  return MLK_AGAIN;
}

/*
 * Looks for a while before sleeping, and moves transfers on meanwhile. Where ranks outnumber cores the others get this
 * one's core between looks: a rank that is only put behind them runs on sooner than one that must be woken.
 */
static int spin(void *c, const wait_for *wait, uint32_t spins) {
  const int yields = spins == 0;
  const uint32_t looks = yields ? YIELDS : spins;
  int held = 0;
  for (uint32_t i = 0; !yields && i < EAGER_LOOKS && !held; i++) held = holds(wait);
  if (held) return held;
  mlk_backend_spin(c, 1);
  for (uint32_t i = 0; i < looks && !held; i++) {
    if (yields) {
      (void)sched_yield();
    } else {
      PAUSE();
    }
    if (i % LOOKS_OF_A_TURN == LOOKS_OF_A_TURN - 1) mlk_backend_turn(c);
    held = holds(wait);
  }
  mlk_backend_spin(c, 0);
  return held;
}

static int32_t wait_sliced(void *c, const wait_for *wait, uint32_t spins, int64_t timeout_ns) {
  if (timeout_ns < 0) timeout_ns = 0; /* differences of the smallest numbers would wrap */
  int32_t code = look(c, wait);
  if (code != MLK_AGAIN) return code;
  if (timeout_ns > 0 && spin(c, wait, spins)) return look(c, wait);
  const int64_t start = mlk_now_ns();
  const int64_t limit = timeout_ns < MLK_SLICE_NS_MAX ? timeout_ns : MLK_SLICE_NS_MAX;
  for (;;) {
    const uint64_t seen = wait->slot == NULL ? wait->seen : atomic_load(&wait->bell->count);
    mlk_backend_look(c);
    code = look(c, wait);
    if (code != MLK_AGAIN) return code;
    const int64_t left = limit - (mlk_now_ns() - start);
    if (left <= 0) break;
    mlk_bell_sleep(wait->bell, seen, wait->arrivals, left);
  }
  if (timeout_ns <= MLK_SLICE_NS_MAX)
    return mlk_fail(MLK_E_TIMEOUT, "%s: nothing from rank=%d within %lld ns", wait->call, wait->from_rank,
                    (long long)timeout_ns);
  return MLK_TIMEOUT_SLICE;
}

static int32_t check_signal(const mlk_waits *waits, const char *call, uint32_t signal) {
  if (signal < waits->signal_count) return MLK_OK;
  return mlk_fail(MLK_E_RANGE, "%s: signal=%u is outside 0..%u", call, signal, waits->signal_count - 1);
}

static int32_t signal_read(void *c, uint32_t signal, int64_t *value) {
  if (value == NULL) return mlk_fail(MLK_E_INVALID, "mlk_signal_read: value is null");
  const mlk_waits *waits = mlk_backend_waits(c);
  const int32_t code = check_signal(waits, "mlk_signal_read", signal);
  if (code == MLK_OK) *value = atomic_load_explicit(waits->slots + signal, memory_order_acquire);
  return code;
}

static int32_t signal_test(void *c, uint32_t signal, int64_t at_least) {
  const mlk_waits *waits = mlk_backend_waits(c);
  int32_t code = check_signal(waits, "mlk_signal_test", signal);
  if (code != MLK_OK) return code;
  if (atomic_load_explicit(waits->slots + signal, memory_order_acquire) >= at_least) return MLK_OK;
  mlk_backend_look(c);
  code = mlk_backend_check(c, "mlk_signal_test");
  return code == MLK_OK ? MLK_AGAIN : code;
}

static int32_t signal_wait(void *c, uint32_t signal, int64_t at_least, int32_t from_rank, int64_t timeout_ns) {
  const mlk_waits *waits = mlk_backend_waits(c);
  const int32_t code = check_signal(waits, "mlk_signal_wait", signal);
  if (code != MLK_OK) return code;
  if (from_rank < MLK_ANY_RANK || from_rank >= waits->rank_count)
    return mlk_fail(MLK_E_PEER, "mlk_signal_wait: from_rank=%d is outside -1..%d", from_rank, waits->rank_count - 1);
  const wait_for wait = {.call = "mlk_signal_wait",
                         .slot = waits->slots + signal,
                         .at_least = at_least,
                         .arrivals = 1,
                         .from_rank = from_rank,
                         .bell = waits->bell};
  return wait_sliced(c, &wait, waits->spins, timeout_ns);
}

static int32_t activity(void *c, int64_t *count) {
  if (count == NULL) return mlk_fail(MLK_E_INVALID, "mlk_activity: count is null");
  *count = (int64_t)atomic_load_explicit(&mlk_backend_waits(c)->bell->count, memory_order_acquire);
  return MLK_OK;
}

static int32_t activity_wait(void *c, int64_t seen, uint32_t arrivals, int64_t timeout_ns) {
  if (arrivals == 0) return mlk_fail(MLK_E_INVALID, "mlk_activity_wait: arrivals=0, expected at least 1");
  const mlk_waits *waits = mlk_backend_waits(c);
  const wait_for wait = {.call = "mlk_activity_wait",
                         .seen = (uint64_t)seen,
                         .arrivals = arrivals,
                         .from_rank = MLK_ANY_RANK,
                         .bell = waits->bell};
  return wait_sliced(c, &wait, waits->spins, timeout_ns);
}

int32_t mlk_signal_read(mlk_ctx *ctx, uint32_t signal, int64_t *value) {
  MLK_CALL(void, ctx, signal_read(c, signal, value));
}

int32_t mlk_signal_test(mlk_ctx *ctx, uint32_t signal, int64_t at_least) {
  MLK_CALL(void, ctx, signal_test(c, signal, at_least));
}

int32_t mlk_signal_wait(mlk_ctx *ctx, uint32_t signal, int64_t at_least, int32_t from_rank, int64_t timeout_ns) {
  MLK_CALL(void, ctx, signal_wait(c, signal, at_least, from_rank, timeout_ns));
}

int32_t mlk_activity(mlk_ctx *ctx, int64_t *count) { MLK_CALL(void, ctx, activity(c, count)); }

int32_t mlk_activity_wait(mlk_ctx *ctx, int64_t seen, uint32_t arrivals, int64_t timeout_ns) {
  MLK_CALL(void, ctx, activity_wait(c, seen, arrivals, timeout_ns));
}
