/*
 * Moves and sums of BF16 rows, 64 bytes at a time: as wide as AVX-512, less where a CPU has less. Rows start at
 * multiples of 64 bytes where their size is one; a row's size is a multiple of 64 bytes.
 *
 * Sums follow the rules of moelink: float32, the rows of one rank by slot, that partial rounded to BF16, the partials
 * by rank. Values are finite, so rounding knows no NaN.
 */
#ifndef MOELINK_BENCH_ROWS_H
#define MOELINK_BENCH_ROWS_H

#include <stddef.h>
#include <stdint.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

typedef uint16_t words __attribute__((vector_size(32), aligned(2), may_alias));
typedef uint32_t wide_words __attribute__((vector_size(64)));
typedef float floats __attribute__((vector_size(64)));
typedef uint64_t line __attribute__((vector_size(64), aligned(2), may_alias));

enum { STEP = 16 /* elements of one vector of floats */, LINE = 64 /* bytes of a cache line */ };

/* Writes a line past the caches; to: a multiple of 64. */
static inline void stream_line(void *to, line value) {
#if defined(__AVX512F__)
  _mm512_stream_si512(to, (__m512i)value);
#else
  *(line *)to = value;
#endif
}

/* After the last streamed line: makes them visible to others before anything that follows. */
static inline void stream_end(void) {
#ifdef __x86_64__
  _mm_sfence();
#endif
}

/* Reads a row once, from memory, and writes it to several places past the caches. */
static inline void expand_row(const char *from, char *const *to, int count, size_t bytes) {
  for (size_t at = 0; at < bytes; at += LINE) {
    line value = *(const line *)(from + at);
    for (int i = 0; i < count; i++) {
      stream_line(to[i] + at, value);
    }
  }
}

static inline floats widen(const uint16_t *from) {
  return (floats)(__builtin_convertvector(*(const words *)from, wide_words) << 16);
}

/* The nearest BF16, ties to even, as the upper half of each lane. */
static inline wide_words round_to_bf16(floats value) {
  wide_words bits = (wide_words)value;
  return bits + 0x7FFF + (bits >> 16 & 1);
}

static inline words narrow(floats value) {
  return __builtin_convertvector(round_to_bf16(value) >> 16, words);
}

static inline floats rounded(floats value) {
  return (floats)(round_to_bf16(value) & 0xFFFF0000u);
}

/* The weighted sum of one rank's rows at an element, count 1 or more. */
static inline floats sum_at(const uint16_t *const *rows, const float *weights, int count, size_t at) {
  floats sum = widen(rows[0] + at) * weights[0];
  for (int i = 1; i < count; i++) {
    sum += widen(rows[i] + at) * weights[i];
  }
  return sum;
}

#endif
