#define _GNU_SOURCE
#include "spc_pool.h"

#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/* `gate`: a job can be joined while OPEN is set; the low bits count the workers in it. */
#define OPEN 0x80000000u
/* Turns that the caller looks for the last workers before it sleeps. */
#define SPINS 200

struct spc_pool {
  uint32_t thread_count;
  pthread_t *threads;
  pthread_mutex_t owner; /* the caller whose job it is */
  _Atomic uint32_t job;  /* a number that sleeping workers wait to see changed */
  _Atomic uint32_t stop;
  _Alignas(64) _Atomic uint32_t gate;
  _Alignas(64) _Atomic uint64_t next;
  _Alignas(64) spc_run run;
  const void *args;
  uint64_t total, grain;
  int stream;
};

static void futex_wait(_Atomic uint32_t *word, uint32_t seen) {
  (void)syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
}

static void futex_wake(_Atomic uint32_t *word, int count) {
  (void)syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
}

static void work(spc_pool *pool) {
  const uint64_t total = pool->total, grain = pool->grain;
  for (;;) {
    const uint64_t begin = atomic_fetch_add_explicit(&pool->next, grain, memory_order_relaxed);
    if (begin >= total) return;
    pool->run(pool->args, begin, total - begin < grain ? total : begin + grain, pool->stream);
  }
}

/* Joins the job at the gate, if it is open. */
static void join_job(spc_pool *pool) {
  uint32_t gate = atomic_load_explicit(&pool->gate, memory_order_acquire);
  do {
    if ((gate & OPEN) == 0) return;
  } while (!atomic_compare_exchange_weak_explicit(&pool->gate, &gate, gate + 1, memory_order_acquire,
                                                  memory_order_acquire));
  work(pool);
  /* the release makes this worker's rows visible to the caller, and through its signals to other ranks */
  if (atomic_fetch_sub_explicit(&pool->gate, 1, memory_order_release) == 1) futex_wake(&pool->gate, 1);
}

static void *worker(void *argument) {
  spc_pool *pool = argument;
  uint32_t seen = 0;
  for (;;) {
    uint32_t job = atomic_load_explicit(&pool->job, memory_order_acquire);
    if (atomic_load_explicit(&pool->stop, memory_order_acquire)) return NULL;
    if (job == seen) {
      futex_wait(&pool->job, seen);
    } else {
      seen = job;
      join_job(pool);
    }
  }
}

spc_pool *spc_pool_create(uint32_t units) {
  spc_pool *pool = aligned_alloc(64, sizeof *pool);
  if (pool == NULL) return NULL;
  *pool = (spc_pool){.thread_count = 0};
  pool->threads = calloc(units, sizeof *pool->threads);
  if (pool->threads == NULL || pthread_mutex_init(&pool->owner, NULL) != 0) {
    free(pool->threads);
    free(pool);
    return NULL;
  }
  /* signals of the process are for its own threads, such as those of a JVM */
  sigset_t all, before;
  sigfillset(&all);
  (void)pthread_sigmask(SIG_SETMASK, &all, &before);
  while (pool->thread_count + 1 < units &&
         pthread_create(&pool->threads[pool->thread_count], NULL, worker, pool) == 0)
    pool->thread_count++;
  (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (pool->thread_count + 1 < units) {
    spc_pool_destroy(pool);
    return NULL;
  }
  return pool;
}

void spc_pool_destroy(spc_pool *pool) {
  if (pool == NULL) return;
  atomic_store_explicit(&pool->stop, 1, memory_order_release);
  atomic_fetch_add_explicit(&pool->job, 1, memory_order_release);
  futex_wake(&pool->job, (int)pool->thread_count);
  for (uint32_t i = 0; i < pool->thread_count; i++) (void)pthread_join(pool->threads[i], NULL);
  (void)pthread_mutex_destroy(&pool->owner);
  free(pool->threads);
  free(pool);
}

void spc_pool_run(spc_pool *pool, spc_run run, const void *args, uint64_t total, uint64_t grain, int stream) {
  if (pool == NULL || pool->thread_count == 0 || total <= grain || pthread_mutex_trylock(&pool->owner) != 0) {
    run(args, 0, total, stream);
    return;
  }
  pool->run = run;
  pool->args = args;
  pool->total = total;
  pool->grain = grain;
  pool->stream = stream;
  atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
  atomic_store_explicit(&pool->gate, OPEN, memory_order_release);
  atomic_fetch_add_explicit(&pool->job, 1, memory_order_release);
  futex_wake(&pool->job, (int)pool->thread_count);
  work(pool);
  uint32_t gate = atomic_fetch_and_explicit(&pool->gate, ~OPEN, memory_order_acquire) & ~OPEN;
  for (int spin = 0; gate != 0; spin++) {
    if (spin >= SPINS) futex_wait(&pool->gate, gate);
    gate = atomic_load_explicit(&pool->gate, memory_order_acquire);
  }
  (void)pthread_mutex_unlock(&pool->owner);
}
