/*
 * Kernels against the memory: gather of rows against memcpy of the same rows, reduce against reading the same bytes.
 * The contestants of a pair take turns, so that both see the machine in the same state; the figures are medians, the
 * ratio is the median of the ratios of neighbours.
 *
 *   bench_kernels [rounds]
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "moelink_fabric.h"

#define ROUNDS_MAX 1000
#define ROW_BYTES UINT64_C(14336)
#define HIDDEN (ROW_BYTES / 2)
#define ROWS UINT64_C(8192)
#define TERMS UINT64_C(8)
#define PING_PONGS 2000
#define PIECE_BYTES UINT64_C(256)
#define AHEAD_BYTES UINT64_C(1024)

typedef struct world {
  mlk_ctx *ctx;
  uint64_t src_region, dst_region;
  uint8_t *src, *dst;
  int32_t *rows, *starts, *dst_rows;
  float *weights;
  mlk_rows sources[1];
  uint64_t count;
} world;

typedef void (*contestant)(world *w);

static void must(int32_t code) {
  if (code == MLK_OK) return;
  char text[512];
  (void)mlk_last_error(NULL, text, sizeof text);
  (void)fprintf(stderr, "%s\n", text);
  exit(1);
}

/* With one compute unit the time of this thread, so that other programs of the machine count less. */
static clockid_t measured = CLOCK_MONOTONIC;

