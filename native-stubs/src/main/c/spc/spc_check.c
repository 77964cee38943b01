#include "spc_check.h"

#include <stddef.h>

#include "mlk_error.h"

#define ULL(x) ((unsigned long long)(x))
/* Above any address; keeps sums and products of sizes from overflowing. */
#define BYTES_MAX (UINT64_C(1) << 47)

#define TRY(call)                            \
  do {                                       \
    const int32_t code_ = (call);            \
    if (code_ != MLK_OK) return code_;       \
  } while (0)

static int32_t check_limit(const char *call, const char *what, uint64_t found, uint64_t least, uint64_t most) {
  if (found >= least && found <= most) return MLK_OK;
  return mlk_fail(MLK_E_INVALID, "%s: %s=%llu, expected %llu..%llu", call, what, ULL(found), ULL(least), ULL(most));
}

static int32_t look_up(const spc_space *space, const char *call, const char *what, uint64_t region, uint64_t offset,
                       uint8_t **base, uint64_t *bytes) {
  if (space->lookup == NULL)
    return mlk_fail(MLK_E_INVALID, "%s: %s has region=%#llx, expected an address", call, what, ULL(region));
  TRY(space->lookup(space->context, call, region, base, bytes));
  if (offset > *bytes)
    return mlk_fail(MLK_E_RANGE, "%s: %s offset=%llu is outside its region of %llu bytes", call, what, ULL(offset),
                    ULL(*bytes));
  return MLK_OK;
}

/* Gives the operand its address, and row_count the number of rows that may be touched. */
static int32_t resolve_rows(const spc_space *space, const char *call, const char *what, mlk_rows *rows,
                            uint64_t row_bytes) {
  if (rows->region != MLK_HOST) {
    uint8_t *base;
    uint64_t bytes;
    TRY(look_up(space, call, what, rows->region, rows->offset, &base, &bytes));
    const uint64_t fit = (bytes - rows->offset) / row_bytes;
    if (rows->row_count > fit)
      return mlk_fail(MLK_E_RANGE,
                      "%s: %s has row_count=%llu of %llu bytes, but %llu rows fit its region behind offset=%llu", call,
                      what, ULL(rows->row_count), ULL(row_bytes), ULL(fit), ULL(rows->offset));
    if (rows->row_count == 0) rows->row_count = fit;
    rows->offset += (uint64_t)(uintptr_t)base;
    rows->region = MLK_HOST;
    return MLK_OK;
  }
  if (rows->row_count > BYTES_MAX / row_bytes)
    return mlk_fail(MLK_E_INVALID, "%s: %s has row_count=%llu of %llu bytes, more than memory has", call, what,
                    ULL(rows->row_count), ULL(row_bytes));
  if (rows->offset == 0 && rows->row_count > 0) return mlk_fail(MLK_E_INVALID, "%s: %s is null", call, what);
  return MLK_OK;
}

/* Gives an operand of `bytes` bytes its address. */
static int32_t resolve_bytes(const spc_space *space, const char *call, const char *what, mlk_operand *operand,
                             uint64_t bytes, uint64_t alignment, int optional) {
  if (operand->region == MLK_HOST && operand->offset == 0) {
    if (optional || bytes == 0) return MLK_OK;
    return mlk_fail(MLK_E_INVALID, "%s: %s is null", call, what);
  }
  if (operand->region != MLK_HOST) {
    uint8_t *base;
    uint64_t size;
    TRY(look_up(space, call, what, operand->region, operand->offset, &base, &size));
    if (bytes > size - operand->offset)
      return mlk_fail(MLK_E_RANGE, "%s: %s needs %llu bytes from offset=%llu on, its region has %llu bytes", call, what,
                      ULL(bytes), ULL(operand->offset), ULL(size));
    operand->offset += (uint64_t)(uintptr_t)base;
    operand->region = MLK_HOST;
  }
  if (operand->offset % alignment != 0)
    return mlk_fail(MLK_E_ALIGN, "%s: %s is at %#llx, expected a multiple of %llu", call, what, ULL(operand->offset),
                    ULL(alignment));
  return MLK_OK;
}

