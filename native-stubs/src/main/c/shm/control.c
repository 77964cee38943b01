/* The control segment: header page, signal slots, message rings. */
#include "shm.h"

#define HEADER_BYTES UINT64_C(4096)

_Static_assert(sizeof(shm_control) <= HEADER_BYTES, "header fits");

static uint64_t slots_bytes(uint32_t signal_count) {
  return mlk_round_up((uint64_t)signal_count * sizeof(int64_t), HEADER_BYTES);
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
