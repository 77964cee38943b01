/*
 * The transpose. Compiled once per instruction set, see SPC_NAME.
 *
 * A tile is transposed in squares that fit registers into a buffer, whose rows are then written. The tile is as large
 * as the second cache allows without pushing much else out: what costs is the number of pieces read and written.
 */
#include "spc_copy.h"
#include "spc_name.h"

/* Elements of a tile's edge by bytes of an element. Their buffers have 32 to 64 KiB. */
#define TILE1 256u
#define TILE2 128u
#define TILE4 128u
#define TILE8 64u

typedef uint8_t lanes1 __attribute__((vector_size(16)));
typedef uint16_t lanes2 __attribute__((vector_size(16)));
typedef uint32_t lanes4 __attribute__((vector_size(16)));
typedef uint64_t lanes8 __attribute__((vector_size(16)));

/* Elements of the low (high) halves of two vectors, by turns. */
#define LOW1 ((lanes1){0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23})
#define HIGH1 ((lanes1){8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31})
#define LOW2 ((lanes2){0, 8, 1, 9, 2, 10, 3, 11})
#define HIGH2 ((lanes2){4, 12, 5, 13, 6, 14, 7, 15})
#define LOW4 ((lanes4){0, 4, 1, 5})
#define HIGH4 ((lanes4){2, 6, 3, 7})
#define LOW8 ((lanes8){0, 2})
#define HIGH8 ((lanes8){1, 3})

/*
 * square: SQUARE x SQUARE elements, SQUARE of them to a vector. As many rounds of interleaving row i with row i +
 * SQUARE / 2 as SQUARE has bits move every row number into the column number.
 *
 * tile: rn x cn elements. What does not fill a square goes one by one.
 */
#define DEFINE_REORDER(type, bytes)                                                                              \
  enum { SQUARE##bytes = 16 / (bytes) };                                                                         \
  INLINE void square##bytes(type *dst, const uint8_t *src, uint64_t pitch) {                                     \
    lanes##bytes a[SQUARE##bytes], b[SQUARE##bytes];                                                             \
    for (uint64_t i = 0; i < SQUARE##bytes; i++) memcpy(&a[i], src + i * pitch, 16);                             \
    for (int round = 1; round < SQUARE##bytes; round *= 2) {                                                     \
      for (int i = 0; i < SQUARE##bytes / 2; i++) {                                                              \
        b[2 * i] = __builtin_shuffle(a[i], a[i + SQUARE##bytes / 2], LOW##bytes);                                \
        b[2 * i + 1] = __builtin_shuffle(a[i], a[i + SQUARE##bytes / 2], HIGH##bytes);                           \
      }                                                                                                          \
      for (int i = 0; i < SQUARE##bytes; i++) a[i] = b[i];                                                       \
    }                                                                                                            \
    for (uint64_t i = 0; i < SQUARE##bytes; i++) memcpy(dst + i * TILE##bytes, &a[i], 16);                       \
  }                                                                                                              \
  static void SPC_NAME(tile##bytes)(uint8_t *dst, const uint8_t *src, uint64_t rows, uint64_t columns, uint64_t rn, \
                                    uint64_t cn, int stream) {                                                   \
    type to[TILE##bytes * TILE##bytes] __attribute__((aligned(64)));                                             \
    const uint64_t pitch = columns * (bytes);                                                                    \
    const uint64_t full_rows = rn - rn % SQUARE##bytes, full_columns = cn - cn % SQUARE##bytes;                  \
    for (uint64_t r = 0; r < full_rows; r += SQUARE##bytes) {                                                    \
      prefetch_rows(src + (r + SQUARE##bytes) * pitch, rn - r - SQUARE##bytes, SQUARE##bytes, pitch, cn * (bytes)); \
      for (uint64_t c = 0; c < full_columns; c += SQUARE##bytes)                                                 \
        square##bytes(to + c * TILE##bytes + r, src + r * pitch + c * (bytes), pitch);                           \
    }                                                                                                            \
    for (uint64_t r = 0; r < rn; r++)                                                                            \
      for (uint64_t c = r < full_rows ? full_columns : 0; c < cn; c++)                                           \
        memcpy(to + c * TILE##bytes + r, src + r * pitch + c * (bytes), (bytes));                                \
    for (uint64_t c = 0; c < cn; c++)                                                                            \
      copy_bytes(dst + c * rows * (bytes), (const uint8_t *)(to + c * TILE##bytes), rn * (bytes), stream);       \
  }                                                                                                              \
  static void SPC_NAME(reorder##bytes)(uint8_t *dst, const uint8_t *src, uint64_t rows, uint64_t columns,        \
                                       uint64_t begin, uint64_t end, int stream) {                               \
    for (uint64_t c = begin; c < end; c += TILE##bytes)                                                          \
      for (uint64_t r = 0; r < rows; r += TILE##bytes)                                                           \
        SPC_NAME(tile##bytes)(dst + (c * rows + r) * (bytes), src + (r * columns + c) * (bytes), rows, columns,  \
                              rows - r < TILE##bytes ? rows - r : TILE##bytes,                                   \
                              end - c < TILE##bytes ? end - c : TILE##bytes, stream);                            \
  }

/* Rows are pages apart, which the hardware does not foresee. */
INLINE void prefetch_rows(const uint8_t *src, uint64_t rows, uint64_t most, uint64_t pitch, uint64_t bytes) {
  for (uint64_t r = 0; r < rows && r < most; r++)
    for (uint64_t at = 0; at < bytes; at += LINE) __builtin_prefetch(src + r * pitch + at, 0, 3);
}

DEFINE_REORDER(uint8_t, 1)
DEFINE_REORDER(uint16_t, 2)
DEFINE_REORDER(uint32_t, 4)
DEFINE_REORDER(uint64_t, 8)

/* begin and end count pieces of SPC_REORDER_COLUMNS columns. */
void SPC_NAME(reorder)(const void *arguments, uint64_t begin, uint64_t end, int stream) {
  const spc_reorder_args *args = arguments;
  const uint64_t rows = args->rows, columns = args->columns;
  const uint64_t from = begin * SPC_REORDER_COLUMNS;
  const uint64_t to = end * SPC_REORDER_COLUMNS < columns ? end * SPC_REORDER_COLUMNS : columns;
  uint8_t *dst = address(args->dst.offset);
  const uint8_t *src = address(args->src.offset);
  switch (args->element_bytes) {
    case 1: SPC_NAME(reorder1)(dst, src, rows, columns, from, to, stream); break;
    case 2: SPC_NAME(reorder2)(dst, src, rows, columns, from, to, stream); break;
    case 4: SPC_NAME(reorder4)(dst, src, rows, columns, from, to, stream); break;
    default: SPC_NAME(reorder8)(dst, src, rows, columns, from, to, stream); break;
  }
  if (stream) stream_end();
}
