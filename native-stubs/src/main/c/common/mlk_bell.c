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

void mlk_bell_ring(mlk_bell *bell) {
  /* sequentially consistent, as in mlk_bell_sleep: either we see the sleeper, or it sees the new count */
  atomic_fetch_add(&bell->count, 1);
  if (atomic_load(&bell->sleepers) != 0 && atomic_exchange(&bell->sleepers, 0) != 0)
    (void)syscall(SYS_futex, futex_word(bell), FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

void mlk_bell_sleep(mlk_bell *bell, uint64_t seen, int64_t ns) {
  const struct timespec limit = {ns / 1000000000, ns % 1000000000};
  atomic_store(&bell->sleepers, 1);
  if (atomic_load(&bell->count) != seen) return;
  (void)syscall(SYS_futex, futex_word(bell), FUTEX_WAIT, (uint32_t)seen, &limit, NULL, 0);
}
