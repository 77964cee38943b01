/*
 * Puts and gets through UCX. A put that was posted has a ticket: the number of it among those of this rank. UCX's
 * requests and the ops here are used again, so that a post allocates nothing once as many as that were under way.
 */
#include "ucx.h"

#define GIVE_UP_NS INT64_C(1000000000)
/* Longest wait for transfers that are to end after the group has failed. */
#define FAILED_NS INT64_C(100000000)

static void source_is_free(ucx_ctx *c, ucx_op *op) {
  op->source->transfers--;
  atomic_store(c->source_free + op->ticket % UCX_PUTS_MAX, 1);
  uint64_t freed = atomic_load(&c->freed);
  while (freed < c->posted && atomic_load(c->source_free + (freed + 1) % UCX_PUTS_MAX)) {
    freed++;
    /* counted before the mark goes, so that who looks sees one of them */
    atomic_store(&c->freed, freed);
    atomic_store(c->source_free + freed % UCX_PUTS_MAX, 0);
  }
  if (c->free_asked) mlk_bell_ring(&c->control->bell);
  c->free_asked = 0;
}

void ucx_put_ended(ucx_ctx *c, ucx_op *op, ucs_status_t status) {
  op->peer->under_way--;
  if (op->note.kind == NOTE_PUT) op->peer->carrying--;
  op->status = status;
  op->done = 1;
  /* that it failed is told by the error handler of the endpoint */
  if (op->ticket != 0) source_is_free(c, op);
  if (op->ticket != 0 || op->abandoned) ucx_op_free(c, op);
  mlk_bell_ring(&c->inner);
}

static void on_done(void *request, ucs_status_t status, void *argument) {
  ucx_op *op = argument;
  ucx.ucp_request_free(request);
  ucx_put_ended(op->peer->ctx, op, status);
}

static int is_done(ucx_ctx *c, void *op) {
  (void)c;
  return ((const ucx_op *)op)->done != 0;
}

/* Locked. Waits for a put or get. */
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

/* Locked. Has UCX begin; *op is null when that was all. */
static int32_t begin(ucx_ctx *c, const char *call, uint8_t *local, const ucx_region *region, uint64_t offset,
                     uint64_t bytes, int is_get, ucx_op **op) {
  ucx_peer *peer = &c->peers[region->owner];
  *op = NULL;
  if (ucx_is_gone(peer) || peer->ep == NULL) return ucx_gone(c, call, peer);
  ucx_op *begun = ucx_op_new(c, peer);
  if (begun == NULL) return mlk_fail(MLK_E_NO_MEMORY, "%s: no memory for a transfer", call);
  const ucp_request_param_t param = {.op_attr_mask = UCP_OP_ATTR_FIELD_CALLBACK | UCP_OP_ATTR_FIELD_USER_DATA,
                                     .cb = {.send = on_done},
                                     .user_data = begun};
  const uint64_t address = region->address + offset;
  ucs_status_ptr_t request;
  if (!(is_get && peer->carried)) peer->issued++;
  if (!is_get && ucx_carry_streams(peer, bytes)) {
    *op = ucx_carry_by_stream(c, peer, begun, local, region, offset, bytes) ? NULL : begun;
    return MLK_OK;
  }
  if (is_get) request = ucx.ucp_get_nbx(peer->ep, local, bytes, address, region->key, &param);
  else if (peer->carried) request = ucx_carry(peer, begun, local, region, offset, bytes, &param);
  else request = ucx.ucp_put_nbx(peer->ep, local, bytes, address, region->key, &param);
  if (UCS_PTR_IS_PTR(request)) {
    peer->under_way++;
    ucx_kick(c);
    *op = begun;
    return MLK_OK;
  }
  ucx_op_free(c, begun);
  if (request == NULL) return MLK_OK;
  return ucx_status(call, is_get ? "ucp_get" : "ucp_put", peer->rank, UCS_PTR_STATUS(request));
}

