/*
 * What every contestant of "moelink bench compare" gets: who sends which tokens to which experts, and the rows.
 * Rows are BF16; the row of a token follows from its number, so that no file holds rows.
 */
#ifndef MOELINK_BENCH_JOB_H
#define MOELINK_BENCH_JOB_H

#include <stddef.h>
#include <stdint.h>

/* A job as the harness wrote it: all ids and weights of all ranks. */
struct job {
  int ranks;
  int experts;
  int topk;
  int hidden;
  size_t row_bytes;
  int *tokens;       /* [ranks] */
  int *first_expert; /* [ranks + 1]: rank r holds first_expert[r] .. first_expert[r + 1] - 1 */
  int32_t **ids;     /* [ranks][tokens * topk], -1: no expert */
  float **weights;   /* [ranks][tokens * topk], each a BF16 value */
};

/* Ends the process with one line on standard error. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Reads a job; fails with a line that names the file. */
struct job *job_read(const char *path);

/* Zeroed memory from a multiple of 64 on, in huge pages where the system has them; never freed: a contestant ends as a whole. */
void *memory(size_t bytes);

/* Writes the rows of all tokens of a rank. */
void fill_rows(const struct job *job, int rank, void *rows);

/* Sum over the 64-bit words of a value that depends on the word and its place. Bytes: a multiple of 8. */
uint64_t hash_bytes(const void *from, size_t bytes);

/* Nanoseconds of the clock that all processes of a host share. */
int64_t now(void);

#endif
