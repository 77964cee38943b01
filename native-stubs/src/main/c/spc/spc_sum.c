/* Kernels with arithmetic. Compiled once per instruction set, see SPC_NAME, with -ffp-contract=off. */
#include "spc_copy.h"
#include "spc_name.h"

/* Rows whose addresses are kept for a whole output row; those beyond are looked up at every block. */
#define ROWS_KEPT 256u
/* Bytes ahead of the block in hand that each source row is asked for; near its end it is the next output row's. */
#define REDUCE_AHEAD_BYTES 512u

/* Elements of a streamed output row that are summed together: a line of 16-bit ones. */
#define STREAM_ELEMENTS 32u

/* One output row of a reduce. */
typedef struct sum_row {
  const spc_reduce_args *args;
  const mlk_rows *sources;
  const int32_t *elem_start, *elem_source, *elem_row;
  const float *weights;
  uint64_t row_bytes;
  int32_t group_begin, group_end;
  int32_t first_element;
  uint32_t kept_count;
  const uint8_t *kept[ROWS_KEPT];
  const struct sum_row *next; /* the output row after this one, or NULL */
} sum_row;

INLINE int32_t first_of_group(const sum_row *row, int32_t group) {
  return row->elem_start == NULL ? group : row->elem_start[group];
}

INLINE const uint8_t *find_row(const sum_row *row, int32_t element) {
  const int32_t source = row->elem_source == NULL ? 0 : row->elem_source[element];
  return address(row->sources[source].offset) + (uint64_t)(uint32_t)row->elem_row[element] * row->row_bytes;
}

INLINE const uint8_t *row_of(const sum_row *row, int32_t element) {
  const uint32_t kept = (uint32_t)(element - row->first_element);
  return kept < ROWS_KEPT ? row->kept[kept] : find_row(row, element);
}

/*
 * The terms of one element: `vectors` vectors from byte `at` of its row on, or `some` elements when it is not LANES.
 * Split: of each two vectors the first holds the even and the second the odd elements of their columns.
 */
INLINE void terms(const sum_row *row, uint32_t type, int weighted, int split, int32_t element, uint64_t at,
                  uint32_t vectors, uint64_t some, vf *term) {
  const uint8_t *p = row_of(row, element) + at;
  if (vectors > 1 && at + REDUCE_AHEAD_BYTES < row->row_bytes) {
    for (uint32_t line = 0; line < vectors * LANES * type_bytes(type); line += LINE)
      __builtin_prefetch(p + REDUCE_AHEAD_BYTES + line, 0, 3);
  }
  for (uint32_t v = 0; v < vectors; v++) {
    if (split) {
      term[v] = load_half(p + v / 2 * LANES * 4, v % 2);
    } else {
      term[v] = some == LANES ? load_lanes(type, p + v * LANES * type_bytes(type)) : load_some(type, p, some);
    }
    if (weighted) term[v] = term[v] * row->weights[element];
  }
}

/* Memory is far and rows are scattered: what the next output row starts with is asked for while this one ends. */
INLINE void prefetch_next(const sum_row *row, uint64_t at, uint64_t bytes) {
  const uint64_t ahead = at + REDUCE_AHEAD_BYTES;
  if (ahead < row->row_bytes || row->next == NULL) return;
  for (uint32_t i = 0; i < row->next->kept_count; i++) {
    const uint8_t *p = row->next->kept[i] + (ahead - row->row_bytes);
    for (uint64_t line = 0; line < bytes; line += LINE) __builtin_prefetch(p + line, 0, 3);
  }
}

/*
 * `vectors` vectors of the output row from column `column` on, into out; `some` elements of one vector when it is not
 * LANES. Sums start with their first term: 0 + x would turn -0 into +0.
 */
