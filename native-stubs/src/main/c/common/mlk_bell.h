/* A count that others raise, and sleep until it changes. Threads, or processes where it lies in shared memory. */
#ifndef MLK_BELL_H
#define MLK_BELL_H

#include <stdatomic.h>
#include <stdint.h>

typedef struct mlk_bell {
  _Alignas(64) _Atomic uint64_t count;
  _Atomic uint32_t sleepers; /* not 0: someone may sleep on the low half of count */
} mlk_bell;

/* Counts and wakes who sleeps. */
void mlk_bell_ring(mlk_bell *bell);
/* Sleeps until the count differs from seen or ns have passed. */
void mlk_bell_sleep(mlk_bell *bell, uint64_t seen, int64_t ns);

#endif
