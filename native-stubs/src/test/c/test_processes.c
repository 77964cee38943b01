/* The same among processes, and what happens when one is killed. */
#define _GNU_SOURCE
#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

#define ROUNDS 200
#define PIECE 4000
#define DEATH_NOTICED_NS INT64_C(2000000000)

static uint8_t value_of(int32_t from, int32_t to, int round) { return (uint8_t)(from * 31 + to * 7 + round); }

/* All to all: in every round each rank puts a piece to every other and awaits theirs. */
static int all_to_all(mlk_ctx *ctx, int32_t rank, int32_t size, board *shared) {
  const uint64_t own = alloc_region(ctx, MLK_MEM_SHARED, (uint64_t)size * PIECE * 2);
  const uint64_t source = alloc_region(ctx, MLK_MEM_HOST, PIECE);
  mlk_key key = {.size = sizeof key, .magic = MLK_MAGIC_KEY};
  CHECK_OK(mlk_region_export(ctx, own, &key));
  board_put(shared, rank, &key);
  board_barrier(shared, size);
  uint64_t peers[RANKS_KEPT];
  for (int32_t r = 0; r < size; r++) {
    key = board_get(shared, r);
    CHECK_OK(mlk_region_attach(ctx, r, &key, &peers[r]));
  }
  const uint8_t *mine = region_bytes(ctx, own);
  uint8_t *from = region_bytes(ctx, source);
  for (int round = 1; round <= ROUNDS; round++) {
    /* two halves by turns, so that a fast rank does not write what a slow one still reads */
    const uint64_t half = (uint64_t)(round % 2) * (uint64_t)size * PIECE;
    for (int32_t to = 0; to < size; to++) {
      memset(from, value_of(rank, to, round), PIECE);
      CHECK_OK(mlk_put_signal(ctx, source, 0, peers[to], half + (uint64_t)rank * PIECE, PIECE, (uint32_t)rank, round));
    }
    for (int32_t r = 0; r < size; r++) {
      if (CHECK_OK(wait_signal(ctx, (uint32_t)r, round, r)) != MLK_OK) return 1;
      const uint8_t *piece = mine + half + (uint64_t)r * PIECE;
      CHECK_EQ(piece[0], value_of(r, rank, round));
      CHECK_EQ(piece[PIECE - 1], value_of(r, rank, round));
    }
  }
  board_barrier(shared, size);
  CHECK_OK(mlk_close(ctx));
  return 0;
}

static void two_processes(void) { processes_run(2, all_to_all, 0); }
static void eight_processes(void) { processes_run(8, all_to_all, 0); }

/* A kernel that writes into and reads from another process's memory. */
static int remote_rows(mlk_ctx *ctx, int32_t rank, int32_t size, board *shared) {
  const uint64_t own = alloc_region(ctx, MLK_MEM_SHARED, 64 * 128);
  memset(region_bytes(ctx, own), rank + 1, 64 * 128);
  mlk_key key = {.size = sizeof key, .magic = MLK_MAGIC_KEY};
  CHECK_OK(mlk_region_export(ctx, own, &key));
  board_put(shared, rank, &key);
  board_barrier(shared, size);
  key = board_get(shared, 1 - rank);
  uint64_t peer = 0;
  CHECK_OK(mlk_region_attach(ctx, 1 - rank, &key, &peer));
  if (!loads(ctx, 1 - rank)) {
    board_barrier(shared, size);
    CHECK_OK(mlk_close(ctx));
    return 0;
  }
  const int32_t rows[] = {5, 3};
  const uint64_t out = alloc_region(ctx, MLK_MEM_HOST, 2 * 128);
  const spc_gather_args gather = {.size = sizeof gather,
                                  .magic = MLK_MAGIC_GATHER,
                                  .dst = {out, 0, 0},
                                  .src = {peer, 0, 0},
                                  .row_bytes = 128,
                                  .count = 2,
                                  .src_rows = {MLK_HOST, (uint64_t)(uintptr_t)rows}};
  CHECK_OK(spc_gather_rows(ctx, &gather));
  CHECK_EQ(region_bytes(ctx, out)[255], 2 - rank);
  board_barrier(shared, size);
  /* kill -9 before close leaves a mapping that still can be read */
  CHECK_OK(mlk_close(ctx));
  return 0;
}