INLINE void sum_block(const sum_row *row, uint32_t type, int weighted, int split, uint64_t column, uint32_t vectors,
                      uint64_t some, uint8_t *out) {
  const uint32_t partial = row->args->partial_type;
  const uint32_t dst_type = row->args->dst_type;
  const uint64_t at = column * type_bytes(type);
  if (vectors > 1) prefetch_next(row, at, vectors * LANES * type_bytes(type));
  vf total[BLOCK_VECTORS] = {{0}}, sum[BLOCK_VECTORS], term[BLOCK_VECTORS];
  int totals = 0;
  for (int32_t group = row->group_begin; group < row->group_end; group++) {
    const int32_t begin = first_of_group(row, group);
    const int32_t end = row->elem_start == NULL ? group + 1 : row->elem_start[group + 1];
    if (begin == end) continue;
    terms(row, type, weighted, split, begin, at, vectors, some, sum);
    for (int32_t element = begin + 1; element < end; element++) {
      terms(row, type, weighted, split, element, at, vectors, some, term);
      for (uint32_t v = 0; v < vectors; v++) sum[v] = sum[v] + term[v];
    }
    for (uint32_t v = 0; v < vectors; v++) {
      if (partial == MLK_BF16) {
        sum[v] = round_lanes(MLK_BF16, sum[v]);
      } else if (partial == MLK_FP16) {
        sum[v] = round_lanes(MLK_FP16, sum[v]);
      }
      total[v] = totals ? total[v] + sum[v] : sum[v];
    }
    totals = 1;
  }
  for (uint32_t v = 0; v < vectors; v++) {
    if (split) {
      if (v % 2 == 1) store_halves(out + v / 2 * LANES * 4, total[v - 1], total[v]);
    } else if (some != LANES) {
      store_some(dst_type, out, total[v], some);
    } else if (dst_type == MLK_BF16) {
      store_lanes(MLK_BF16, out + v * LANES * 2, total[v]);
    } else if (dst_type == MLK_FP16) {
      store_lanes(MLK_FP16, out + v * LANES * 2, total[v]);
    } else {
      store_lanes(MLK_FP32, out + v * LANES * 4, total[v]);
    }
  }
}

INLINE void sum_one_row(const sum_row *row, uint32_t type, int weighted, int split, uint8_t *out, int stream) {
  const uint64_t hidden = row->args->hidden;
  const uint64_t out_bytes = type_bytes(row->args->dst_type);
  const uint64_t block = BLOCK_VECTORS * LANES;
  uint64_t column = 0;
  if (stream && ((uintptr_t)out & (LINE - 1)) == 0) {
    uint8_t staged[STREAM_ELEMENTS * 4] __attribute__((aligned(64))) = {0};
    for (; column + STREAM_ELEMENTS <= hidden; column += STREAM_ELEMENTS) {
      sum_block(row, type, weighted, split, column, STREAM_ELEMENTS / LANES, LANES, staged);
      for (uint64_t at = 0; at < STREAM_ELEMENTS * out_bytes; at += LINE)
        stream_line(out + column * out_bytes + at, staged + at);
    }
  }
  for (; column + block <= hidden; column += block)
    sum_block(row, type, weighted, split, column, BLOCK_VECTORS, LANES, out + column * out_bytes);
  for (; column + LANES <= hidden; column += LANES)
    sum_block(row, type, weighted, 0, column, 1, LANES, out + column * out_bytes);
  if (column < hidden) sum_block(row, type, weighted, 0, column, 1, hidden - column, out + column * out_bytes);
}

#define DEFINE_SUM(name, type, weighted, split)                                                   \
  static void SPC_NAME(name)(const sum_row *row, uint8_t *out, int stream) {                       \
    sum_one_row(row, type, weighted, split, out, stream);                                         \
  }
DEFINE_SUM(sum_bf16, MLK_BF16, 0, 0)
DEFINE_SUM(sum_bf16_weighted, MLK_BF16, 1, 0)
DEFINE_SUM(sum_fp16, MLK_FP16, 0, 0)
DEFINE_SUM(sum_fp16_weighted, MLK_FP16, 1, 0)
DEFINE_SUM(sum_fp32, MLK_FP32, 0, 0)
DEFINE_SUM(sum_fp32_weighted, MLK_FP32, 1, 0)
DEFINE_SUM(sum_bf16_split, MLK_BF16, 0, 1)
DEFINE_SUM(sum_bf16_split_weighted, MLK_BF16, 1, 1)

