/* Puts, gets and words: copies between mapped memory, complete when they return. */
#include "shm.h"
#include "spc_kernels.h"

static int32_t copy(shm_ctx *c, const char *call, uint64_t src, uint64_t src_offset, uint64_t dst, uint64_t dst_offset,
                    uint64_t bytes, shm_region **from, shm_region **to) {
  uint8_t *source, *target;
  int32_t code = shm_region_range(c, call, "src", src, src_offset, bytes, from, &source);
  if (code == MLK_OK) code = shm_region_range(c, call, "dst", dst, dst_offset, bytes, to, &target);
  if (code != MLK_OK) return code;
  if (bytes > 0) spc_selected()->copy(target, source, bytes, bytes >= spc_streaming_bytes());
  return MLK_OK;
}

static int32_t put(shm_ctx *c, const char *call, uint64_t src, uint64_t src_offset, uint64_t dst, uint64_t dst_offset,
                   uint64_t bytes, int32_t *rank) {
  shm_region *from, *to;
  int32_t code = shm_region_find(c, call, dst, &to);
  if (code != MLK_OK) return code;
  *rank = to->owner;
  if (*rank != c->rank) code = shm_check_rank(c, call, *rank);
  if (code != MLK_OK) return code;
  return copy(c, call, src, src_offset, dst, dst_offset, bytes, &from, &to);
}

static int32_t get(shm_ctx *c, uint64_t src, uint64_t src_offset, uint64_t dst, uint64_t dst_offset, uint64_t bytes) {
  shm_region *from, *to;
  int32_t code = shm_region_find(c, "mlk_get", src, &from);
  if (code == MLK_OK && from->owner != c->rank) code = shm_check_rank(c, "mlk_get", from->owner);
  if (code != MLK_OK) return code;
  return copy(c, "mlk_get", src, src_offset, dst, dst_offset, bytes, &from, &to);
}

static int32_t put_post(shm_ctx *c, uint64_t src, uint64_t src_offset, uint64_t dst, uint64_t dst_offset,
                        uint64_t bytes, uint64_t *ticket) {
  int32_t rank;
  if (ticket == NULL) return mlk_fail(MLK_E_INVALID, "mlk_put_post: ticket is null");
  *ticket = 0;
  return put(c, "mlk_put_post", src, src_offset, dst, dst_offset, bytes, &rank);
}

static int32_t put_test(shm_ctx *c, uint64_t ticket) {
  (void)c;
  return ticket == 0 ? MLK_OK
                     : mlk_fail(MLK_E_INVALID, "mlk_put_test: ticket=%llu was not given, expected 0", ULL(ticket));
}

/* A slot of a rank. Before mlk_connect a rank reaches only itself. */
static int32_t find_slot(shm_ctx *c, const char *call, int32_t rank, uint32_t signal, shm_control **control,
                         _Atomic int64_t **slot) {
  if (rank == c->rank) {
    *control = c->control;
  } else {
    const int32_t code = shm_check_rank(c, call, rank);
    if (code != MLK_OK) return code;
    *control = c->peers[rank].control;
  }
  if (signal >= (*control)->signal_count)
    return mlk_fail(MLK_E_RANGE, "%s: signal=%u of rank=%d is outside 0..%u", call, signal, rank,
                    (*control)->signal_count - 1);
  *slot = shm_slots(*control) + signal;
  return MLK_OK;
}

static int32_t put_value(shm_ctx *c, const char *call, int32_t rank, uint32_t signal, int64_t value) {
  shm_control *control;
  _Atomic int64_t *slot;
  const int32_t code = find_slot(c, call, rank, signal, &control, &slot);
  if (code != MLK_OK) return code;
  atomic_store_explicit(slot, value, memory_order_release);
  mlk_bell_ring(&control->bell);
  return MLK_OK;
}

static int32_t add_value(shm_ctx *c, int32_t rank, uint32_t signal, int64_t delta) {
  shm_control *control;
  _Atomic int64_t *slot;
  const int32_t code = find_slot(c, "mlk_atomic_add", rank, signal, &control, &slot);
  if (code != MLK_OK) return code;
  atomic_fetch_add_explicit(slot, delta, memory_order_acq_rel);
  mlk_bell_ring(&control->bell);
  return MLK_OK;
}

