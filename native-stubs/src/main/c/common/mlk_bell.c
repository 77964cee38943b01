#define _GNU_SOURCE
#include "mlk_bell.h"

#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The half of the count that changes; futexes are 32 bits wide. */
static uint32_t *futex_word(mlk_bell *bell) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  return (uint32_t *)(void *)&bell->count;
#else
  return (uint32_t *)(void *)&bell->count + 1;
#endif
}

static void count(mlk_bell *bell, uint64_t arrivals) {
  /* sequentially consistent, as in mlk_bell_sleep: either we see the sleeper and its limit, or it sees the new count */
  const uint64_t now = atomic_fetch_add(&bell->count, arrivals) + arrivals;
  if (atomic_load(&bell->sleepers) == 0 || (int64_t)(now - atomic_load(&bell->wake_at)) < 0) return;
  if (atomic_exchange(&bell->sleepers, 0) != 0)
    (void)syscall(SYS_futex, futex_word(bell), FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

void mlk_bell_ring(mlk_bell *bell) { count(bell, 1); }

/* 1 more than any wait is for: the half that is slept on changes, too. */
void mlk_bell_alarm(mlk_bell *bell) { count(bell, (UINT64_C(1) << 32) + 1); }

int mlk_bell_rang(const mlk_bell *bell, uint64_t seen, uint32_t arrivals) {
  /* a count below what was seen was not seen here: it differs */
  const int64_t came = (int64_t)(atomic_load(&bell->count) - seen);
  return came < 0 || came >= arrivals;
}

void mlk_bell_sleep(mlk_bell *bell, uint64_t seen, uint32_t arrivals, int64_t ns) {
  const struct timespec limit = {ns / 1000000000, ns % 1000000000};
  atomic_store(&bell->wake_at, seen + arrivals);
  atomic_store(&bell->sleepers, 1);
  const uint64_t now = atomic_load(&bell->count);
  if (mlk_bell_rang(bell, seen, arrivals)) return;
  (void)syscall(SYS_futex, futex_word(bell), FUTEX_WAIT, (uint32_t)now, &limit, NULL, 0);
}