/* Looks up the source rows of an output row. */
INLINE void find_rows(sum_row *row, const spc_reduce_args *args, int32_t group_begin, int32_t group_end) {
  row->args = args;
  row->sources = args->sources;
  row->elem_start = (const int32_t *)address(args->elem_start.offset);
  row->elem_source = (const int32_t *)address(args->elem_source.offset);
  row->elem_row = (const int32_t *)address(args->elem_row.offset);
  row->weights = (const float *)address(args->weights.offset);
  row->row_bytes = args->hidden * type_bytes(args->src_type);
  row->group_begin = group_begin;
  row->group_end = group_end;
  row->kept_count = 0;
  if (group_begin == group_end) return;
  row->first_element = first_of_group(row, group_begin);
  const int32_t last = first_of_group(row, group_end);
  for (int32_t e = row->first_element; e < last && row->kept_count < ROWS_KEPT; e++)
    row->kept[row->kept_count++] = find_row(row, e);
}

void SPC_NAME(reduce)(const void *arguments, uint64_t begin, uint64_t end, int stream) {
  static void (*const sums[3][2])(const sum_row *, uint8_t *, int) = {
      [MLK_BF16] = {SPC_NAME(sum_bf16), SPC_NAME(sum_bf16_weighted)},
      [MLK_FP16] = {SPC_NAME(sum_fp16), SPC_NAME(sum_fp16_weighted)},
      [MLK_FP32] = {SPC_NAME(sum_fp32), SPC_NAME(sum_fp32_weighted)}};
  static void (*const split[2])(const sum_row *, uint8_t *, int) = {SPC_NAME(sum_bf16_split),
                                                                    SPC_NAME(sum_bf16_split_weighted)};
  const spc_reduce_args *args = arguments;
  const int weighted = args->weights.offset != 0;
  void (*const sum)(const sum_row *, uint8_t *, int) =
      args->src_type == MLK_BF16 && args->dst_type == MLK_BF16 ? split[weighted] : sums[args->src_type][weighted];
  const int32_t *group_start = (const int32_t *)address(args->group_start.offset);
  const uint64_t out_bytes = args->hidden * type_bytes(args->dst_type);
  sum_row rows[2];
  if (begin < end) find_rows(&rows[begin % 2], args, group_start[begin], group_start[begin + 1]);
  for (uint64_t i = begin; i < end; i++) {
    sum_row *row = &rows[i % 2];
    sum_row *next = &rows[(i + 1) % 2];
    row->next = i + 1 < end ? next : NULL;
    if (row->next != NULL) find_rows(next, args, group_start[i + 1], group_start[i + 2]);
    uint8_t *out = address(args->dst.offset) + i * out_bytes;
    if (row->group_begin == row->group_end) {
      memset(out, 0, out_bytes);
    } else {
      sum(row, out, stream);
    }
  }
  if (stream) stream_end();
}

/* 16 lanes whatever the width of a vector. */
#define DOT_LANES 16u
#define DOT_VECTORS (DOT_LANES / LANES)