/* Null for an optional operand that is not there. */
static const int32_t *ints(const mlk_operand *operand) {
  return (const int32_t *)(uintptr_t)operand->offset; // NOLINT: an operand is an address by now
}

/* That values[0..count-1] are in 0..limit-1. */
static int32_t check_indices(const char *call, const char *what, const int32_t *values, uint64_t count,
                             uint64_t limit) {
  const int32_t last = limit > INT32_MAX ? INT32_MAX : (int32_t)limit - 1;
  int32_t bad = 0;
  /* sign bits only, so that the compiler can take many at a time; unsigned, since it may wrap */
  for (uint64_t i = 0; i < count; i++) bad |= values[i] | (int32_t)((uint32_t)last - (uint32_t)values[i]);
  if (bad >= 0) return MLK_OK;
  uint64_t i = 0;
  while (values[i] >= 0 && values[i] <= last) i++;
  return mlk_fail(MLK_E_RANGE, "%s: %s[%llu]=%d is outside 0..%d", call, what, ULL(i), values[i], last);
}

/* That values[0..count-1] do not fall and are in 0..limit. */
static int32_t check_starts(const char *call, const char *what, const int32_t *values, uint64_t count,
                            uint64_t limit) {
  TRY(check_indices(call, what, values, count, limit + 1));
  int32_t bad = 0;
  for (uint64_t i = 1; i < count; i++) bad |= values[i] - values[i - 1];
  if (bad >= 0) return MLK_OK;
  uint64_t i = 1;
  while (values[i] >= values[i - 1]) i++;
  return mlk_fail(MLK_E_RANGE, "%s: %s[%llu]=%d is below %s[%llu]=%d", call, what, ULL(i), values[i], what, ULL(i - 1),
                  values[i - 1]);
}

/* An optional list of count rows of `rows`: without it, the first count. */
static int32_t check_row_list(const spc_space *space, const char *call, const char *list_name, const char *rows_name,
                              mlk_operand *list, const mlk_rows *rows, uint64_t count) {
  TRY(resolve_bytes(space, call, list_name, list, count * 4, 4, 1));
  if (list->offset != 0) return check_indices(call, list_name, ints(list), count, rows->row_count);
  if (count > rows->row_count)
    return mlk_fail(MLK_E_RANGE, "%s: %s has %llu rows, expected at least count=%llu", call, rows_name,
                    ULL(rows->row_count), ULL(count));
  return MLK_OK;
}

static int32_t check_room(const char *call, const mlk_rows *dst, uint64_t count) {
  if (count <= dst->row_count) return MLK_OK;
  return mlk_fail(MLK_E_RANGE, "%s: dst has room for %llu rows, expected at least count=%llu", call,
                  ULL(dst->row_count), ULL(count));
}

static int32_t check_type(const char *call, const char *what, uint32_t type) {
  return check_limit(call, what, type, MLK_BF16, MLK_FP32);
}

static uint64_t bytes_of(uint32_t type) { return type == MLK_FP32 ? 4 : 2; }

int32_t spc_check_gather(const spc_space *space, spc_gather_args *args) {
  const char *call = "spc_gather_rows";
  TRY(check_limit(call, "row_bytes", args->row_bytes, 1, BYTES_MAX));
  TRY(check_limit(call, "count", args->count, 0, INT32_MAX));
  TRY(resolve_rows(space, call, "dst", &args->dst, args->row_bytes));
  TRY(resolve_rows(space, call, "src", &args->src, args->row_bytes));
  TRY(check_room(call, &args->dst, args->count));
  return check_row_list(space, call, "src_rows", "src", &args->src_rows, &args->src, args->count);
}

/* Lists of rows of several buffers: which buffer, and which row there. */
typedef struct row_lists {
  const char *of_name, *row_name, *buffer_name;
  const int32_t *of, *row; /* of null: buffer 0 */
  const mlk_rows *buffers;
  uint32_t buffer_count;
} row_lists;

