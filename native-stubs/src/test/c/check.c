#define _GNU_SOURCE
#include "check.h"

#include <dirent.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

_Atomic int check_failures;
_Atomic long check_count;
static int test_count;

void check_fail(const char *file, int line, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  (void)fprintf(stderr, "%s:%d: ", file, line);
  (void)vfprintf(stderr, format, arguments);
  (void)fputc('\n', stderr);
  va_end(arguments);
  check_failures++;
}

int32_t check_code(const char *file, int line, const char *what, int32_t found, int32_t expected) {
  check_count++;
  if (found != expected) {
    char text[512] = "";
    (void)mlk_last_error(NULL, text, sizeof text);
    check_fail(file, line, "%s: found code %d, expected %d; last text: %s", what, found, expected, text);
  }
  return found;
}

void check_text(const char *file, int line, const char *part) {
  char text[512] = "";
  (void)mlk_last_error(NULL, text, sizeof text);
  check_count++;
  if (strstr(text, part) == NULL) check_fail(file, line, "text '%s' does not hold '%s'", text, part);
}

void check_run(const char *name, void (*test)(void)) {
  const int before = check_failures;
  const int64_t start = now_ns();
  test();
  test_count++;
  (void)printf("%-44s %s %6.1f ms\n", name, check_failures == before ? "ok  " : "FAIL",
               (double)(now_ns() - start) / 1e6);
  (void)fflush(stdout);
}

int check_end(void) {
  (void)printf("%d tests, %ld checks, %d failures\n", test_count, check_count, check_failures);
  return check_failures == 0 ? 0 : 1;
}

mlk_config group_config(int32_t rank, int32_t size) {
  mlk_config config = {.size = sizeof config,
                       .magic = MLK_MAGIC_CONFIG,
                       .rank = rank,
                       .rank_count = size,
                       .signal_count = 64,
                       .compute_units = 1,
                       .timeout_ns = INT64_C(5000000000),
                       .group_token = "fifteen letters",
                       .group_name = "test"};
  return config;
}

group group_open(int32_t size, uint32_t compute_units) {
  group g = {.size = size};
  mlk_address addresses[RANKS_KEPT];
  for (int32_t r = 0; r < size; r++) {
    mlk_config config = group_config(r, size);
    config.compute_units = compute_units;
    CHECK_OK(mlk_open(&config, &g.ctx[r]));
    addresses[r] = (mlk_address){.size = sizeof addresses[r], .magic = MLK_MAGIC_ADDRESS};
    CHECK_OK(mlk_address_get(g.ctx[r], &addresses[r]));
  }
  for (int32_t r = 0; r < size; r++) CHECK_OK(mlk_connect(g.ctx[r], addresses, sizeof *addresses, size));
  return g;
}

void group_close(group *g) {
  for (int32_t r = 0; r < g->size; r++) CHECK_OK(mlk_close(g->ctx[r]));
}

uint64_t alloc_region(mlk_ctx *ctx, uint32_t kind, uint64_t bytes) {
  const mlk_region_request request = {
      .size = sizeof request, .magic = MLK_MAGIC_REQUEST, .kind = kind, .bytes = bytes};
  uint64_t region = 0;
  CHECK_OK(mlk_region_alloc(ctx, &request, &region));
  return region;
}

uint8_t *region_bytes(mlk_ctx *ctx, uint64_t region) {
  mlk_region_info info = {.size = sizeof info, .magic = MLK_MAGIC_REGION};
  CHECK_OK(mlk_region_query(ctx, region, &info));
  return (uint8_t *)(uintptr_t)info.address;
}

uint64_t share_region(mlk_ctx *owner, int32_t owner_rank, uint64_t region, mlk_ctx *user) {
  mlk_key key = {.size = sizeof key, .magic = MLK_MAGIC_KEY};
  uint64_t attached = 0;
  CHECK_OK(mlk_region_export(owner, region, &key));
  CHECK_OK(mlk_region_attach(user, owner_rank, &key, &attached));
  return attached;
}

int32_t failed_rank_of(mlk_ctx *ctx) {
  int32_t rank = -2;
  CHECK_OK(mlk_failed_rank(ctx, &rank));
  return rank;
}

int loads(mlk_ctx *ctx, int32_t rank) {
  int32_t answer = 0;
  CHECK_OK(mlk_loads(ctx, rank, &answer));
  return answer;
}

struct board {
  mlk_address addresses[RANKS_KEPT];
  mlk_key keys[RANKS_KEPT * 4];
  _Atomic int32_t arrived;
  _Atomic int64_t time;
};

