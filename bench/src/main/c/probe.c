/*
 * How far apart two cores are now: one thread on each, a cache line goes to and fro. Usage: probe SOCKET
 */
#include <pthread.h>
#include <stdatomic.h>

#include "control.h"
#include "cores.h"
#include "job.h"

enum { WARM = 2000, TRIPS = 10000, SAMPLES = 5 };

static _Alignas(128) _Atomic int ball;

static void wait_for(int value) {
  while (atomic_load_explicit(&ball, memory_order_acquire) != value) {
#ifdef __x86_64__
    __builtin_ia32_pause();
#endif
  }
}

static void *answer(void *unused) {
  (void)unused;
  cores_pin(1);
  for (int i = 0; i < WARM + TRIPS * SAMPLES; i++) {
    wait_for(2 * i + 1);
    atomic_store_explicit(&ball, 2 * i + 2, memory_order_release);
  }
  return NULL;
}

static double probe(void) {
  atomic_store(&ball, 0);
  pthread_t other;
  if (pthread_create(&other, NULL, answer, NULL) != 0) {
    fail("no thread");
  }
  double best = 1e9;
  int64_t start = now();
  for (int i = 0; i < WARM + TRIPS * SAMPLES; i++) {
    if (i >= WARM && (i - WARM) % TRIPS == 0) {
      start = now();
    }
    atomic_store_explicit(&ball, 2 * i + 1, memory_order_release);
    wait_for(2 * i + 2);
    if (i >= WARM && (i - WARM) % TRIPS == TRIPS - 1) {
      double trip = (double)(now() - start) / TRIPS;
      best = trip < best ? trip : best;
    }
  }
  pthread_join(other, NULL);
  return best;
}

int main(int count, char **arguments) {
  if (count != 2) {
    fail("probe: found %d arguments, expected SOCKET", count - 1);
  }
  cores_find();
  cores_pin(0);
  serve(arguments[1], "probe", 0, &(struct contestant){.probe = probe});
  return 0;
}
