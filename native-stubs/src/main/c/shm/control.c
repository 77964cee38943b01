/* The control segment: header page, signal slots, message rings. */
#define _GNU_SOURCE
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "shm.h"

#define HEADER_BYTES UINT64_C(4096)

_Static_assert(sizeof(shm_control) <= HEADER_BYTES, "header fits");

static uint64_t slots_bytes(uint32_t signal_count) {
  return shm_round_up((uint64_t)signal_count * sizeof(int64_t), HEADER_BYTES);
}

uint64_t shm_control_bytes(int32_t rank_count, uint32_t signal_count) {
  return HEADER_BYTES + slots_bytes(signal_count) + (uint64_t)rank_count * sizeof(shm_ring);
}

_Atomic int64_t *shm_slots(shm_control *control) {
  return (_Atomic int64_t *)(void *)((uint8_t *)control + HEADER_BYTES);
}

shm_ring *shm_ring_of(shm_control *control, int32_t sender) {
  return (shm_ring *)(void *)((uint8_t *)control + HEADER_BYTES + slots_bytes(control->signal_count)) + sender;
}

/* The half of activity that changes; futexes are 32 bits wide. */
static uint32_t *futex_word(shm_control *control) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  return (uint32_t *)(void *)&control->activity;
#else
  return (uint32_t *)(void *)&control->activity + 1;
#endif
}

void shm_notify(shm_control *control) {
  /* sequentially consistent, as in shm_sleep: either we see the sleeper, or it sees the new count */
  atomic_fetch_add(&control->activity, 1);
  if (atomic_load(&control->sleepers) != 0 && atomic_exchange(&control->sleepers, 0) != 0)
    (void)syscall(SYS_futex, futex_word(control), FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

void shm_sleep(shm_control *control, uint64_t seen, int64_t ns) {
  const struct timespec limit = {ns / 1000000000, ns % 1000000000};
  atomic_store(&control->sleepers, 1);
  if (atomic_load(&control->activity) != seen) return;
  (void)syscall(SYS_futex, futex_word(control), FUTEX_WAIT, (uint32_t)seen, &limit, NULL, 0);
}