/* That the entries begin..end-1 name rows that exist. */
static int32_t check_row_lists(const char *call, const row_lists *lists, uint64_t begin, uint64_t end) {
  const int32_t *of = lists->of, *row = lists->row;
  if (of == NULL)
    return check_indices(call, lists->row_name, row + begin, end - begin, lists->buffers[0].row_count);
  TRY(check_indices(call, lists->of_name, of + begin, end - begin, lists->buffer_count));
  for (uint64_t i = begin; i < end; i++)
    if (row[i] < 0 || (uint64_t)row[i] >= lists->buffers[of[i]].row_count)
      return mlk_fail(MLK_E_RANGE, "%s: %s[%llu]=%d is outside the %llu rows of %s %d", call, lists->row_name, ULL(i),
                      row[i], ULL(lists->buffers[of[i]].row_count), lists->buffer_name, of[i]);
  return MLK_OK;
}

int32_t spc_check_scatter(const spc_space *space, spc_scatter_args *args, mlk_rows *targets) {
  const char *call = "spc_scatter_rows";
  TRY(check_limit(call, "row_bytes", args->row_bytes, 1, BYTES_MAX));
  TRY(check_limit(call, "count", args->count, 0, INT32_MAX));
  TRY(check_limit(call, "place_length", args->place_length, 0, INT32_MAX));
  for (uint32_t t = 0; t < args->target_count; t++)
    TRY(resolve_rows(space, call, "a target", &targets[t], args->row_bytes));
  args->targets = targets;
  TRY(resolve_rows(space, call, "src", &args->src, args->row_bytes));
  TRY(check_row_list(space, call, "src_rows", "src", &args->src_rows, &args->src, args->count));
  if (args->count == 0) return MLK_OK;
  TRY(resolve_bytes(space, call, "dst_start", &args->dst_start, (args->count + 1) * 4, 4, 0));
  TRY(check_starts(call, "dst_start", ints(&args->dst_start), args->count + 1, args->place_length));
  TRY(resolve_bytes(space, call, "dst_target", &args->dst_target, args->place_length * 4, 4, 1));
  TRY(resolve_bytes(space, call, "dst_rows", &args->dst_rows, args->place_length * 4, 4, 0));
  const int32_t *start = ints(&args->dst_start);
  if (start[args->count] == start[0]) return MLK_OK;
  if (args->target_count == 0) return mlk_fail(MLK_E_INVALID, "%s: target_count=0, expected at least 1", call);
  const row_lists lists = {"dst_target", "dst_rows", "target", ints(&args->dst_target), ints(&args->dst_rows),
                           targets, args->target_count};
  return check_row_lists(call, &lists, (uint64_t)start[0], (uint64_t)start[args->count]);
}

int32_t spc_check_reduce(const spc_space *space, spc_reduce_args *args, mlk_rows *sources) {
  const char *call = "spc_reduce_rows";
  TRY(check_type(call, "dst_type", args->dst_type));
  TRY(check_type(call, "src_type", args->src_type));
  TRY(check_type(call, "partial_type", args->partial_type));
  TRY(check_limit(call, "hidden", args->hidden, 1, BYTES_MAX / 4));
  TRY(check_limit(call, "count", args->count, 0, INT32_MAX));
  TRY(check_limit(call, "group_length", args->group_length, 0, INT32_MAX));
  TRY(check_limit(call, "element_length", args->element_length, 0, INT32_MAX));
  TRY(resolve_rows(space, call, "dst", &args->dst, args->hidden * bytes_of(args->dst_type)));
  for (uint32_t s = 0; s < args->source_count; s++)
    TRY(resolve_rows(space, call, "a source", &sources[s], args->hidden * bytes_of(args->src_type)));
  args->sources = sources;
  TRY(check_room(call, &args->dst, args->count));
  if (args->count == 0) return MLK_OK;
  TRY(resolve_bytes(space, call, "group_start", &args->group_start, (args->count + 1) * 4, 4, 0));
  const int32_t *group = ints(&args->group_start);
  TRY(check_starts(call, "group_start", group, args->count + 1, args->group_length));
  const uint64_t first_group = (uint64_t)group[0], last_group = (uint64_t)group[args->count];
  if (first_group == last_group) return MLK_OK; /* zero rows only */
  TRY(resolve_bytes(space, call, "elem_start", &args->elem_start, (args->group_length + 1) * 4, 4, 1));
  uint64_t first = first_group, last = last_group;
  if (args->elem_start.offset != 0) {
    const int32_t *elem = ints(&args->elem_start);
    TRY(check_starts(call, "elem_start", elem + first_group, last_group - first_group + 1, args->element_length));
    first = (uint64_t)elem[first_group];
    last = (uint64_t)elem[last_group];
  } else if (last > args->element_length) {
    return mlk_fail(MLK_E_RANGE, "%s: group_start[%llu]=%llu is beyond element_length=%llu", call, ULL(args->count),
                    ULL(last), ULL(args->element_length));
  }
  TRY(resolve_bytes(space, call, "elem_source", &args->elem_source, args->element_length * 4, 4, 1));
  TRY(resolve_bytes(space, call, "elem_row", &args->elem_row, args->element_length * 4, 4, first == last));
  TRY(resolve_bytes(space, call, "weights", &args->weights, args->element_length * 4, 4, 1));
  if (first == last) return MLK_OK;
  if (args->source_count == 0) return mlk_fail(MLK_E_INVALID, "%s: source_count=0, expected at least 1", call);
  const row_lists lists = {"elem_source", "elem_row", "source", ints(&args->elem_source), ints(&args->elem_row),
                           sources, args->source_count};
  return check_row_lists(call, &lists, first, last);
}

