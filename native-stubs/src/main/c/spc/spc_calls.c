#include "spc_calls.h"

#include <stdlib.h>
#include <string.h>

#include "mlk_error.h"

/* Bytes of output that one worker takes at a time: long against a wake-up, short against a call. */
#define GRAIN_BYTES (UINT64_C(256) << 10)
/* Sources that a reduce copies without asking for memory. */
#define SOURCES_KEPT 64u

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

/*
 * Rows from the first to the last that a checked scatter writes. Rows of several scatters lie between each other, so
 * this, not their number, says how much memory will have been written before a row is read.
 */
static uint64_t scatter_extent(const spc_scatter_args *args) {
  const int32_t *start = (const int32_t *)(uintptr_t)args->dst_start.offset; // NOLINT: an operand is an address
  const int32_t *rows = (const int32_t *)(uintptr_t)args->dst_rows.offset;   // NOLINT: as above
  int32_t first = INT32_MAX, last = -1;
  for (int32_t i = start[0]; i < start[args->count]; i++) {
    first = rows[i] < first ? rows[i] : first;
    last = rows[i] > last ? rows[i] : last;
  }
  return last < 0 ? 0 : (uint64_t)(last - first) + 1;
}

int32_t spc_call_scatter(const spc_place *place, const spc_scatter_args *args) {
  MLK_CHECK_STRUCT("spc_scatter_rows", args, MLK_MAGIC_SCATTER);
  spc_scatter_args a = *args;
  RETURN_IF_BAD(spc_check_scatter(&place->space, &a));
  if (a.count == 0) return MLK_OK;
  spc_pool_run(place->pool, spc_selected()->scatter, &a, a.count, grain_rows(a.row_bytes),
               streams(scatter_extent(&a), a.row_bytes));
  return MLK_OK;
}

int32_t spc_call_reduce(const spc_place *place, const spc_reduce_args *args) {
  MLK_CHECK_STRUCT("spc_reduce_rows", args, MLK_MAGIC_REDUCE);
  spc_reduce_args a = *args;
  if (a.source_count > 0 && a.sources == NULL) return mlk_fail(MLK_E_INVALID, "spc_reduce_rows: sources is null");
  if (a.source_count > MLK_RANKS_MAX * 4u)
    return mlk_fail(MLK_E_INVALID, "spc_reduce_rows: source_count=%u, expected 0..%u", a.source_count,
                    MLK_RANKS_MAX * 4u);
  mlk_rows kept[SOURCES_KEPT];
  mlk_rows *sources = a.source_count <= SOURCES_KEPT ? kept : malloc(a.source_count * sizeof *sources);
  if (sources == NULL) return mlk_fail(MLK_E_NO_MEMORY, "spc_reduce_rows: no memory for %u sources", a.source_count);
  if (a.source_count > 0) memcpy(sources, a.sources, a.source_count * sizeof *sources);
  int32_t code = spc_check_reduce(&place->space, &a, sources);
  if (code == MLK_OK && a.count > 0) {
    const uint64_t row_bytes = a.hidden * bytes_of(a.dst_type);
    spc_pool_run(place->pool, spc_selected()->reduce, &a, a.count, grain_rows(row_bytes), streams(a.count, row_bytes));
  }
  if (sources != kept) free(sources);
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
