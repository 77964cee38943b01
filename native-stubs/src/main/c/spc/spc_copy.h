/* Copies of rows, through the cache or past it. */
#ifndef SPC_COPY_H
#define SPC_COPY_H

#include <stdint.h>
#include <string.h>

#include "spc_vector.h"

#define LINE 64u

#if defined(__x86_64__)
#define HAS_STREAMING 1

/* dst is 64-byte aligned. */
INLINE void stream_line(uint8_t *dst, const uint8_t *src) {
#if defined(__AVX512F__)
  _mm512_stream_si512((void *)dst, _mm512_loadu_si512((const void *)src));
#elif defined(__AVX2__)
  __m256i a = _mm256_loadu_si256((const void *)src);
  __m256i b = _mm256_loadu_si256((const void *)(src + 32));
  _mm256_stream_si256((void *)dst, a);
  _mm256_stream_si256((void *)(dst + 32), b);
#else
  for (uint32_t i = 0; i < LINE; i += 16)
    _mm_stream_si128((void *)(dst + i), _mm_loadu_si128((const void *)(src + i)));
#endif
}

/* Non-temporal stores have no order with later ordinary ones without this. */
INLINE void stream_end(void) { _mm_sfence(); }
#else
#define HAS_STREAMING 0
INLINE void stream_line(uint8_t *dst, const uint8_t *src) { memcpy(dst, src, LINE); }
INLINE void stream_end(void) {}
#endif

/* Whole lines bypass the cache; a head and a tail that share a line with a neighbour do not. */
static inline void copy_streaming(uint8_t *dst, const uint8_t *src, uint64_t bytes) {
  uint64_t head = (uint64_t)(-(uintptr_t)dst & (LINE - 1));
  if (head > bytes) head = bytes;
  memcpy(dst, src, head);
  dst += head;
  src += head;
  bytes -= head;
  for (; bytes >= 4 * LINE; bytes -= 4 * LINE, dst += 4 * LINE, src += 4 * LINE) {
    stream_line(dst, src);
    stream_line(dst + LINE, src + LINE);
    stream_line(dst + 2 * LINE, src + 2 * LINE);
    stream_line(dst + 3 * LINE, src + 3 * LINE);
  }
  for (; bytes >= LINE; bytes -= LINE, dst += LINE, src += LINE) stream_line(dst, src);
  memcpy(dst, src, bytes);
}

INLINE void copy_bytes(uint8_t *dst, const uint8_t *src, uint64_t bytes, int stream) {
  if (stream) {
    copy_streaming(dst, src, bytes);
  } else {
    memcpy(dst, src, bytes);
  }
}

INLINE uint8_t *address(uint64_t offset) { return (uint8_t *)(uintptr_t)offset; } // NOLINT: an operand is one

INLINE uint64_t row_index(const int32_t *rows, uint64_t i) { return rows == NULL ? i : (uint64_t)(uint32_t)rows[i]; }

#endif
