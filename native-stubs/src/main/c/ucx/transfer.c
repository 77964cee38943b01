/*
 * Puts, gets, words and signals. Memory that can be loaded is copied by this thread; other memory goes through UCX,
 * and the call returns when the source may be changed: that UCX has it, not that it is there.
 */
#include "spc_kernels.h"
#include "ucx.h"

#define GIVE_UP_NS INT64_C(1000000000)

static void on_done(void *request, ucs_status_t status, void *argument) {
  ucx_op *op = argument;
  ucx_ctx *c = op->peer->ctx;
  op->peer->under_way--;
  op->status = status;
  op->done = 1;
  ucx.ucp_request_free(request);
  if (op->abandoned) ucx_op_free(c, op);
  mlk_bell_ring(&c->inner);
}

static int is_done(ucx_ctx *c, void *op) {
  (void)c;
  return ((const ucx_op *)op)->done != 0;
}

/* Locked. */
static int32_t finish(ucx_ctx *c, const char *call, ucx_peer *peer, ucx_op *op) {
  int32_t code = ucx_await(c, call, peer, 0, is_done, op, c->timeout_ns);
  if (code != MLK_OK && !op->done) {
    /* UCX reads or writes the caller's memory as long as there is an endpoint */
    ucx_end_endpoint(c, peer);
    if (ucx_await(c, call, NULL, 0, is_done, op, GIVE_UP_NS) != MLK_OK) {
      op->abandoned = 1;
      return code;
    }
  }
  if (code == MLK_OK && op->status != UCS_OK) code = ucx_status(call, "a transfer", peer->rank, op->status);
  ucx_op_free(c, op);
  return code;
}

/* Locked. */
static int32_t remote(ucx_ctx *c, const char *call, uint8_t *local, const ucx_region *region, uint64_t offset,
                      uint64_t bytes, int is_get) {
  ucx_peer *peer = &c->peers[region->owner];
  if (ucx_is_gone(peer) || peer->ep == NULL) return ucx_gone(c, call, peer);
  ucx_op *op = ucx_op_new(c, peer);
  if (op == NULL) return mlk_fail(MLK_E_NO_MEMORY, "%s: no memory for a transfer", call);
  const ucp_request_param_t param = {.op_attr_mask = UCP_OP_ATTR_FIELD_CALLBACK | UCP_OP_ATTR_FIELD_USER_DATA,
                                     .cb = {.send = on_done},
                                     .user_data = op};
  const uint64_t address = region->address + offset;
  peer->issued++;
  const ucs_status_ptr_t request = is_get
                                       ? ucx.ucp_get_nbx(peer->ep, local, bytes, address, region->key, &param)
                                       : ucx.ucp_put_nbx(peer->ep, local, bytes, address, region->key, &param);
  if (request == NULL) {
    ucx_op_free(c, op);
    return MLK_OK;
  }
  if (UCS_PTR_IS_ERR(request)) {
    ucx_op_free(c, op);
    return ucx_status(call, is_get ? "ucp_get" : "ucp_put", peer->rank, UCS_PTR_STATUS(request));
  }
  peer->under_way++;
  ucx_kick(c);
  return finish(c, call, peer, op);
}

/* The lock is held from the last look at the region until UCX has the transfer: see attach.c. */
static int32_t remote_unlocked(ucx_ctx *c, const char *call, uint8_t *local, uint64_t handle, uint64_t offset,
                               uint64_t bytes, int is_get) {
  if (bytes == 0) return MLK_OK;
  (void)pthread_mutex_lock(&c->lock);
  ucx_region *region;
  int32_t code = ucx_region_find(c, call, handle, &region);
  if (code == MLK_OK) code = remote(c, call, local, region, offset, bytes, is_get);
  (void)pthread_mutex_unlock(&c->lock);
  return code;
}

static void copy(uint8_t *to, const uint8_t *from, uint64_t bytes) {
  if (bytes > 0) spc_selected()->copy(to, from, bytes, bytes >= spc_streaming_bytes());
}

static int32_t put(ucx_ctx *c, const char *call, uint64_t src, uint64_t src_offset, uint64_t dst, uint64_t dst_offset,
                   uint64_t bytes, int32_t *rank) {
  ucx_region *from, *to;
  uint8_t *source, *target;
  int32_t code = ucx_region_find(c, call, dst, &to);
  if (code != MLK_OK) return code;
  *rank = to->owner;
  if (*rank != c->rank) code = ucx_check_rank(c, call, *rank);
  if (code == MLK_OK) code = ucx_region_local(c, call, "src", src, src_offset, bytes, &from, &source);
  if (code == MLK_OK) code = ucx_region_range(c, call, "dst", dst, dst_offset, bytes, &to, &target);
  if (code != MLK_OK) return code;
  if (target == NULL) return remote_unlocked(c, call, source, dst, dst_offset, bytes, 0);
  copy(target, source, bytes);
  return MLK_OK;
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
  if (source == NULL) return remote_unlocked(c, call, target, src, src_offset, bytes, 1);
  copy(target, source, bytes);
  return MLK_OK;
}

static int32_t check_slot(ucx_ctx *c, const char *call, int32_t rank, uint32_t signal) {
  if (rank != c->rank) {
    const int32_t code = ucx_check_rank(c, call, rank);
    if (code != MLK_OK) return code;
  }
  if (signal < c->signal_count) return MLK_OK;
  return mlk_fail(MLK_E_RANGE, "%s: signal=%u of rank=%d is outside 0..%u", call, signal, rank, c->signal_count - 1);
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
  if (rank != c->rank) {
    const ucx_note note = {.kind = kind, .a = signal, .c = value};
    return note_to(c, call, rank, &note);
  }
  if (kind == NOTE_SIGNAL) atomic_store_explicit(c->slots + signal, value, memory_order_release);
  else atomic_fetch_add_explicit(c->slots + signal, value, memory_order_acq_rel);
  mlk_bell_ring(&c->bell);
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
  if (code == MLK_OK) code = put(c, call, src, src_offset, dst, dst_offset, bytes, &rank);
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
    peer->flush_asked = 1;
    ucx_pump(c, peer);
    if (peer->confirmed < peer->issued) code = MLK_AGAIN;
  }
  (void)pthread_mutex_unlock(&c->lock);
  /* copies are complete when they return; what is left is their order against this thread's next store */
  atomic_thread_fence(memory_order_seq_cst);
  return code;
}

int32_t mlk_put(mlk_ctx *ctx, uint64_t src, uint64_t src_offset, uint64_t dst, uint64_t dst_offset, uint64_t bytes) {
  int32_t rank;
  UCX_CALL(ctx, put(c, "mlk_put", src, src_offset, dst, dst_offset, bytes, &rank));
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
