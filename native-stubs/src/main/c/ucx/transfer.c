/*
 * Puts, gets, words and signals. Memory that can be loaded is copied by this thread; other memory goes through UCX
 * (put.c), and a put returns when the source may be changed: that UCX has it, not that it is there.
 */
#include "spc_kernels.h"
#include "ucx.h"

static void copy(uint8_t *to, const uint8_t *from, uint64_t bytes) {
  if (bytes > 0) spc_selected()->copy(to, from, bytes, bytes >= spc_streaming_bytes());
}

static int32_t put(ucx_ctx *c, const char *call, uint64_t src, uint64_t src_offset, uint64_t dst, uint64_t dst_offset,
                   uint64_t bytes, int32_t *rank, uint64_t *ticket) {
  ucx_region *from, *to;
  uint8_t *source, *target;
  int32_t code = ucx_region_find(c, call, dst, &to);
  if (code != MLK_OK) return code;
  *rank = to->owner;
  if (*rank != c->rank) code = ucx_check_rank(c, call, *rank);
  if (code == MLK_OK) code = ucx_region_local(c, call, "src", src, src_offset, bytes, &from, &source);
  if (code == MLK_OK) code = ucx_region_range(c, call, "dst", dst, dst_offset, bytes, &to, &target);
  if (code != MLK_OK) return code;
  if (target == NULL) return ucx_put(c, call, source, src, dst, dst_offset, bytes, ticket);
  copy(target, source, bytes);
  return MLK_OK;
}

static int32_t put_post(ucx_ctx *c, uint64_t src, uint64_t src_offset, uint64_t dst, uint64_t dst_offset,
                        uint64_t bytes, uint64_t *ticket) {
  const char *call = "mlk_put_post";
  if (ticket == NULL) return mlk_fail(MLK_E_INVALID, "%s: ticket is null", call);
  *ticket = 0; /* of copies, and of what UCX has taken at once */
  int32_t rank;
  return put(c, call, src, src_offset, dst, dst_offset, bytes, &rank, ticket);
}

static int32_t get(ucx_ctx *c, uint64_t src, uint64_t src_offset, uint64_t dst, uint64_t dst_offset, uint64_t bytes) {
  const char *call = "mlk_get";
  ucx_region *from, *to;
  uint8_t *source, *target;
  int32_t code = ucx_region_find(c, call, src, &from);
  if (code == MLK_OK && from->owner != c->rank) code = ucx_check_rank(c, call, from->owner);
  if (code == MLK_OK) code = ucx_region_range(c, call, "src", src, src_offset, bytes, &from, &source);
  if (code == MLK_OK) code = ucx_region_local(c, call, "dst", dst, dst_offset, bytes, &to, &target);
  if (code != MLK_OK) return code;
  if (source == NULL) return ucx_get(c, call, target, src, src_offset, bytes);
  copy(target, source, bytes);
  return MLK_OK;
}

static int32_t check_slot(ucx_ctx *c, const char *call, int32_t rank, uint32_t signal) {
  if (rank != c->rank) {
    const int32_t code = ucx_check_rank(c, call, rank);
    if (code != MLK_OK) return code;
  }
  const ucx_control *control = c->peers[rank].control; /* ranks have as many as another */
  const uint64_t count = control == NULL ? c->signal_count : control->signal_count;
  if (signal < count) return MLK_OK;
  return mlk_fail(MLK_E_RANGE, "%s: signal=%u of rank=%d is outside 0..%llu", call, signal, rank, ULL(count - 1));
}

static int32_t note_to(ucx_ctx *c, const char *call, int32_t rank, const ucx_note *note) {
  (void)pthread_mutex_lock(&c->lock);
  int32_t code = ucx_room(c, call);
  if (code == MLK_OK) code = ucx_post(c, &c->peers[rank], note, NULL, 0);
  (void)pthread_mutex_unlock(&c->lock);
  return code;
}

static int32_t signal(ucx_ctx *c, const char *call, uint32_t kind, int32_t rank, uint32_t signal, int64_t value) {
  const int32_t code = check_slot(c, call, rank, signal);
  if (code != MLK_OK) return code;
  ucx_control *control = rank == c->rank ? c->control : c->peers[rank].control;
  if (control == NULL) {
    const ucx_note note = {.kind = kind, .a = signal, .c = value};
    return note_to(c, call, rank, &note);
  }
  /* what this rank stored to that one is behind the same release; an add is both, for who adds after it */
  _Atomic int64_t *slot = ucx_slots(control) + signal;
  if (kind == NOTE_SIGNAL) atomic_store_explicit(slot, value, memory_order_release);
  else atomic_fetch_add_explicit(slot, value, memory_order_acq_rel);
  mlk_bell_ring(&control->bell);
  return MLK_OK;
}

static int32_t put_signal(ucx_ctx *c, uint64_t src, uint64_t src_offset, uint64_t dst, uint64_t dst_offset,
                          uint64_t bytes, uint32_t slot, int64_t value) {
  const char *call = "mlk_put_signal";
  ucx_region *to;
  int32_t rank;
  int32_t code = ucx_region_find(c, call, dst, &to);
  /* the signal first, so that a bad one leaves the bytes alone */
  if (code == MLK_OK) code = check_slot(c, call, to->owner, slot);
  if (code == MLK_OK) code = put(c, call, src, src_offset, dst, dst_offset, bytes, &rank, NULL);
  return code == MLK_OK ? signal(c, call, NOTE_SIGNAL, rank, slot, value) : code;
}

