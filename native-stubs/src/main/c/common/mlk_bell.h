/* A count that others raise, and sleep until it changes. Threads, or processes where it lies in shared memory. */
#ifndef MLK_BELL_H
#define MLK_BELL_H

#include <stdatomic.h>
#include <stdint.h>

typedef struct mlk_bell {
  _Alignas(64) _Atomic uint64_t count;
  _Atomic uint32_t sleepers; /* not 0: someone may sleep on the low half of count */
  _Atomic uint64_t wake_at;  /* the count that it sleeps for */
} mlk_bell;

/* Counts one, and wakes who sleeps if that is what it sleeps for. */
void mlk_bell_ring(mlk_bell *bell);
/* Counts so much that nobody sleeps on. */
void mlk_bell_alarm(mlk_bell *bell);
/* Whether the count has grown by arrivals since it was seen. */
int mlk_bell_rang(const mlk_bell *bell, uint64_t seen, uint32_t arrivals);
/* Sleeps until that holds, or ns have passed; may return sooner. One thread at a time. */
void mlk_bell_sleep(mlk_bell *bell, uint64_t seen, uint32_t arrivals, int64_t ns);

#endif
