/*
 * Messages. Each pair of ranks has a ring in the receiver's control segment. A short message travels in its entry; a
 * long one as the key and range of a shared region, from which the receiver copies. Memory that cannot be shared is
 * first copied to a region of its own.
 */
#include <string.h>

#include "shm.h"
#include "spc_kernels.h"

/* Of an entry. Sender: EMPTY -> POSTED -> WITHDRAWN. Receiver: POSTED -> TAKING -> TAKEN or REFUSED. */
enum { ENTRY_EMPTY = 0, ENTRY_POSTED, ENTRY_WITHDRAWN, ENTRY_TAKING, ENTRY_TAKEN, ENTRY_REFUSED };

static shm_message *entry_of(shm_ring *ring, uint64_t sequence) { return &ring->entries[sequence % RING_ENTRIES]; }

/* The region handle of a copy of the bytes that can be shared. */
static int32_t stage(shm_ctx *c, const uint8_t *bytes, uint64_t length, uint64_t *handle) {
  const mlk_region_request request = {.size = sizeof request,
                                      .magic = MLK_MAGIC_REQUEST,
                                      .kind = MLK_MEM_SHARED,
                                      .bytes = length,
                                      .purpose = "message"};
  shm_region *region;
  uint8_t *to;
  int32_t code = shm_region_alloc(c, "mlk_send", &request, handle);
  if (code == MLK_OK) code = shm_region_range(c, "mlk_send", "stage", *handle, 0, length, &region, &to);
  if (code == MLK_OK) spc_selected()->copy(to, bytes, length, length >= spc_streaming_bytes());
  return code;
}

static void unstage(shm_ctx *c, shm_peer *peer, uint64_t sequence) {
  uint64_t *staged = &peer->staged[sequence % RING_ENTRIES];
  if (*staged != 0) (void)shm_region_release(c, "mlk_send", *staged);
  *staged = 0;
}

static int32_t post(shm_ctx *c, int32_t to, uint64_t src, uint64_t offset, uint64_t bytes, uint64_t tag,
                    uint64_t *sequence) {
  const char *call = "mlk_send";
  if (sequence == NULL) return mlk_fail(MLK_E_INVALID, "%s: sequence is null", call);
  int32_t code = shm_check_rank(c, call, to);
  if (code == MLK_OK) code = shm_check_group(c, call);
  shm_region *region;
  uint8_t *from;
  if (code == MLK_OK) code = shm_region_range(c, call, "src", src, offset, bytes, &region, &from);
  if (code != MLK_OK) return code;
  shm_peer *peer = &c->peers[to];
  if (shm_has_closed(c, to)) return shm_closed(c, call, to);
  shm_ring *ring = shm_ring_of(peer->control, c->rank);
  const uint64_t next = atomic_load_explicit(&ring->posted, memory_order_relaxed);
  if (next - atomic_load_explicit(&ring->taken, memory_order_acquire) >= RING_ENTRIES) {
    shm_check_liveness(c, 0);
    return MLK_AGAIN;
  }
  unstage(c, peer, next); /* of a message long taken whose sender did not ask */
  shm_message *entry = entry_of(ring, next);
  entry->tag = tag;
  entry->bytes = bytes;
  entry->is_inline = bytes <= INLINE_BYTES;
  if (entry->is_inline) {
    memcpy(entry->body.bytes, from, bytes);
  } else {
    if (region->trailer == NULL) {
      code = stage(c, from, bytes, &peer->staged[next % RING_ENTRIES]);
      if (code != MLK_OK) {
        unstage(c, peer, next);
        return code;
      }
      shm_region *staged;
      (void)shm_region_find(c, call, peer->staged[next % RING_ENTRIES], &staged);
      region = staged;
      offset = 0;
    }
    entry->offset = offset;
    entry->body.key = (mlk_key){.size = sizeof(mlk_key), .magic = MLK_MAGIC_KEY};
    memcpy(entry->body.key.bytes, &region->key, sizeof region->key);
  }
  atomic_store_explicit(&entry->state, ENTRY_POSTED, memory_order_release);
  atomic_store_explicit(&ring->posted, next + 1, memory_order_release);
  *sequence = next;
  mlk_bell_ring(&peer->control->bell);
  return MLK_OK;
}