static void change_word(uint32_t kind, uint8_t *address, int64_t value) {
  _Atomic int64_t *word = (_Atomic int64_t *)(void *)address;
  if (kind == NOTE_WORD) atomic_store_explicit(word, value, memory_order_release);
  else atomic_fetch_add_explicit(word, value, memory_order_acq_rel);
}

/* The owner of a word changes it, for all ranks that cannot load it: adds of all sides are then atomic. */
static int32_t word(ucx_ctx *c, const char *call, uint32_t kind, uint64_t handle, uint64_t offset, int64_t value) {
  ucx_region *region;
  uint8_t *address;
  const int32_t code = ucx_region_range(c, call, "word", handle, offset, sizeof value, &region, &address);
  if (code != MLK_OK) return code;
  /* regions start at pages, but for memory of the caller's */
  if ((address == NULL ? offset : (uintptr_t)address) % sizeof value != 0)
    return mlk_fail(MLK_E_ALIGN, "%s: word at offset=%llu, expected a multiple of %zu", call, ULL(offset),
                    sizeof value);
  if (address == NULL) {
    const ucx_note note = {.kind = kind, .a = region->owner_handle, .b = offset, .c = value};
    return note_to(c, call, region->owner, &note);
  }
  change_word(kind, address, value);
  return MLK_OK;
}

void ucx_word_arrived(ucx_ctx *c, const ucx_note *note) {
  const ucx_region *region = (const ucx_region *)mlk_table_find(&c->regions, note->a);
  if (region == NULL || region->use != REGION_OWN || region->kind != MLK_MEM_SHARED || note->b % 8 != 0 ||
      region->bytes < 8 || note->b > region->bytes - 8 || region->base == NULL)
    return; /* released meanwhile */
  change_word(note->kind, region->base + note->b, note->c);
}

static int32_t flush(ucx_ctx *c, int32_t rank) {
  const char *call = "mlk_flush";
  int32_t code = ucx_check_rank(c, call, rank);
  if (code == MLK_OK) code = ucx_check_group(c, call);
  if (code != MLK_OK) return code;
  ucx_peer *peer = &c->peers[rank];
  if (rank != c->rank && atomic_load(&peer->closed)) return ucx_closed(c, call, rank);
  (void)pthread_mutex_lock(&c->lock);
  if (peer->confirmed < peer->issued) {
    ucx_flush(c, peer);
    if (peer->confirmed < peer->issued) code = MLK_AGAIN;
  }
  (void)pthread_mutex_unlock(&c->lock);
  /* copies are complete when they return; what is left is their order against this thread's next store */
  atomic_thread_fence(memory_order_seq_cst);
  return code;
}

int32_t mlk_put(mlk_ctx *ctx, uint64_t src, uint64_t src_offset, uint64_t dst, uint64_t dst_offset, uint64_t bytes) {
  int32_t rank;
  UCX_CALL(ctx, put(c, "mlk_put", src, src_offset, dst, dst_offset, bytes, &rank, NULL));
}

int32_t mlk_put_post(mlk_ctx *ctx, uint64_t src, uint64_t src_offset, uint64_t dst, uint64_t dst_offset,
                     uint64_t bytes, uint64_t *ticket) {
  UCX_CALL(ctx, put_post(c, src, src_offset, dst, dst_offset, bytes, ticket));
}

int32_t mlk_get(mlk_ctx *ctx, uint64_t src, uint64_t src_offset, uint64_t dst, uint64_t dst_offset, uint64_t bytes) {
  UCX_CALL(ctx, get(c, src, src_offset, dst, dst_offset, bytes));
}

int32_t mlk_put_signal(mlk_ctx *ctx, uint64_t src, uint64_t src_offset, uint64_t dst, uint64_t dst_offset,
                       uint64_t bytes, uint32_t slot, int64_t value) {
  UCX_CALL(ctx, put_signal(c, src, src_offset, dst, dst_offset, bytes, slot, value));
}

int32_t mlk_put_value(mlk_ctx *ctx, int32_t rank, uint32_t slot, int64_t value) {
  UCX_CALL(ctx, signal(c, "mlk_put_value", NOTE_SIGNAL, rank, slot, value));
}

int32_t mlk_atomic_add(mlk_ctx *ctx, int32_t rank, uint32_t slot, int64_t delta) {
  UCX_CALL(ctx, signal(c, "mlk_atomic_add", NOTE_SIGNAL_ADD, rank, slot, delta));
}

int32_t mlk_put_word(mlk_ctx *ctx, uint64_t region, uint64_t offset, int64_t value) {
  UCX_CALL(ctx, word(c, "mlk_put_word", NOTE_WORD, region, offset, value));
}

int32_t mlk_add_word(mlk_ctx *ctx, uint64_t region, uint64_t offset, int64_t delta) {
  UCX_CALL(ctx, word(c, "mlk_add_word", NOTE_WORD_ADD, region, offset, delta));
}

int32_t mlk_flush(mlk_ctx *ctx, int32_t rank) { UCX_CALL(ctx, flush(c, rank)); }