INLINE float dot_row(uint32_t type, const uint8_t *a, const uint8_t *b, uint64_t hidden) {
  const uint64_t bytes = type_bytes(type);
  vf lanes[DOT_VECTORS];
  for (uint32_t v = 0; v < DOT_VECTORS; v++) lanes[v] = (vf){0};
  uint64_t column = 0;
  for (; column + DOT_LANES <= hidden; column += DOT_LANES) {
    for (uint32_t v = 0; v < DOT_VECTORS; v++) {
      const uint64_t at = (column + v * LANES) * bytes;
      lanes[v] = lanes[v] + load_lanes(type, a + at) * load_lanes(type, b + at);
    }
  }
  /* lanes without an element add +0, which changes no sum that started from +0 */
  for (uint32_t v = 0; v < DOT_VECTORS && column < hidden; v++, column += LANES) {
    const uint64_t n = hidden - column < LANES ? hidden - column : LANES;
    lanes[v] = lanes[v] + load_some(type, a + column * bytes, n) * load_some(type, b + column * bytes, n);
  }
  float lane[DOT_LANES];
  memcpy(lane, lanes, sizeof lane);
  for (uint32_t width = DOT_LANES / 2; width > 0; width /= 2)
    for (uint32_t j = 0; j < width; j++) lane[j] = lane[j] + lane[j + width];
  return lane[0];
}

void SPC_NAME(dot)(const void *arguments, uint64_t begin, uint64_t end, int stream) {
  const spc_dot_args *args = arguments;
  (void)stream;
  const uint64_t row_bytes = args->hidden * type_bytes(args->type);
  const int32_t *a_rows = (const int32_t *)address(args->a_rows.offset);
  const int32_t *b_rows = (const int32_t *)address(args->b_rows.offset);
  for (uint64_t i = begin; i < end; i++) {
    const uint8_t *a = address(args->a.offset) + row_index(a_rows, i) * row_bytes;
    const uint8_t *b = address(args->b.offset) + row_index(b_rows, i) * row_bytes;
    float dot = args->type == MLK_BF16   ? dot_row(MLK_BF16, a, b, args->hidden)
                : args->type == MLK_FP16 ? dot_row(MLK_FP16, a, b, args->hidden)
                                         : dot_row(MLK_FP32, a, b, args->hidden);
    uint32_t bits;
    memcpy(&bits, &dot, sizeof bits);
    if (dot != dot) bits = 0x7fc00000u;
    memcpy(address(args->out.offset) + i * sizeof bits, &bits, sizeof bits);
  }
}

INLINE void scale_row(uint32_t type, uint8_t *dst, const uint8_t *src, float weight, uint64_t hidden) {
  const uint64_t bytes = type_bytes(type);
  uint64_t column = 0;
  for (; column + LANES <= hidden; column += LANES)
    store_lanes(type, dst + column * bytes, load_lanes(type, src + column * bytes) * weight);
  if (column < hidden) {
    vf x = load_some(type, src + column * bytes, hidden - column) * weight;
    store_some(type, dst + column * bytes, x, hidden - column);
  }
}

void SPC_NAME(scale)(const void *arguments, uint64_t begin, uint64_t end, int stream) {
  const spc_scale_args *args = arguments;
  (void)stream;
  const uint64_t row_bytes = args->hidden * type_bytes(args->type);
  const int32_t *rows = (const int32_t *)address(args->src_rows.offset);
  const float *weights = (const float *)address(args->weights.offset);
  for (uint64_t i = begin; i < end; i++) {
    uint8_t *dst = address(args->dst.offset) + i * row_bytes;
    const uint8_t *src = address(args->src.offset) + row_index(rows, i) * row_bytes;
    if (args->type == MLK_BF16) {
      scale_row(MLK_BF16, dst, src, weights[i], args->hidden);
    } else if (args->type == MLK_FP16) {
      scale_row(MLK_FP16, dst, src, weights[i], args->hidden);
    } else {
      scale_row(MLK_FP32, dst, src, weights[i], args->hidden);
    }
  }
}

const spc_kernels SPC_NAME(kernels) = {
    .isa = SPC_TEXT(SPC_ISA),
    .gather = SPC_NAME(gather),
    .scatter = SPC_NAME(scatter),
    .reduce = SPC_NAME(reduce),
    .dot = SPC_NAME(dot),
    .scale = SPC_NAME(scale),
    .reorder = SPC_NAME(reorder),
    .fill = SPC_NAME(fill),
    .copy = SPC_NAME(copy),
};