static int32_t put_signal(shm_ctx *c, uint64_t src, uint64_t src_offset, uint64_t dst, uint64_t dst_offset,
                          uint64_t bytes, uint32_t signal, int64_t value) {
  const char *call = "mlk_put_signal";
  shm_region *to;
  shm_control *control;
  _Atomic int64_t *slot;
  int32_t rank;
  int32_t code = shm_region_find(c, call, dst, &to);
  /* the signal first, so that a bad one leaves the bytes alone */
  if (code == MLK_OK) code = find_slot(c, call, to->owner, signal, &control, &slot);
  if (code == MLK_OK) code = put(c, call, src, src_offset, dst, dst_offset, bytes, &rank);
  return code == MLK_OK ? put_value(c, call, rank, signal, value) : code;
}

static int32_t find_word(shm_ctx *c, const char *call, uint64_t region, uint64_t offset, _Atomic int64_t **word) {
  shm_region *found;
  uint8_t *address;
  const int32_t code = shm_region_range(c, call, "word", region, offset, sizeof **word, &found, &address);
  if (code != MLK_OK) return code;
  if ((uintptr_t)address % sizeof **word != 0)
    return mlk_fail(MLK_E_ALIGN, "%s: word at offset=%llu, expected a multiple of %zu", call, ULL(offset),
                    sizeof **word);
  *word = (_Atomic int64_t *)(void *)address;
  return MLK_OK;
}

static int32_t put_word(shm_ctx *c, uint64_t region, uint64_t offset, int64_t value) {
  _Atomic int64_t *word;
  const int32_t code = find_word(c, "mlk_put_word", region, offset, &word);
  if (code == MLK_OK) atomic_store_explicit(word, value, memory_order_release);
  return code;
}

static int32_t add_word(shm_ctx *c, uint64_t region, uint64_t offset, int64_t delta) {
  _Atomic int64_t *word;
  const int32_t code = find_word(c, "mlk_add_word", region, offset, &word);
  if (code == MLK_OK) atomic_fetch_add_explicit(word, delta, memory_order_acq_rel);
  return code;
}

static int32_t flush(shm_ctx *c, int32_t rank) {
  int32_t code = shm_check_rank(c, "mlk_flush", rank);
  if (code == MLK_OK) code = shm_check_group(c, "mlk_flush");
  if (code != MLK_OK) return code;
  if (rank != c->rank && shm_has_closed(c, rank)) return shm_closed(c, "mlk_flush", rank);
  /* puts are complete when they return; what is left is their order against this thread's next store */
  atomic_thread_fence(memory_order_seq_cst);
  return MLK_OK;
}

int32_t mlk_put(mlk_ctx *ctx, uint64_t src, uint64_t src_offset, uint64_t dst, uint64_t dst_offset, uint64_t bytes) {
  int32_t rank;
  SHM_CALL(ctx, put(c, "mlk_put", src, src_offset, dst, dst_offset, bytes, &rank));
}

int32_t mlk_put_post(mlk_ctx *ctx, uint64_t src, uint64_t src_offset, uint64_t dst, uint64_t dst_offset,
                     uint64_t bytes, uint64_t *ticket) {
  SHM_CALL(ctx, put_post(c, src, src_offset, dst, dst_offset, bytes, ticket));
}

int32_t mlk_put_test(mlk_ctx *ctx, uint64_t ticket) { SHM_CALL(ctx, put_test(c, ticket)); }

int32_t mlk_get(mlk_ctx *ctx, uint64_t src, uint64_t src_offset, uint64_t dst, uint64_t dst_offset, uint64_t bytes) {
  SHM_CALL(ctx, get(c, src, src_offset, dst, dst_offset, bytes));
}

int32_t mlk_put_signal(mlk_ctx *ctx, uint64_t src, uint64_t src_offset, uint64_t dst, uint64_t dst_offset,
                       uint64_t bytes, uint32_t signal, int64_t value) {
  SHM_CALL(ctx, put_signal(c, src, src_offset, dst, dst_offset, bytes, signal, value));
}

int32_t mlk_put_value(mlk_ctx *ctx, int32_t rank, uint32_t signal, int64_t value) {
  SHM_CALL(ctx, put_value(c, "mlk_put_value", rank, signal, value));
}

int32_t mlk_atomic_add(mlk_ctx *ctx, int32_t rank, uint32_t signal, int64_t delta) {
  SHM_CALL(ctx, add_value(c, rank, signal, delta));
}

int32_t mlk_put_word(mlk_ctx *ctx, uint64_t region, uint64_t offset, int64_t value) {
  SHM_CALL(ctx, put_word(c, region, offset, value));
}

int32_t mlk_add_word(mlk_ctx *ctx, uint64_t region, uint64_t offset, int64_t delta) {
  SHM_CALL(ctx, add_word(c, region, offset, delta));
}

int32_t mlk_flush(mlk_ctx *ctx, int32_t rank) { SHM_CALL(ctx, flush(c, rank)); }