/* The entry of a message that was posted and is not forgotten yet. */
static int32_t find_entry(shm_ctx *c, const char *call, int32_t to, uint64_t sequence, shm_ring **ring,
                          shm_message **entry) {
  const int32_t code = shm_check_rank(c, call, to);
  if (code != MLK_OK) return code;
  *ring = shm_ring_of(c->peers[to].control, c->rank);
  const uint64_t posted = atomic_load_explicit(&(*ring)->posted, memory_order_relaxed);
  if (sequence >= posted)
    return mlk_fail(MLK_E_INVALID, "%s: sequence=%llu to rank=%d was not sent, expected below %llu", call,
                    ULL(sequence), to, ULL(posted));
  *entry = posted - sequence > RING_ENTRIES ? NULL : entry_of(*ring, sequence);
  return MLK_OK;
}

static int32_t send_test(shm_ctx *c, int32_t to, uint64_t sequence) {
  const char *call = "mlk_send_test";
  shm_ring *ring;
  shm_message *entry;
  int32_t code = find_entry(c, call, to, sequence, &ring, &entry);
  if (code != MLK_OK) return code;
  if (entry == NULL) return MLK_OK; /* its entry was used again, so it was taken */
  const uint32_t state = atomic_load_explicit(&entry->state, memory_order_acquire);
  if (state == ENTRY_TAKEN || state == ENTRY_REFUSED || state == ENTRY_WITHDRAWN)
    unstage(c, &c->peers[to], sequence);
  if (state == ENTRY_TAKEN) return MLK_OK;
  if (state == ENTRY_REFUSED)
    return mlk_fail(MLK_E_LENGTH, "%s: message of %llu bytes, but rank=%d expects %llu", call, ULL(entry->bytes), to,
                    ULL(entry->expected));
  if (state == ENTRY_WITHDRAWN)
    return mlk_fail(MLK_E_STATE, "%s: sequence=%llu to rank=%d was withdrawn", call, ULL(sequence), to);
  shm_check_liveness(c, 0);
  code = shm_check_group(c, call);
  if (code != MLK_OK) return code;
  if (shm_has_closed(c, to)) return shm_closed(c, call, to);
  return MLK_AGAIN;
}

static int32_t send_cancel(shm_ctx *c, int32_t to, uint64_t sequence) {
  const char *call = "mlk_send_cancel";
  shm_ring *ring;
  shm_message *entry;
  const int32_t code = find_entry(c, call, to, sequence, &ring, &entry);
  /* a dead rank takes nothing any more, so there is nothing to withdraw from it */
  if (code != MLK_OK) return code;
  uint32_t posted = ENTRY_POSTED;
  if (entry != NULL && (atomic_compare_exchange_strong(&entry->state, &posted, ENTRY_WITHDRAWN) ||
                        posted == ENTRY_WITHDRAWN || posted == ENTRY_REFUSED)) {
    unstage(c, &c->peers[to], sequence);
    return MLK_OK;
  }
  if (entry != NULL && posted == ENTRY_TAKING) return MLK_AGAIN;
  return mlk_fail(MLK_E_STATE, "%s: sequence=%llu was taken by rank=%d", call, ULL(sequence), to);
}

/* Where the bytes of a long message are, in a region that is attached for it and kept for the next one. */
static int32_t locate(shm_ctx *c, const char *call, int32_t from, const shm_message *entry, uint8_t **bytes) {
  shm_peer *peer = &c->peers[from];
  shm_key key;
  memcpy(&key, entry->body.key.bytes, sizeof key);
  shm_region *region;
  int32_t code = MLK_E_HANDLE;
  if (peer->cached != 0) code = shm_region_find(c, call, peer->cached, &region);
  if (code != MLK_OK || memcmp(region->key.token, key.token, TOKEN_BYTES) != 0) {
    if (peer->cached != 0) (void)shm_region_release(c, call, peer->cached);
    peer->cached = 0;
    /* the region may be of a third rank, which the sender had attached */
    code = shm_region_attach(c, call, key.rank, &entry->body.key, &peer->cached);
    if (code != MLK_OK) return code;
  }
  return shm_region_range(c, call, "message", peer->cached, entry->offset, entry->bytes, &region, bytes);
}