int32_t spc_check_dot(const spc_space *space, spc_dot_args *args) {
  const char *call = "spc_dot_rows";
  TRY(check_type(call, "type", args->type));
  TRY(check_limit(call, "hidden", args->hidden, 1, BYTES_MAX / 4));
  TRY(check_limit(call, "count", args->count, 0, INT32_MAX));
  TRY(resolve_bytes(space, call, "out", &args->out, args->count * 4, 4, 0));
  TRY(resolve_rows(space, call, "a", &args->a, args->hidden * bytes_of(args->type)));
  TRY(resolve_rows(space, call, "b", &args->b, args->hidden * bytes_of(args->type)));
  TRY(check_row_list(space, call, "a_rows", "a", &args->a_rows, &args->a, args->count));
  return check_row_list(space, call, "b_rows", "b", &args->b_rows, &args->b, args->count);
}

int32_t spc_check_scale(const spc_space *space, spc_scale_args *args) {
  const char *call = "spc_scale_rows";
  TRY(check_type(call, "type", args->type));
  TRY(check_limit(call, "hidden", args->hidden, 1, BYTES_MAX / 4));
  TRY(check_limit(call, "count", args->count, 0, INT32_MAX));
  TRY(resolve_rows(space, call, "dst", &args->dst, args->hidden * bytes_of(args->type)));
  TRY(resolve_rows(space, call, "src", &args->src, args->hidden * bytes_of(args->type)));
  TRY(check_room(call, &args->dst, args->count));
  TRY(resolve_bytes(space, call, "weights", &args->weights, args->count * 4, 4, 0));
  return check_row_list(space, call, "src_rows", "src", &args->src_rows, &args->src, args->count);
}

int32_t spc_check_reorder(const spc_space *space, spc_reorder_args *args) {
  const char *call = "spc_reorder";
  const uint32_t bytes = args->element_bytes;
  if (bytes != 1 && bytes != 2 && bytes != 4 && bytes != 8)
    return mlk_fail(MLK_E_INVALID, "%s: element_bytes=%u, expected 1, 2, 4 or 8", call, bytes);
  TRY(check_limit(call, "rows", args->rows, 0, INT32_MAX));
  TRY(check_limit(call, "columns", args->columns, 0, INT32_MAX));
  if (args->rows != 0) TRY(check_limit(call, "columns", args->columns, 0, BYTES_MAX / 8 / args->rows));
  TRY(resolve_bytes(space, call, "dst", &args->dst, args->rows * args->columns * bytes, 1, 0));
  return resolve_bytes(space, call, "src", &args->src, args->rows * args->columns * bytes, 1, 0);
}

int32_t spc_check_fill(const spc_space *space, spc_fill_args *args) {
  const char *call = "spc_fill";
  TRY(check_limit(call, "value", args->value, 0, 255));
  TRY(check_limit(call, "bytes", args->bytes, 0, BYTES_MAX));
  return resolve_bytes(space, call, "dst", &args->dst, args->bytes, 1, 0);
}