void board_barrier(board *shared, int32_t size) {
  const int32_t mine = atomic_fetch_add(&shared->arrived, 1);
  const int32_t full = (mine / size + 1) * size;
  const struct timespec pause = {0, 100000};
  const int64_t end = now_ns() + INT64_C(20000000000);
  while (atomic_load(&shared->arrived) < full) {
    if (now_ns() > end) {
      (void)fprintf(stderr, "barrier: %d of %d arrived\n", atomic_load(&shared->arrived), full);
      _exit(3);
    }
    (void)nanosleep(&pause, NULL);
  }
}

void board_put(board *shared, int32_t slot, const mlk_key *key) { shared->keys[slot] = *key; }
mlk_key board_get(board *shared, int32_t slot) { return shared->keys[slot]; }
void board_set_time(board *shared, int64_t ns) { atomic_store(&shared->time, ns); }
int64_t board_time(board *shared) { return atomic_load(&shared->time); }

static int run_rank(int32_t rank, int32_t size, rank_body body, board *shared) {
  check_failures = 0;
  mlk_ctx *ctx = NULL;
  const mlk_config config = group_config(rank, size);
  CHECK_OK(mlk_open(&config, &ctx));
  shared->addresses[rank] = (mlk_address){.size = sizeof(mlk_address), .magic = MLK_MAGIC_ADDRESS};
  CHECK_OK(mlk_address_get(ctx, &shared->addresses[rank]));
  board_barrier(shared, size);
  CHECK_OK(mlk_connect(ctx, shared->addresses, sizeof(mlk_address), size));
  board_barrier(shared, size);
  const int code = body(ctx, rank, size, shared);
  return code != 0 ? code : check_failures != 0;
}

void processes_run(int32_t size, rank_body body, uint64_t killed) {
  board *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) {
    check_fail(__FILE__, __LINE__, "no shared board");
    return;
  }
  pid_t pids[RANKS_KEPT];
  (void)fflush(stdout);
  for (int32_t r = 0; r < size; r++) {
    pids[r] = fork();
    if (pids[r] == 0) _exit(run_rank(r, size, body, shared));
    CHECK(pids[r] > 0);
  }
  for (int32_t r = 0; r < size; r++) {
    int status = 0;
    CHECK_EQ(waitpid(pids[r], &status, 0), pids[r]);
    if ((killed >> r & 1) != 0) {
      CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    } else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
      check_fail(__FILE__, __LINE__, "rank %d ended with status %#x", r, (unsigned)status);
    }
  }
  (void)munmap(shared, sizeof *shared);
}

int64_t now_ns(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int open_descriptors(void) {
  int count = 0;
  DIR *directory = opendir("/proc/self/fd");
  if (directory == NULL) return -1;
  while (readdir(directory) != NULL) count++;
  (void)closedir(directory);
  return count;
}

long resident_kib(void) {
  long pages = -1, ignored;
  FILE *file = fopen("/proc/self/statm", "r");
  if (file == NULL) return -1;
  if (fscanf(file, "%ld %ld", &ignored, &pages) != 2) pages = -1;
  (void)fclose(file);
  return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

uint64_t next_random(uint64_t *state) { /* splitmix64 */
  uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

int32_t wait_signal(mlk_ctx *ctx, uint32_t signal, int64_t value, int32_t from) {
  const int64_t end = now_ns() + INT64_C(10000000000);
  int32_t code;
  do {
    code = mlk_signal_wait(ctx, signal, value, from, end - now_ns());
  } while (code == MLK_TIMEOUT_SLICE);
  return code;
}

/* Of an operation that says MLK_AGAIN: sleeps until something arrives, and whether there is still time. */
static int again(mlk_ctx *ctx, int64_t end) {
  int64_t seen = 0;
  (void)mlk_activity(ctx, &seen);
  (void)mlk_activity_wait(ctx, seen, 1, 200000);
  return now_ns() < end;
}

int32_t flush(mlk_ctx *ctx, int32_t rank) {
  const int64_t end = now_ns() + INT64_C(10000000000);
  int32_t code;
  do code = mlk_flush(ctx, rank);
  while (code == MLK_AGAIN && again(ctx, end));
  return code;
}

int32_t await_sent(mlk_ctx *ctx, int32_t to, uint64_t sequence) {
  const int64_t end = now_ns() + INT64_C(10000000000);
  int32_t code;
  do code = mlk_send_test(ctx, to, sequence);
  while (code == MLK_AGAIN && again(ctx, end));
  return code;
}

int32_t await_message(mlk_ctx *ctx, int32_t from, uint64_t dst, uint64_t bytes, mlk_received *received) {
  const int64_t end = now_ns() + INT64_C(10000000000);
  int32_t code;
  do code = mlk_recv(ctx, from, dst, 0, bytes, received);
  while (code == MLK_AGAIN && again(ctx, end));
  return code;
}
