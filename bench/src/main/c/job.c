#include "job.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define LINE_BYTES 64
#define MAGIC 0x31424f4a4b4e4c4dLL /* "MLNKJOB1" */

void fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("moelink bench: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  exit(1);
}

static void read_words(FILE *file, const char *path, void *to, size_t size, size_t count) {
  if (fread(to, size, count, file) != count) {
    fail("%s: ends before its last word", path);
  }
}

static int read_int(FILE *file, const char *path, int low, int high) {
  int32_t value;
  read_words(file, path, &value, sizeof value, 1);
  if (value < low || value > high) {
    fail("%s: found %d, expected %d..%d", path, value, low, high);
  }
  return value;
}

struct job *job_read(const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    fail("%s: %s", path, strerror(errno));
  }
  int64_t magic;
  read_words(file, path, &magic, sizeof magic, 1);
  if (magic != MAGIC) {
    fail("%s: no job of moelink bench", path);
  }
  struct job *job = memory(sizeof *job);
  job->ranks = read_int(file, path, 1, 1024);
  job->experts = read_int(file, path, 1, 1 << 20);
  job->topk = read_int(file, path, 1, 32);
  job->hidden = read_int(file, path, 32, 1 << 20);
  job->row_bytes = 2 * (size_t)job->hidden;
  job->first_expert = memory(sizeof(int) * ((size_t)job->ranks + 1));
  for (int rank = 0; rank <= job->ranks; rank++) {
    job->first_expert[rank] = read_int(file, path, 0, job->experts);
  }
  job->tokens = memory(sizeof(int) * (size_t)job->ranks);
  job->ids = memory(sizeof(int32_t *) * (size_t)job->ranks);
  job->weights = memory(sizeof(float *) * (size_t)job->ranks);
  for (int rank = 0; rank < job->ranks; rank++) {
    job->tokens[rank] = read_int(file, path, 0, 1 << 20);
    size_t slots = (size_t)job->tokens[rank] * (size_t)job->topk;
    job->ids[rank] = memory(slots * sizeof(int32_t));
    job->weights[rank] = memory(slots * sizeof(float));
    read_words(file, path, job->ids[rank], sizeof(int32_t), slots);
    read_words(file, path, job->weights[rank], sizeof(float), slots);
    for (size_t slot = 0; slot < slots; slot++) {
      if (job->ids[rank][slot] < -1 || job->ids[rank][slot] >= job->experts) {
        fail("%s: rank %d, slot %zu: expert %d", path, rank, slot, job->ids[rank][slot]);
      }
    }
  }
  fclose(file);
  return job;
}

void *memory(size_t bytes) {
  size_t huge = (size_t)2 << 20;
  size_t whole = (bytes + huge) & ~(huge - 1);
  if (bytes < huge) {
    void *small = aligned_alloc(LINE_BYTES, bytes / LINE_BYTES * LINE_BYTES + LINE_BYTES);
    if (small == NULL) {
      fail("no memory for %zu bytes", bytes);
    }
    return memset(small, 0, bytes);
  }
  char *at = mmap(NULL, whole + huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) {
    fail("no memory for %zu bytes: %s", bytes, strerror(errno));
  }
  at += huge - (uintptr_t)at % huge;
  /* only a wish: without huge pages everything works, slower */
  madvise(at, whole, MADV_HUGEPAGE);
  memset(at, 0, bytes);
  return at;
}

void fill_rows(const struct job *job, int rank, void *rows) {
  uint32_t token = 1;
  for (int before = 0; before < rank; before++) {
    token += (uint32_t)job->tokens[before];
  }
  uint16_t *to = rows;
  for (int i = 0; i < job->tokens[rank]; i++, token++) {
    for (uint32_t element = 0; element < (uint32_t)job->hidden; element++) {
      uint32_t bits = token * 0x9E3779B1u + element * 0x85EBCA6Bu;
      bits = (bits ^ bits >> 15) * 0x2C1B3C6Du;
      bits ^= bits >> 12;
      /* a sign, and magnitudes from 1/8 to 2 */
      *to++ = (uint16_t)((bits & 0x8000u) | (0x3E00u + (bits >> 16 & 0x1FFu)));
    }
  }
}

uint64_t hash_bytes(const void *from, size_t bytes) {
  const uint64_t *words = from;
  uint64_t sum = 0;
  for (size_t i = 0; i < bytes / 8; i++) {
    uint64_t bits = words[i] + (i + 1) * 0x9E3779B97F4A7C15u;
    bits = (bits ^ bits >> 32) * 0xD6E8FEB86659FD93u;
    sum += bits ^ bits >> 32;
  }
  return sum;
}

int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}
