/*
 * The limit that contestants are measured against: two threads in one address space that know the routing already
 * and send nothing. Dispatch reads each token's row once and writes each expert's row once; combine reads each
 * expert's row once, sums in float32, and writes each token's row once. Usage: roofline SOCKET JOB
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "control.h"
#include "cores.h"
#include "route.h"
#include "rows.h"

enum { THREADS = 2, TOPK_MAX = 32 };

/* What becomes of one token: its rows, those of one rank beside each other, ranks ascending. */
struct token {
  char *from;
  char *sum;
  int slots;
  int ranks;
  uint8_t last[TOPK_MAX]; /* [ranks]: end of each rank's slots */
  char *rows[TOPK_MAX];
  float weights[TOPK_MAX];
};

static struct job *job;
static struct route **routes;
static char **inputs;
static char **experts;
static char **sums;
static struct token *tokens;
static size_t token_count;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int wanted;
static int64_t (*thread_times[THREADS])[4];
static _Alignas(64) _Atomic int64_t arrived;

/* Waits for the other thread; number: of this barrier, from 1, counted over all slices. */
static void barrier(int64_t number) {
  atomic_fetch_add_explicit(&arrived, 1, memory_order_acq_rel);
  while (atomic_load_explicit(&arrived, memory_order_acquire) < number * THREADS) {
#ifdef __x86_64__
    __builtin_ia32_pause();
#endif
  }
}

static void dispatch(const struct token *from, const struct token *to) {
  for (; from < to; from++) {
    expand_row(from->from, from->rows, from->slots, job->row_bytes);
  }
  stream_end();
}

static void combine_token(const struct token *token) {
  const uint16_t *const *rows = (const uint16_t *const *)token->rows;
  uint16_t *out = (uint16_t *)token->sum;
  for (size_t at = 0; at < (size_t)job->hidden; at += 2 * STEP) {
    words both[2];
    for (int half = 0; half < 2; half++) {
      size_t element = at + (size_t)(half * STEP);
      floats sum = {0};
      for (int rank = 0, slot = 0; rank < token->ranks; slot = token->last[rank++]) {
        floats part = rounded(sum_at(rows + slot, token->weights + slot, token->last[rank] - slot, element));
        sum = rank == 0 ? part : sum + part;
      }
      both[half] = narrow(sum);
    }
    stream_line(out + at, *(line *)both);
  }
}

static void combine(const struct token *from, const struct token *to) {
  for (; from < to; from++) {
    combine_token(from);
  }
  stream_end();
}

static void run(int thread, int count, int64_t (*times)[4]) {
  static _Thread_local int64_t passed;
  const struct token *from = tokens + token_count * (size_t)thread / THREADS;
  const struct token *to = tokens + token_count * (size_t)(thread + 1) / THREADS;
  for (int i = 0; i < count; i++) {
    barrier(++passed);
    times[i][0] = now();
    dispatch(from, to);
    times[i][1] = now();
    barrier(++passed);
    times[i][2] = now();
    combine(from, to);
    times[i][3] = now();
  }
  barrier(++passed);
}

/* The second thread sleeps between slices. */
static void *second(void *unused) {
  (void)unused;
  cores_pin(1);
  for (;;) {
    pthread_mutex_lock(&mutex);
    while (wanted == 0) {
      pthread_cond_wait(&changed, &mutex);
    }
    int count = wanted;
    wanted = 0;
    pthread_mutex_unlock(&mutex);
    run(1, count, thread_times[1]);
  }
  return NULL;
}

static void rounds(int count, int64_t (*times)[4]) {
  for (int thread = 0; thread < THREADS; thread++) {
    thread_times[thread] = calloc((size_t)count, sizeof *times);
  }
  pthread_mutex_lock(&mutex);
  wanted = count;
  pthread_cond_signal(&changed);
  pthread_mutex_unlock(&mutex);
  run(0, count, thread_times[0]);
  for (int i = 0; i < count; i++) {
    for (int at = 0; at < 4; at++) {
      int64_t a = thread_times[0][i][at], b = thread_times[1][i][at];
      /* from the first start to the last end */
      times[i][at] = (at % 2 == 0) == (a < b) ? a : b;
    }
  }
  for (int thread = 0; thread < THREADS; thread++) {
    free(thread_times[thread]);
  }
}

static void check(FILE *answer) {
  for (int rank = 0; rank < job->ranks; rank++) {
    fprintf(answer, " %d:%016" PRIx64 ":%016" PRIx64, rank,
            hash_bytes(experts[rank], (size_t)routes[rank]->rows * job->row_bytes),
            hash_bytes(sums[rank], (size_t)job->tokens[rank] * job->row_bytes));
  }
}

static void prepare(void) {
  size_t ranks = (size_t)job->ranks;
  routes = memory(ranks * sizeof *routes);
  inputs = memory(ranks * sizeof *inputs);
  experts = memory(ranks * sizeof *experts);
  sums = memory(ranks * sizeof *sums);
  size_t *first = memory((ranks + 1) * sizeof *first);
  for (int rank = 0; rank < job->ranks; rank++) {
    size_t bytes = (size_t)job->tokens[rank] * job->row_bytes;
    routes[rank] = route_new(job, rank);
    route_build(routes[rank], job, rank);
    inputs[rank] = memory(bytes);
    fill_rows(job, rank, inputs[rank]);
    experts[rank] = memory((size_t)routes[rank]->rows * job->row_bytes);
    sums[rank] = memory(bytes);
    first[rank + 1] = first[rank] + (size_t)job->tokens[rank];
  }
  token_count = first[ranks];
  tokens = memory(token_count * sizeof *tokens);
  for (int source = 0; source < job->ranks; source++) {
    for (int i = 0; i < job->tokens[source]; i++) {
      struct token *token = &tokens[first[source] + (size_t)i];
      token->from = inputs[source] + (size_t)i * job->row_bytes;
      token->sum = sums[source] + (size_t)i * job->row_bytes;
    }
    for (int rank = 0; rank < job->ranks; rank++) {
      const struct pair *pair = &routes[rank]->from[source];
      for (int i = 0; i < pair->count; i++) {
        struct token *token = &tokens[first[source] + (size_t)pair->token[i]];
        for (int slot = pair->first[i]; slot < pair->first[i + 1]; slot++) {
          token->weights[token->slots] = pair->weight[slot];
          token->rows[token->slots++] = experts[rank] + (size_t)pair->row[slot] * job->row_bytes;
        }
        token->last[token->ranks++] = (uint8_t)token->slots;
      }
    }
  }
}

int main(int count, char **arguments) {
  if (count != 3) {
    fail("roofline: found %d arguments, expected SOCKET JOB", count - 1);
  }
  job = job_read(arguments[2]);
  prepare();
  cores_find();
  cores_pin(0);
  pthread_t thread;
  if (pthread_create(&thread, NULL, second, NULL) != 0) {
    fail("no thread");
  }
  serve(arguments[1], "roofline", 0, &(struct contestant){.rounds = rounds, .check = check});
  return 0;
}