/* Locked. The lock is held from the last look at the region until UCX has the transfer: see attach.c. */
static int32_t put(ucx_ctx *c, const char *call, uint8_t *local, uint64_t src, uint64_t dst, uint64_t offset,
                   uint64_t bytes, uint64_t *ticket) {
  ucx_region *source, *region;
  ucx_op *op;
  int32_t code = ucx_region_find(c, call, dst, &region);
  if (code == MLK_OK) code = ucx_region_find(c, call, src, &source);
  if (code != MLK_OK) return code;
  if (ticket != NULL && c->posted - atomic_load(&c->freed) >= UCX_PUTS_MAX) {
    c->free_asked = 1;
    return MLK_AGAIN;
  }
  code = ucx_carry_room(c, call, &c->peers[region->owner], ticket == NULL);
  if (code == MLK_AGAIN) c->free_asked = 1;
  if (code != MLK_OK) return code;
  code = begin(c, call, local, region, offset, bytes, 0, &op);
  if (code != MLK_OK || op == NULL) return code;
  if (ticket == NULL) return finish(c, call, op->peer, op);
  *ticket = op->ticket = ++c->posted;
  op->source = source;
  source->transfers++;
  return MLK_OK;
}

int32_t ucx_put(ucx_ctx *c, const char *call, uint8_t *local, uint64_t src, uint64_t dst, uint64_t offset,
                uint64_t bytes, uint64_t *ticket) {
  if (bytes == 0) return MLK_OK;
  (void)pthread_mutex_lock(&c->lock);
  const int32_t code = put(c, call, local, src, dst, offset, bytes, ticket);
  (void)pthread_mutex_unlock(&c->lock);
  return code;
}

int32_t ucx_get(ucx_ctx *c, const char *call, uint8_t *local, uint64_t src, uint64_t offset, uint64_t bytes) {
  if (bytes == 0) return MLK_OK;
  (void)pthread_mutex_lock(&c->lock);
  ucx_region *region;
  ucx_op *op = NULL;
  int32_t code = ucx_region_find(c, call, src, &region);
  if (code == MLK_OK) code = begin(c, call, local, region, offset, bytes, 1, &op);
  if (code == MLK_OK && op != NULL) code = finish(c, call, op->peer, op);
  (void)pthread_mutex_unlock(&c->lock);
  return code;
}

static int is_free(ucx_ctx *c, uint64_t ticket) {
  return ticket <= atomic_load(&c->freed) || atomic_load(c->source_free + ticket % UCX_PUTS_MAX) != 0 ||
         ticket <= atomic_load(&c->freed);
}

static int32_t put_test(ucx_ctx *c, uint64_t ticket) {
  const char *call = "mlk_put_test";
  if (is_free(c, ticket)) return MLK_OK;
  (void)pthread_mutex_lock(&c->lock);
  const uint64_t posted = c->posted;
  (void)ucx_move(c);
  const int free = is_free(c, ticket);
  if (!free) c->free_asked = 1;
  (void)pthread_mutex_unlock(&c->lock);
  if (free) return MLK_OK;
  if (ticket > posted)
    return mlk_fail(MLK_E_INVALID, "%s: ticket=%llu was not given, expected at most %llu", call, ULL(ticket),
                    ULL(posted));
  const int32_t code = ucx_check_group(c, call);
  return code == MLK_OK ? MLK_AGAIN : code;
}

static int no_transfers(ucx_ctx *c, void *region) {
  (void)c;
  return ((const ucx_region *)region)->transfers == 0;
}

int32_t ucx_end_transfers(ucx_ctx *c, const char *call, ucx_region *region) {
  const int64_t patience = mlk_failure_is_set(&c->failure) ? FAILED_NS : c->timeout_ns;
  if (ucx_await(c, call, NULL, 0, no_transfers, region, patience) == MLK_OK) return MLK_OK;
  for (int32_t r = 0; r < c->rank_count; r++)
    if (r != c->rank && c->peers[r].under_way > 0) ucx_end_endpoint(c, &c->peers[r]);
  if (ucx_await(c, call, NULL, 0, no_transfers, region, GIVE_UP_NS) == MLK_OK) return MLK_OK;
  return mlk_fail(MLK_E_TIMEOUT, "%s: region '%s' has %u transfers that UCX does not end", call, region->purpose,
                  region->transfers);
}

int32_t mlk_put_test(mlk_ctx *ctx, uint64_t ticket) { UCX_CALL(ctx, put_test(c, ticket)); }