static double now_ms(void) {
  struct timespec now;
  (void)clock_gettime(measured, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* ---- contestants ---- */

static mlk_operand host(const void *p) { return (mlk_operand){MLK_HOST, (uint64_t)(uintptr_t)p}; }

static void rows_memcpy(world *w) {
  for (uint64_t i = 0; i < w->count; i++)
    memcpy(w->dst + i * ROW_BYTES, w->src + (uint64_t)w->rows[i] * ROW_BYTES, ROW_BYTES);
}

static void rows_gather(world *w) {
  const spc_gather_args args = {.size = sizeof args, .magic = MLK_MAGIC_GATHER, .dst = {w->dst_region, 0, 0},
                                .src = {w->src_region, 0, 0}, .row_bytes = ROW_BYTES, .count = w->count,
                                .src_rows = host(w->rows)};
  must(spc_gather_rows(w->ctx, &args));
}

/* What dispatch does: every row read once, and written often. */
static void rows_scatter(world *w) {
  const mlk_rows target = {w->dst_region, 0, 0};
  const spc_scatter_args args = {.size = sizeof args, .magic = MLK_MAGIC_SCATTER, .target_count = 1,
                                 .targets = &target, .src = {w->src_region, 0, 0}, .row_bytes = ROW_BYTES,
                                 .count = w->count / 4, .place_length = w->count, .src_rows = host(w->rows),
                                 .dst_start = host(w->starts), .dst_rows = host(w->dst_rows)};
  must(spc_scatter_rows(w->ctx, &args));
}

static void rows_memcpy_often(world *w) {
  for (uint64_t i = 0; i < w->count / 4; i++)
    for (int32_t j = w->starts[i]; j < w->starts[i + 1]; j++)
      memcpy(w->dst + (uint64_t)w->dst_rows[j] * ROW_BYTES, w->src + (uint64_t)w->rows[i] * ROW_BYTES, ROW_BYTES);
}

static volatile uint64_t sink;

/* Reads the rows as the reduce does, a piece of each of TERMS rows at a time, and does next to nothing with them. */
#if defined(__x86_64__)
__attribute__((target_clones("avx512f", "avx2", "default")))
#endif
static void rows_read(world *w) {
  uint64_t x[8] = {0};
  for (uint64_t i = 0; i < w->count; i += TERMS) {
    for (uint64_t at = 0; at < ROW_BYTES; at += PIECE_BYTES) {
      for (uint64_t term = 0; term < TERMS; term++) {
        const uint8_t *row = w->src + (uint64_t)w->rows[i + term] * ROW_BYTES + at;
        for (uint64_t line = 0; line < PIECE_BYTES; line += 64) {
          uint64_t words[8];
          __builtin_prefetch(row + line + AHEAD_BYTES, 0, 3);
          memcpy(words, row + line, sizeof words);
          for (int lane = 0; lane < 8; lane++) x[lane] ^= words[lane];
        }
      }
    }
  }
  for (int lane = 0; lane < 8; lane++) sink ^= x[lane];
}

static void reduce(world *w, const float *weights) {
  const spc_reduce_args args = {.size = sizeof args, .magic = MLK_MAGIC_REDUCE, .dst = {w->dst_region, 0, 0},
                                .dst_type = MLK_BF16, .src_type = MLK_BF16, .partial_type = MLK_FP32,
                                .source_count = 1, .sources = w->sources, .hidden = HIDDEN,
                                .count = w->count / TERMS, .group_length = w->count / TERMS,
                                .element_length = w->count, .group_start = host(w->starts + w->count),
                                .elem_start = host(w->starts + 2 * w->count), .elem_row = host(w->rows),
                                .weights = host(weights)};
  must(spc_reduce_rows(w->ctx, &args));
}

static void rows_reduce(world *w) { reduce(w, NULL); }
static void rows_reduce_weighted(world *w) { reduce(w, w->weights); }

static void matrix_reorder(world *w) {
  const spc_reorder_args args = {.size = sizeof args, .magic = MLK_MAGIC_REORDER, .dst = {w->dst_region, 0},
                                 .src = {w->src_region, 0}, .element_bytes = 2, .rows = w->count, .columns = HIDDEN};
  must(spc_reorder(w->ctx, &args));
}

static void matrix_memcpy(world *w) { memcpy(w->dst, w->src, w->count * ROW_BYTES); }

/* ---- measuring ---- */

static int by_value(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double *values, int count) {
  qsort(values, (size_t)count, sizeof *values, by_value);
  return values[count / 2];
}

static void compare(world *w, int rounds, const char *name, contestant ours, const char *other_name, contestant other,
                    uint64_t bytes) {
  static double mine[ROUNDS_MAX], theirs[ROUNDS_MAX], ratio[ROUNDS_MAX];
  ours(w);
  other(w);
  for (int i = 0; i < rounds; i++) {
    double start = now_ms();
    (i % 2 == 0 ? ours : other)(w);
    double middle = now_ms();
    (i % 2 == 0 ? other : ours)(w);
    double end = now_ms();
    mine[i] = i % 2 == 0 ? middle - start : end - middle;
    theirs[i] = i % 2 == 0 ? end - middle : middle - start;
    ratio[i] = theirs[i] / mine[i];
  }
  const double mine_ms = median(mine, rounds), theirs_ms = median(theirs, rounds), r = median(ratio, rounds);
  (void)printf("%-22s %7.2f ms %6.1f GB/s   %-22s %7.2f ms %6.1f GB/s   ratio %.2f (%.2f..%.2f)\n", name, mine_ms,
               (double)bytes / mine_ms / 1e6, other_name, theirs_ms, (double)bytes / theirs_ms / 1e6, r,
               ratio[rounds / 10], ratio[rounds * 9 / 10]);
}

/* ---- the state of the machine: how long a cache line takes between two cores ---- */

static _Atomic int ball;

static void *pong(void *unused) {
  for (int i = 0; i < PING_PONGS; i++) {
    while (atomic_load(&ball) != 2 * i + 1) {
    }
    atomic_store(&ball, 2 * i + 2);
  }
  return unused;
}

static void probe(const char *when) {
  pthread_t thread;
  atomic_store(&ball, 0);
  if (pthread_create(&thread, NULL, pong, NULL) != 0) return;
  const struct timespec pause = {0, 2000000};
  (void)nanosleep(&pause, NULL);
  const double start = now_ms();
  for (int i = 0; i < PING_PONGS; i++) {
    atomic_store(&ball, 2 * i + 1);
    while (atomic_load(&ball) != 2 * i + 2) {
    }
  }
  const double took = now_ms() - start;
  (void)pthread_join(thread, NULL);
  (void)printf("cache line between cores, %s: %.0f ns one way\n", when, took * 1e6 / PING_PONGS / 2);
}

/* ---- set-up ---- */

static uint64_t region(mlk_ctx *ctx, uint32_t kind, uint64_t bytes, uint8_t **address) {
  const mlk_region_request request = {
      .size = sizeof request, .magic = MLK_MAGIC_REQUEST, .kind = kind, .bytes = bytes};
  mlk_region_info info = {.size = sizeof info, .magic = MLK_MAGIC_REGION};
  uint64_t handle;
  must(mlk_region_alloc(ctx, &request, &handle));
  must(mlk_region_query(ctx, handle, &info));
  *address = (uint8_t *)(uintptr_t)info.address;
  return handle;
}

static void run(uint32_t kind, uint32_t units, int rounds) {
  world w = {.count = ROWS};
  const mlk_config config = {.size = sizeof config, .magic = MLK_MAGIC_CONFIG, .rank = 0, .rank_count = 1,
                             .signal_count = 1, .compute_units = units, .timeout_ns = 1000000000,
                             .group_name = "bench"};
  must(mlk_open(&config, &w.ctx));
  w.src_region = region(w.ctx, kind, ROWS * ROW_BYTES, &w.src);
  w.dst_region = region(w.ctx, kind, ROWS * ROW_BYTES, &w.dst);
  for (uint64_t i = 0; i < ROWS * HIDDEN; i++) {
    const uint16_t value = (uint16_t)(0x3f80 + i % 61);
    memcpy(w.src + i * 2, &value, 2);
  }
  memset(w.dst, 0, ROWS * ROW_BYTES);
  w.rows = malloc(ROWS * 4);
  w.dst_rows = malloc(ROWS * 4);
  w.weights = malloc(ROWS * 4);
  w.starts = malloc((3 * ROWS + 1) * 4);
  if (w.rows == NULL || w.dst_rows == NULL || w.weights == NULL || w.starts == NULL) exit(1);
  uint64_t state = 1;
  for (uint64_t i = 0; i < ROWS; i++) {
    w.rows[i] = w.dst_rows[i] = (int32_t)i;
    w.weights[i] = 0.125f;
  }
  for (uint64_t i = ROWS - 1; i > 0; i--) {
    state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
    const uint64_t j = (state >> 33) % (i + 1);
    const int32_t t = w.rows[i], u = w.dst_rows[i];
    w.rows[i] = w.rows[j];
    w.rows[j] = t;
    w.dst_rows[i] = w.dst_rows[ROWS - 1 - j];
    w.dst_rows[ROWS - 1 - j] = u;
  }
  for (uint64_t i = 0; i <= ROWS / 4; i++) w.starts[i] = (int32_t)i * 4;
  for (uint64_t i = 0; i <= ROWS / TERMS; i++) {
    w.starts[ROWS + i] = (int32_t)i;
    w.starts[2 * ROWS + i] = (int32_t)(i * TERMS);
  }
  w.sources[0] = (mlk_rows){w.src_region, 0, 0};
  (void)printf("\n%s memory, %u compute unit(s), %llu rows of %llu bytes, %s\n",
               kind == MLK_MEM_HOST ? "HOST" : "SHARED", units, (unsigned long long)ROWS,
               (unsigned long long)ROW_BYTES, units == 1 ? "processor time" : "elapsed; the other has one thread");
  probe("before");
  measured = units == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC;
  const uint64_t bytes = ROWS * ROW_BYTES;
  compare(&w, rounds, "gather", rows_gather, "memcpy of the rows", rows_memcpy, bytes);
  compare(&w, rounds, "scatter to 4 each", rows_scatter, "memcpy to 4 each", rows_memcpy_often, bytes);
  compare(&w, rounds, "reduce K=8", rows_reduce, "reading the rows", rows_read, bytes);
  compare(&w, rounds, "reduce K=8 weighted", rows_reduce_weighted, "reading the rows", rows_read, bytes);
  compare(&w, rounds, "reorder 2-byte", matrix_reorder, "memcpy", matrix_memcpy, bytes);
  measured = CLOCK_MONOTONIC;
  probe("after");
  free(w.rows);
  free(w.dst_rows);
  free(w.weights);
  free(w.starts);
  must(mlk_close(w.ctx));
}

int main(int argument_count, char **arguments) {
  int rounds = argument_count > 1 ? atoi(arguments[1]) : 31;
  if (rounds < 1 || rounds > ROUNDS_MAX) {
    (void)fprintf(stderr, "rounds=%s, expected 1..%d\n", arguments[1], ROUNDS_MAX);
    return 2;
  }
  char isa[16];
  must(spc_isa(isa, sizeof isa));
  (void)printf("kernels: %s, medians of %d rounds\n", isa, rounds);
  run(MLK_MEM_HOST, 1, rounds);
  run(MLK_MEM_SHARED, 1, rounds);
  run(MLK_MEM_SHARED, 2, rounds);
  return 0;
}