static void kernels_reach_other_processes(void) { processes_run(2, remote_rows, 0); }

static int await_a_death(mlk_ctx *ctx, int32_t rank, int32_t size, board *shared) {
  const int32_t victim = 1;
  board_barrier(shared, size);
  if (rank == victim) {
    const struct timespec pause = {0, 50000000};
    (void)nanosleep(&pause, NULL);
    board_set_time(shared, now_ns());
    (void)kill(getpid(), SIGKILL);
  }
  /* whoever is waited for, the dead rank is named; each rank waits in another way */
  int32_t code = MLK_TIMEOUT_SLICE;
  const int64_t end = now_ns() + INT64_C(8000000000);
  const uint64_t region = alloc_region(ctx, MLK_MEM_HOST, 8);
  uint64_t sequence = 0;
  if (rank == 3) CHECK_OK(mlk_send(ctx, victim, region, 0, 8, 0, &sequence));
  while (now_ns() < end && (code == MLK_TIMEOUT_SLICE || code == MLK_AGAIN || code == MLK_OK)) {
    int64_t seen;
    CHECK_OK(mlk_activity(ctx, &seen));
    code = rank == 0   ? mlk_signal_wait(ctx, 3, 1, 2, end - now_ns())
           : rank == 2 ? mlk_activity_wait(ctx, seen, 1, end - now_ns())
           : rank == 3 ? mlk_send_test(ctx, victim, sequence)
           : rank == 4 ? mlk_recv(ctx, 0, region, 0, 8, NULL)
                       : mlk_progress(ctx);
  }
  const int64_t took = now_ns() - board_time(shared);
  CHECK_CODE(code, MLK_E_PEER_DEAD);
  CHECK_TEXT("rank=1");
  CHECK_EQ(failed_rank_of(ctx), victim);
  CHECK(took < DEATH_NOTICED_NS);
  if (rank == 0) (void)printf("  death noticed after %.1f ms\n", (double)took / 1e6);
  (void)fflush(stdout);
  /* ranks leave at once, in any order: who is still waiting names the first dead */
  CHECK_OK(mlk_close(ctx));
  return 0;
}

static void a_killed_rank_is_noticed_by_all(void) { processes_run(6, await_a_death, 1u << 1); }

static int exit_without_close(mlk_ctx *ctx, int32_t rank, int32_t size, board *shared) {
  (void)size;
  (void)shared;
  if (rank == 1) _exit(0);
  CHECK_CODE(wait_signal(ctx, 0, 1, 1), MLK_E_PEER_DEAD);
  CHECK_EQ(failed_rank_of(ctx), 1);
  CHECK_OK(mlk_close(ctx));
  return 0;
}

static void an_exit_without_close_is_a_death(void) { processes_run(2, exit_without_close, 0); }

static int use_dead_keys(mlk_ctx *ctx, int32_t rank, int32_t size, board *shared) {
  mlk_key key = {.size = sizeof key, .magic = MLK_MAGIC_KEY};
  if (rank == 1) {
    CHECK_OK(mlk_region_export(ctx, alloc_region(ctx, MLK_MEM_SHARED, 4096), &key));
    board_put(shared, 1, &key);
    board_barrier(shared, size);
    (void)kill(getpid(), SIGKILL);
  }
  board_barrier(shared, size);
  key = board_get(shared, 1);
  CHECK_CODE(wait_signal(ctx, 0, 1, 1), MLK_E_PEER_DEAD);
  uint64_t region = 0;
  CHECK_CODE(mlk_region_attach(ctx, 1, &key, &region), MLK_E_PEER_DEAD);
  CHECK_CODE(mlk_put_value(ctx, 1, 0, 1), MLK_E_PEER_DEAD);
  CHECK_TEXT("rank=1");
  CHECK_OK(mlk_close(ctx));
  return 0;
}

