/* Kernels that move rows and keep every bit. Compiled once per instruction set, see SPC_NAME. */
#include "spc_copy.h"
#include "spc_name.h"

/* Rows of a gather are far apart, so the hardware starts anew at each: ask for the next one's start in time. */
#define PREFETCH_BYTES 512u

/* 64 bytes at any address. */
typedef uint64_t line_of_row __attribute__((vector_size(LINE), aligned(1), may_alias));

INLINE void prefetch_row(const uint8_t *row, uint64_t bytes) {
  uint64_t end = bytes < PREFETCH_BYTES ? bytes : PREFETCH_BYTES;
  for (uint64_t at = 0; at < end; at += LINE) __builtin_prefetch(row + at, 0, 3);
}

void SPC_NAME(gather)(const void *arguments, uint64_t begin, uint64_t end, int stream) {
  const spc_gather_args *args = arguments;
  const uint64_t bytes = args->row_bytes;
  uint8_t *dst = address(args->dst.offset);
  const uint8_t *src = address(args->src.offset);
  const int32_t *rows = (const int32_t *)address(args->src_rows.offset);
  if (rows == NULL) {
    copy_bytes(dst + begin * bytes, src + begin * bytes, (end - begin) * bytes, stream);
  } else {
    for (uint64_t i = begin; i < end; i++) {
      if (i + 1 < end) prefetch_row(src + row_index(rows, i + 1) * bytes, bytes);
      copy_bytes(dst + i * bytes, src + row_index(rows, i) * bytes, bytes, stream);
    }
  }
  if (stream) stream_end();
}

/* Places of a row that are written at one time. */
#define PLACES_MAX 16

/*
 * Reads a row once and writes it to several places, a line at a time: as many streams of writes as there are places.
 * Past the caches where lines are whole. Meanwhile asks for the same line of the row that is next.
 */
INLINE void expand_row(uint8_t *const *places, int32_t count, const uint8_t *row, const uint8_t *next, uint64_t bytes,
                       int stream) {
  uint64_t at = 0;
  for (; at + LINE <= bytes; at += LINE) {
    const line_of_row value = *(const line_of_row *)(row + at);
    __builtin_prefetch(next + at, 0, 3);
    for (int32_t j = 0; j < count; j++) {
      if (stream) {
        stream_line(places[j] + at, (const uint8_t *)&value);
      } else {
        *(line_of_row *)(places[j] + at) = value;
      }
    }
  }
  if (at == bytes) return;
  for (int32_t j = 0; j < count; j++) memcpy(places[j] + at, row + at, bytes - at);
}

/* Whether rows of all targets begin and end with a line. */
INLINE int whole_lines(const spc_scatter_args *args) {
  uint64_t bits = args->row_bytes;
  for (uint32_t t = 0; t < args->target_count; t++) bits |= args->targets[t].offset;
  return (bits & (LINE - 1)) == 0;
}

void SPC_NAME(scatter)(const void *arguments, uint64_t begin, uint64_t end, int stream) {
  const spc_scatter_args *args = arguments;
  const uint64_t bytes = args->row_bytes;
  const mlk_rows *targets = args->targets;
  const uint8_t *src = address(args->src.offset);
  const int32_t *rows = (const int32_t *)address(args->src_rows.offset);
  const int32_t *start = (const int32_t *)address(args->dst_start.offset);
  const int32_t *dst_target = (const int32_t *)address(args->dst_target.offset);
  const int32_t *dst_rows = (const int32_t *)address(args->dst_rows.offset);
  const int past = stream && whole_lines(args);
  for (uint64_t i = begin; i < end; i++) {
    const uint8_t *row = src + row_index(rows, i) * bytes;
    const uint8_t *next = i + 1 < end ? src + row_index(rows, i + 1) * bytes : row;
    for (int32_t j = start[i]; j < start[i + 1]; j += PLACES_MAX) {
      uint8_t *places[PLACES_MAX];
      const int32_t count = start[i + 1] - j < PLACES_MAX ? start[i + 1] - j : PLACES_MAX;
      for (int32_t k = 0; k < count; k++) {
        uint8_t *first = address(targets[dst_target == NULL ? 0 : dst_target[j + k]].offset);
        places[k] = first + row_index(dst_rows, (uint64_t)(j + k)) * bytes;
      }
      if (past) {
        expand_row(places, count, row, next, bytes, 1);
      } else {
        expand_row(places, count, row, next, bytes, 0);
      }
    }
  }
  if (stream) stream_end();
}

/* begin and end count blocks of SPC_FILL_BLOCK bytes. */
void SPC_NAME(fill)(const void *arguments, uint64_t begin, uint64_t end, int stream) {
  const spc_fill_args *args = arguments;
  uint64_t from = begin * SPC_FILL_BLOCK;
  uint64_t to = end * SPC_FILL_BLOCK < args->bytes ? end * SPC_FILL_BLOCK : args->bytes;
  uint8_t *dst = address(args->dst.offset) + from;
  uint64_t bytes = to - from;
  if (!stream) {
    memset(dst, (int)args->value, bytes);
    return;
  }
  uint8_t line[LINE];
  memset(line, (int)args->value, sizeof line);
  uint64_t head = (uint64_t)(-(uintptr_t)dst & (LINE - 1));
  if (head > bytes) head = bytes;
  memset(dst, (int)args->value, head);
  for (dst += head, bytes -= head; bytes >= LINE; bytes -= LINE, dst += LINE) stream_line(dst, line);
  memset(dst, (int)args->value, bytes);
  stream_end();
}

void SPC_NAME(copy)(void *dst, const void *src, uint64_t bytes, int stream) {
  copy_bytes(dst, src, bytes, stream);
  if (stream) stream_end();
}
