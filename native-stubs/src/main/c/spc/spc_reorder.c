/*
 * The transpose. Compiled once per instruction set, see SPC_NAME.
 *
 * A tile of the source is copied to a buffer (a power-of-two row pitch would map a whole tile column to one cache set),
 * transposed there in squares that fit registers, and written row by row.
 */
#include "spc_copy.h"
#include "spc_name.h"

#define TILE SPC_REORDER_TILE

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
 * SQUARE x SQUARE elements, SQUARE of them to a vector: as many rounds of interleaving row i with row i + SQUARE / 2 as
 * SQUARE has bits move every row number into the column number.
 */
#define DEFINE_REORDER(type, bytes)                                                                              \
  enum { SQUARE##bytes = 16 / (bytes) };                                                                         \
  INLINE void square##bytes(type *dst, const type *src) {                                                        \
    lanes##bytes a[SQUARE##bytes], b[SQUARE##bytes];                                                             \
    for (int i = 0; i < SQUARE##bytes; i++) memcpy(&a[i], src + i * (int)TILE, 16);                              \
    for (int round = 1; round < SQUARE##bytes; round *= 2) {                                                     \
      for (int i = 0; i < SQUARE##bytes / 2; i++) {                                                              \
        b[2 * i] = __builtin_shuffle(a[i], a[i + SQUARE##bytes / 2], LOW##bytes);                                \
        b[2 * i + 1] = __builtin_shuffle(a[i], a[i + SQUARE##bytes / 2], HIGH##bytes);                           \
      }                                                                                                          \
      for (int i = 0; i < SQUARE##bytes; i++) a[i] = b[i];                                                       \
    }                                                                                                            \
    for (int i = 0; i < SQUARE##bytes; i++) memcpy(dst + i * (int)TILE, &a[i], 16);                              \
  }                                                                                                              \
  static void SPC_NAME(tile##bytes)(uint8_t *dst, const uint8_t *src, uint64_t rows, uint64_t columns, uint64_t rn, \
                                    uint64_t cn, int stream) {                                                   \
    type from[TILE * TILE] __attribute__((aligned(64))), to[TILE * TILE] __attribute__((aligned(64)));           \
    if (rn < TILE || cn < TILE) memset(from, 0, sizeof from); /* squares read whole rows */                      \
    for (uint64_t r = 0; r < rn; r++) memcpy(from + r * TILE, src + r * columns * (bytes), cn * (bytes));        \
    for (uint64_t r = 0; r < rn; r += SQUARE##bytes)                                                             \
      for (uint64_t c = 0; c < cn; c += SQUARE##bytes) square##bytes(to + c * TILE + r, from + r * TILE + c);    \
    for (uint64_t c = 0; c < cn; c++)                                                                            \
      copy_bytes(dst + c * rows * (bytes), (const uint8_t *)(to + c * TILE), rn * (bytes), stream);              \
  }

DEFINE_REORDER(uint8_t, 1)
DEFINE_REORDER(uint16_t, 2)
DEFINE_REORDER(uint32_t, 4)
DEFINE_REORDER(uint64_t, 8)

/* Rows of a tile are pages apart, which the hardware does not foresee. */
INLINE void prefetch_tile(const uint8_t *src, uint64_t rows, uint64_t pitch, uint64_t bytes) {
  for (uint64_t r = 0; r < rows && r < TILE; r++)
    for (uint64_t at = 0; at < bytes; at += LINE) __builtin_prefetch(src + r * pitch + at, 0, 3);
}

/* begin and end count column tiles. */
void SPC_NAME(reorder)(const void *arguments, uint64_t begin, uint64_t end, int stream) {
  const spc_reorder_args *args = arguments;
  const uint64_t rows = args->rows, columns = args->columns, bytes = args->element_bytes;
  for (uint64_t c = begin * TILE; c < end * TILE && c < columns; c += TILE) {
    const uint64_t cn = columns - c < TILE ? columns - c : TILE;
    for (uint64_t r = 0; r < rows; r += TILE) {
      const uint64_t rn = rows - r < TILE ? rows - r : TILE;
      uint8_t *dst = address(args->dst.offset) + (c * rows + r) * bytes;
      const uint8_t *src = address(args->src.offset) + (r * columns + c) * bytes;
      prefetch_tile(src + TILE * columns * bytes, r + TILE < rows ? rows - r - TILE : 0, columns * bytes, cn * bytes);
      switch (bytes) {
        case 1: SPC_NAME(tile1)(dst, src, rows, columns, rn, cn, stream); break;
        case 2: SPC_NAME(tile2)(dst, src, rows, columns, rn, cn, stream); break;
        case 4: SPC_NAME(tile4)(dst, src, rows, columns, rn, cn, stream); break;
        default: SPC_NAME(tile8)(dst, src, rows, columns, rn, cn, stream); break;
      }
    }
  }
  if (stream) stream_end();
}
