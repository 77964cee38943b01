#include "mlk_failure.h"

#include <sched.h>
#include <stdio.h>

#include "mlk_error.h"
#include "moelink_fabric.h"

#define WRITING_TURNS_MAX 1000

enum { FAILURE_NONE = 0, FAILURE_WRITING = 1, FAILURE_SET = 2 };

int mlk_failure_set(mlk_failure *failure, int32_t code, int32_t rank, const char *text) {
  uint32_t none = FAILURE_NONE;
  if (!atomic_compare_exchange_strong(&failure->state, &none, FAILURE_WRITING)) return 0;
  failure->code = code;
  failure->rank = rank;
  (void)snprintf(failure->text, MLK_TEXT_BYTES, "%s", text);
  atomic_store_explicit(&failure->state, FAILURE_SET, memory_order_release);
  return 1;
}

int mlk_failure_is_set(mlk_failure *failure) {
  return atomic_load_explicit(&failure->state, memory_order_acquire) == FAILURE_SET;
}

void mlk_failure_settle(mlk_failure *failure) {
  for (int turn = 0; turn < WRITING_TURNS_MAX && atomic_load(&failure->state) == FAILURE_WRITING; turn++)
    (void)sched_yield();
}

int32_t mlk_failure_check(mlk_failure *failure, const char *call, _Atomic int32_t *failed_rank) {
  if (!mlk_failure_is_set(failure)) return MLK_OK;
  atomic_store(failed_rank, failure->rank);
  return mlk_fail(failure->code, "%s: %.*s", call, (int)MLK_TEXT_BYTES, failure->text);
}
