/*
 * A small test harness. A program lists its tests in main; each check that fails prints where, what was found and what
 * was expected, and the program ends with 1. Ranks are contexts of one process (group_open) or processes
 * (processes_run).
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "moelink_fabric.h"

#define RANKS_KEPT 32

/* Checks run on any thread. */
extern _Atomic int check_failures;
extern _Atomic long check_count;

void check_fail(const char *file, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));
int32_t check_code(const char *file, int line, const char *what, int32_t found, int32_t expected);
void check_text(const char *file, int line, const char *part);

#define CHECK(condition)                                                                \
  do {                                                                                  \
    check_count++;                                                                      \
    if (!(condition)) check_fail(__FILE__, __LINE__, "%s does not hold", #condition);   \
  } while (0)

#define CHECK_EQ(found, expected)                                                                            \
  do {                                                                                                       \
    const long long found_ = (long long)(found), expected_ = (long long)(expected);                          \
    check_count++;                                                                                           \
    if (found_ != expected_)                                                                                 \
      check_fail(__FILE__, __LINE__, "%s: found %lld, expected %lld", #found, found_, expected_);            \
  } while (0)

/* A call's code; with its text in the message when it is another. */
#define CHECK_CODE(call, expected) check_code(__FILE__, __LINE__, #call, (call), (expected))
#define CHECK_OK(call) CHECK_CODE(call, MLK_OK)
/* That the last error's text holds a part. */
#define CHECK_TEXT(part) check_text(__FILE__, __LINE__, part)

/* Runs one test and prints its name and time. */
void check_run(const char *name, void (*test)(void));
#define RUN(test) check_run(#test, test)
int check_end(void);

/* ---- ranks of one process ---- */

typedef struct group {
  int32_t size;
  mlk_ctx *ctx[RANKS_KEPT];
} group;

mlk_config group_config(int32_t rank, int32_t size);
group group_open(int32_t size, uint32_t compute_units);
void group_close(group *g);
uint64_t alloc_region(mlk_ctx *ctx, uint32_t kind, uint64_t bytes);
uint8_t *region_bytes(mlk_ctx *ctx, uint64_t region);
/* Exports a region of owner and attaches it at user. */
uint64_t share_region(mlk_ctx *owner, int32_t owner_rank, uint64_t region, mlk_ctx *user);
int32_t failed_rank_of(mlk_ctx *ctx);
int loads(mlk_ctx *ctx, int32_t rank);

/* ---- ranks as processes ---- */

/* Shared by the processes of one run. */
typedef struct board board;

typedef int (*rank_body)(mlk_ctx *ctx, int32_t rank, int32_t size, board *shared);

/* Forks and connects size processes, runs body in each; each must end with 0, or, for those in killed, by SIGKILL. */
void processes_run(int32_t size, rank_body body, uint64_t killed);
void board_barrier(board *shared, int32_t size);
/* A key for the other ranks, by slot. */
void board_put(board *shared, int32_t slot, const mlk_key *key);
mlk_key board_get(board *shared, int32_t slot);
void board_set_time(board *shared, int64_t ns);
int64_t board_time(board *shared);

/* ---- the rest ---- */

int64_t now_ns(void);
int open_descriptors(void);
long resident_kib(void);
uint64_t next_random(uint64_t *state);
/* Waits for a signal over as many slices as it takes, 10 s at most. */
int32_t wait_signal(mlk_ctx *ctx, uint32_t signal, int64_t value, int32_t from);
/* Calls until the answer is another than MLK_AGAIN, 10 s at most. */
int32_t flush(mlk_ctx *ctx, int32_t rank);
int32_t await_sent(mlk_ctx *ctx, int32_t to, uint64_t sequence);
int32_t await_message(mlk_ctx *ctx, int32_t from, uint64_t dst, uint64_t bytes, mlk_received *received);

#endif
