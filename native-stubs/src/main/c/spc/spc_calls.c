#include "spc_calls.h"

#include <stdlib.h>
#include <string.h>

#include "mlk_error.h"

/* Bytes of output that one worker takes at a time: long against a wake-up, short against a call. */
#define GRAIN_BYTES (UINT64_C(256) << 10)
/* Sources of a reduce, or targets of a scatter, that are copied without asking for memory. */
#define BUFFERS_KEPT 64u

static uint64_t grain_rows(uint64_t row_bytes) { return row_bytes >= GRAIN_BYTES ? 1 : GRAIN_BYTES / row_bytes; }

static int streams(uint64_t rows, uint64_t row_bytes) { return rows * row_bytes >= spc_streaming_bytes(); }

static uint64_t bytes_of(uint32_t type) { return type == MLK_FP32 ? 4 : 2; }

#define RETURN_IF_BAD(call)                   \
  do {                                        \
    const int32_t code_ = (call);             \
    if (code_ != MLK_OK) return code_;        \
  } while (0)

int32_t spc_call_gather(const spc_place *place, const spc_gather_args *args) {
  MLK_CHECK_STRUCT("spc_gather_rows", args, MLK_MAGIC_GATHER);
  spc_gather_args a = *args;
  RETURN_IF_BAD(spc_check_gather(&place->space, &a));
  if (a.count == 0) return MLK_OK;
  spc_pool_run(place->pool, spc_selected()->gather, &a, a.count, grain_rows(a.row_bytes),
               streams(a.count, a.row_bytes));
  return MLK_OK;
}

/* The buffers that a call names: a copy, which is checked and turned into addresses. */
typedef struct row_buffers {
  mlk_rows kept[BUFFERS_KEPT];
  mlk_rows *rows;
} row_buffers;

static int32_t copy_buffers(const char *call, const char *what, const mlk_rows *given, uint32_t count,
                            row_buffers *copy) {
  copy->rows = copy->kept;
  if (count > 0 && given == NULL) return mlk_fail(MLK_E_INVALID, "%s: %ss is null", call, what);
  if (count > MLK_RANKS_MAX * 4u)
    return mlk_fail(MLK_E_INVALID, "%s: %s_count=%u, expected 0..%u", call, what, count, MLK_RANKS_MAX * 4u);
  if (count > BUFFERS_KEPT) copy->rows = malloc(count * sizeof *copy->rows);
  if (copy->rows == NULL) return mlk_fail(MLK_E_NO_MEMORY, "%s: no memory for %u %ss", call, count, what);
  if (count > 0) memcpy(copy->rows, given, count * sizeof *copy->rows);
  return MLK_OK;
}

static void free_buffers(row_buffers *copy) {
  if (copy->rows != copy->kept) free(copy->rows);
}

/* The rows of a target from the first to the last that is written. */
typedef struct row_range {
  int32_t first, last;
} row_range;

static uint64_t rows_written(const spc_scatter_args *args, row_range *ranges) {
  const int32_t *start = (const int32_t *)(uintptr_t)args->dst_start.offset; // NOLINT: an operand is an address
  const int32_t *of = (const int32_t *)(uintptr_t)args->dst_target.offset;   // NOLINT: as above
  const int32_t *rows = (const int32_t *)(uintptr_t)args->dst_rows.offset;   // NOLINT: as above
  for (uint32_t t = 0; t < args->target_count; t++) ranges[t] = (row_range){INT32_MAX, -1};
  for (int32_t i = start[0]; i < start[args->count]; i++) {
    row_range *range = &ranges[of == NULL ? 0 : of[i]];
    range->first = rows[i] < range->first ? rows[i] : range->first;
    range->last = rows[i] > range->last ? rows[i] : range->last;
  }
  uint64_t all = 0;
  for (uint32_t t = 0; t < args->target_count; t++)
    all += ranges[t].last < 0 ? 0 : (uint64_t)(ranges[t].last - ranges[t].first) + 1;
  return all;
}

/*
 * Whether a checked scatter writes past the caches. Rows of several scatters lie between each other, so the rows from
 * the first to the last, not their number, say how much memory will have been written before a row is read.
 */
static int scatter_streams(const spc_scatter_args *args) {
  row_range kept[BUFFERS_KEPT];
  row_range *ranges = args->target_count <= BUFFERS_KEPT ? kept : malloc(args->target_count * sizeof *ranges);
  if (ranges == NULL) return 1;
  const int past = streams(rows_written(args, ranges), args->row_bytes);
  if (ranges != kept) free(ranges);
  return past;
}