static int32_t receive(shm_ctx *c, int32_t from, uint64_t dst, uint64_t offset, uint64_t bytes,
                       mlk_received *received) {
  const char *call = "mlk_recv";
  if (received != NULL) MLK_CHECK_STRUCT(call, received, MLK_MAGIC_RECEIVED);
  int32_t code = shm_check_rank(c, call, from);
  if (code == MLK_OK) code = shm_check_group(c, call);
  shm_region *region;
  uint8_t *to;
  if (code == MLK_OK) code = shm_region_range(c, call, "dst", dst, offset, bytes, &region, &to);
  if (code != MLK_OK) return code;
  shm_ring *ring = shm_ring_of(c->control, from);
  for (;;) {
    const uint64_t next = atomic_load_explicit(&ring->taken, memory_order_relaxed);
    if (next == atomic_load_explicit(&ring->posted, memory_order_acquire)) {
      shm_check_liveness(c, 0);
      code = shm_check_group(c, call);
      if (code != MLK_OK) return code;
      if (shm_has_closed(c, from) && next == atomic_load_explicit(&ring->posted, memory_order_acquire))
        return shm_closed(c, call, from);
      return MLK_AGAIN;
    }
    shm_message *entry = entry_of(ring, next);
    uint32_t state = ENTRY_POSTED;
    if (!atomic_compare_exchange_strong(&entry->state, &state, ENTRY_TAKING)) {
      atomic_store_explicit(&ring->taken, next + 1, memory_order_release); /* withdrawn */
      continue;
    }
    const uint64_t tag = entry->tag, found = entry->bytes;
    if (found != bytes) {
      code = mlk_fail(MLK_E_LENGTH, "%s: message of %llu bytes from rank=%d, expected %llu", call, ULL(found), from,
                      ULL(bytes));
    } else if (entry->is_inline && found <= INLINE_BYTES) {
      memcpy(to, entry->body.bytes, bytes);
    } else {
      uint8_t *source;
      code = locate(c, call, from, entry, &source);
      if (code == MLK_OK) spc_selected()->copy(to, source, bytes, bytes >= spc_streaming_bytes());
    }
    entry->expected = bytes;
    atomic_store_explicit(&entry->state, code == MLK_OK ? ENTRY_TAKEN : ENTRY_REFUSED, memory_order_release);
    atomic_store_explicit(&ring->taken, next + 1, memory_order_release);
    mlk_bell_ring(&c->peers[from].control->bell);
    if (code == MLK_OK && received != NULL) {
      received->from = from;
      received->tag = tag;
      received->bytes = bytes;
    }
    return code;
  }
}

int32_t mlk_send(mlk_ctx *ctx, int32_t to, uint64_t src, uint64_t offset, uint64_t bytes, uint64_t tag,
                 uint64_t *sequence) {
  SHM_CALL(ctx, post(c, to, src, offset, bytes, tag, sequence));
}

int32_t mlk_send_test(mlk_ctx *ctx, int32_t to, uint64_t sequence) { SHM_CALL(ctx, send_test(c, to, sequence)); }

int32_t mlk_send_cancel(mlk_ctx *ctx, int32_t to, uint64_t sequence) { SHM_CALL(ctx, send_cancel(c, to, sequence)); }

int32_t mlk_recv(mlk_ctx *ctx, int32_t from, uint64_t dst, uint64_t offset, uint64_t bytes, mlk_received *received) {
  SHM_CALL(ctx, receive(c, from, dst, offset, bytes, received));
}