/* A rank that is killed loses its descriptors before its pidfd tells: that is its death, not a region released. */
static int attach_while_it_dies(mlk_ctx *ctx, int32_t rank, int32_t size, board *shared) {
  mlk_key key = {.size = sizeof key, .magic = MLK_MAGIC_KEY};
  if (rank == 1) {
    const uint64_t region = alloc_region(ctx, MLK_MEM_SHARED, 8 << 20);
    memset(region_bytes(ctx, region), 1, 8 << 20);
    CHECK_OK(mlk_region_export(ctx, region, &key));
    board_put(shared, 1, &key);
    board_barrier(shared, size);
    const struct timespec pause = {0, 2000000};
    (void)nanosleep(&pause, NULL);
    (void)kill(getpid(), SIGKILL);
  }
  board_barrier(shared, size);
  key = board_get(shared, 1);
  int32_t code = MLK_OK;
  const int64_t end = now_ns() + DEATH_NOTICED_NS;
  while (code == MLK_OK && now_ns() < end) {
    uint64_t region = 0;
    code = mlk_region_attach(ctx, 1, &key, &region);
    if (code == MLK_OK) CHECK_OK(mlk_region_release(ctx, region));
  }
  CHECK_CODE(code, MLK_E_PEER_DEAD);
  CHECK_EQ(failed_rank_of(ctx), 1);
  CHECK_OK(mlk_close(ctx));
  return 0;
}

static void an_attach_to_a_dying_rank_names_it(void) {
  for (int run = 0; run < 20; run++) processes_run(2, attach_while_it_dies, 1u << 1);
}

static void keys_of_the_dead_are_refused(void) { processes_run(2, use_dead_keys, 1u << 1); }

static int entries_of(const char *path) {
  int count = 0;
  DIR *directory = opendir(path);
  if (directory == NULL) return 0;
  while (readdir(directory) != NULL) count++;
  (void)closedir(directory);
  return count;
}

static int die_with_memory(mlk_ctx *ctx, int32_t rank, int32_t size, board *shared) {
  const uint64_t region = alloc_region(ctx, MLK_MEM_SHARED, 64 << 20);
  memset(region_bytes(ctx, region), rank + 1, 64 << 20);
  board_barrier(shared, size);
  (void)kill(getpid(), SIGKILL);
  return 1;
}

static long shared_memory_kib(void) {
  FILE *file = fopen("/proc/meminfo", "r");
  if (file == NULL) return -1;
  char line[128];
  long kib = -1;
  while (fgets(line, sizeof line, file) != NULL)
    if (sscanf(line, "Shmem: %ld", &kib) == 1) break;
  (void)fclose(file);
  return kib;
}

static void nothing_is_left_of_killed_ranks(void) {
  const int files = entries_of("/dev/shm");
  const long before = shared_memory_kib();
  processes_run(2, die_with_memory, 3);
  CHECK(entries_of("/dev/shm") <= files); /* fewer, when another program's has gone meanwhile */
  /* other programs of this machine use shared memory as well: only the 128 MiB would show */
  CHECK(shared_memory_kib() - before < 100 << 10);
}

/* As a user without rights, started afresh as a launcher would. */
static void works_for_an_ordinary_user(void) {
  if (getuid() != 0) {
    (void)printf("  not root: all of this ran as an ordinary user\n");
    return;
  }
  (void)fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    if (setgid(65534) != 0 || setuid(65534) != 0) _exit(9);
    (void)execl("/proc/self/exe", "test_processes", "user", (char *)NULL);
    _exit(8);
  }
  int status = 0;
  CHECK_EQ(waitpid(child, &status, 0), child);
  CHECK(WIFEXITED(status));
  CHECK_EQ(WEXITSTATUS(status), 0);
}

int main(int argument_count, char **arguments) {
  (void)arguments;
  if (argument_count > 1) {
    RUN(two_processes);
    RUN(keys_of_the_dead_are_refused);
    return check_end();
  }
  RUN(two_processes);
  RUN(eight_processes);
  RUN(kernels_reach_other_processes);
  RUN(a_killed_rank_is_noticed_by_all);
  RUN(an_exit_without_close_is_a_death);
  RUN(keys_of_the_dead_are_refused);
  RUN(an_attach_to_a_dying_rank_names_it);
  RUN(nothing_is_left_of_killed_ranks);
  RUN(works_for_an_ordinary_user);
  return check_end();
}