int32_t spc_call_scatter(const spc_place *place, const spc_scatter_args *args) {
  MLK_CHECK_STRUCT("spc_scatter_rows", args, MLK_MAGIC_SCATTER);
  spc_scatter_args a = *args;
  row_buffers targets;
  RETURN_IF_BAD(copy_buffers("spc_scatter_rows", "target", a.targets, a.target_count, &targets));
  const int32_t code = spc_check_scatter(&place->space, &a, targets.rows);
  if (code == MLK_OK && a.count > 0)
    spc_pool_run(place->pool, spc_selected()->scatter, &a, a.count, grain_rows(a.row_bytes), scatter_streams(&a));
  free_buffers(&targets);
  return code;
}

int32_t spc_call_reduce(const spc_place *place, const spc_reduce_args *args) {
  MLK_CHECK_STRUCT("spc_reduce_rows", args, MLK_MAGIC_REDUCE);
  spc_reduce_args a = *args;
  row_buffers sources;
  RETURN_IF_BAD(copy_buffers("spc_reduce_rows", "source", a.sources, a.source_count, &sources));
  const int32_t code = spc_check_reduce(&place->space, &a, sources.rows);
  if (code == MLK_OK && a.count > 0) {
    const uint64_t row_bytes = a.hidden * bytes_of(a.dst_type);
    spc_pool_run(place->pool, spc_selected()->reduce, &a, a.count, grain_rows(row_bytes), streams(a.count, row_bytes));
  }
  free_buffers(&sources);
  return code;
}

int32_t spc_call_dot(const spc_place *place, const spc_dot_args *args) {
  MLK_CHECK_STRUCT("spc_dot_rows", args, MLK_MAGIC_DOT);
  spc_dot_args a = *args;
  RETURN_IF_BAD(spc_check_dot(&place->space, &a));
  if (a.count == 0) return MLK_OK;
  spc_pool_run(place->pool, spc_selected()->dot, &a, a.count, grain_rows(a.hidden * bytes_of(a.type)), 0);
  return MLK_OK;
}

int32_t spc_call_scale(const spc_place *place, const spc_scale_args *args) {
  MLK_CHECK_STRUCT("spc_scale_rows", args, MLK_MAGIC_SCALE);
  spc_scale_args a = *args;
  RETURN_IF_BAD(spc_check_scale(&place->space, &a));
  if (a.count == 0) return MLK_OK;
  spc_pool_run(place->pool, spc_selected()->scale, &a, a.count, grain_rows(a.hidden * bytes_of(a.type)), 0);
  return MLK_OK;
}

int32_t spc_call_reorder(const spc_place *place, const spc_reorder_args *args) {
  MLK_CHECK_STRUCT("spc_reorder", args, MLK_MAGIC_REORDER);
  spc_reorder_args a = *args;
  RETURN_IF_BAD(spc_check_reorder(&place->space, &a));
  if (a.rows == 0 || a.columns == 0) return MLK_OK;
  const uint64_t tiles = (a.columns + SPC_REORDER_COLUMNS - 1) / SPC_REORDER_COLUMNS;
  const uint64_t grain = grain_rows(a.rows * SPC_REORDER_COLUMNS * a.element_bytes);
  spc_pool_run(place->pool, spc_selected()->reorder, &a, tiles, grain, streams(a.rows, a.columns * a.element_bytes));
  return MLK_OK;
}

int32_t spc_call_fill(const spc_place *place, const spc_fill_args *args) {
  MLK_CHECK_STRUCT("spc_fill", args, MLK_MAGIC_FILL);
  spc_fill_args a = *args;
  RETURN_IF_BAD(spc_check_fill(&place->space, &a));
  if (a.bytes == 0) return MLK_OK;
  const uint64_t blocks = (a.bytes + SPC_FILL_BLOCK - 1) / SPC_FILL_BLOCK;
  spc_pool_run(place->pool, spc_selected()->fill, &a, blocks, 1, streams(1, a.bytes));
  return MLK_OK;
}

static const spc_place raw = {{NULL, NULL}, NULL};

int32_t spc_raw_gather_rows(const spc_gather_args *args) { return spc_call_gather(&raw, args); }
int32_t spc_raw_scatter_rows(const spc_scatter_args *args) { return spc_call_scatter(&raw, args); }
int32_t spc_raw_reduce_rows(const spc_reduce_args *args) { return spc_call_reduce(&raw, args); }
int32_t spc_raw_dot_rows(const spc_dot_args *args) { return spc_call_dot(&raw, args); }
int32_t spc_raw_scale_rows(const spc_scale_args *args) { return spc_call_scale(&raw, args); }
int32_t spc_raw_reorder(const spc_reorder_args *args) { return spc_call_reorder(&raw, args); }
int32_t spc_raw_fill(const spc_fill_args *args) { return spc_call_fill(&raw, args); }
