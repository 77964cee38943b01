/*
 * Attaching and releasing, between a region's owner and its holders.
 *
 * The owner is asked: a key of memory that was released is refused by the one who knows. And before an owner lets
 * memory go, every holder has said that nothing more will go there: where UCX emulates remote writes, a late one would
 * otherwise be stored by the owner's own process wherever it points.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ucx.h"

#define DYING_NS INT64_C(500000000)

/* ---- the one who attaches ---- */

static int32_t attach_own(ucx_ctx *c, const char *call, const ucx_key *k, uint64_t *handle) {
  const ucx_region *own = (const ucx_region *)mlk_table_find(&c->regions, k->handle);
  if (own == NULL || own->use != REGION_OWN || memcmp(own->token, k->token, TOKEN_BYTES) != 0 || own->bytes != k->bytes)
    return mlk_fail(MLK_E_STALE_KEY, "%s: a region of rank=%d: what the key is for was released by its owner", call,
                    c->rank);
  ucx_region region = {.use = REGION_ATTACHED,
                       .kind = MLK_MEM_SHARED,
                       .owner = c->rank,
                       .bytes = own->bytes,
                       .base = own->base,
                       .owner_handle = k->handle};
  memcpy(region.purpose, own->purpose, sizeof region.purpose);
  return ucx_region_add(c, call, &region, handle);
}

static int answered(ucx_ctx *c, void *unused) {
  (void)unused;
  return !c->attach.pending;
}

static int never(ucx_ctx *c, void *unused) {
  (void)c;
  (void)unused;
  return 0;
}

static int32_t attach_theirs(ucx_ctx *c, const char *call, ucx_peer *peer, const ucx_key *k, uint64_t *handle) {
  const uint64_t request = c->attach.request + 1;
  c->attach = (ucx_attach){
      .request = request, .owner_handle = k->handle, .bytes = k->bytes, .rank = peer->rank, .pending = 1};
  const ucx_note ask = {.kind = NOTE_ATTACH, .a = k->handle, .b = k->bytes, .c = (int64_t)request};
  int32_t code = ucx_post(c, peer, &ask, k->token, TOKEN_BYTES);
  if (code == MLK_OK) code = ucx_await(c, call, peer, 1, answered, NULL, c->timeout_ns);
  c->attach.pending = 0;
  if (code != MLK_OK) return code;
  if (c->attach.unreached) {
    /* a process that is killed loses its memory a while before its pidfd says so */
    code = ucx_await(c, call, peer, 1, never, NULL, DYING_NS);
    if (code != MLK_E_TIMEOUT) return code;
  }
  if (c->attach.code != MLK_OK) return mlk_fail(c->attach.code, "%s: %s", call, c->attach.text);
  *handle = c->attach.handle;
  return MLK_OK;
}

static int32_t attach(ucx_ctx *c, const char *call, int32_t rank, const mlk_key *key, uint64_t *handle) {
  MLK_CHECK_STRUCT(call, key, MLK_MAGIC_KEY);
  if (handle == NULL) return mlk_fail(MLK_E_INVALID, "%s: region is null", call);
  int32_t code = ucx_check_rank(c, call, rank);
  if (code != MLK_OK) return code;
  ucx_key k;
  memcpy(&k, key->bytes, sizeof k);
  uint64_t rest;
  memcpy(&rest, key->bytes + sizeof k, sizeof rest);
  if (k.rank != rank || k.group != c->group || k.bytes > (uint64_t)MLK_REGION_BYTES_MAX || k.zero != 0 || rest != 0)
    return mlk_fail(MLK_E_KEY, "%s: not a key of rank=%d (found rank=%d) in group '%s'", call, rank, k.rank,
                    c->group_name);
  ucx_peer *peer = &c->peers[rank];
  (void)pthread_mutex_lock(&c->attach_lock);
  (void)pthread_mutex_lock(&c->lock);
  if (rank == c->rank) code = attach_own(c, call, &k, handle);
  else if (ucx_is_gone(peer)) code = ucx_gone(c, call, peer);
  else code = attach_theirs(c, call, peer, &k, handle);
  (void)pthread_mutex_unlock(&c->lock);
  (void)pthread_mutex_unlock(&c->attach_lock);
  return code;
}

static int32_t refuse(ucx_ctx *c, int32_t code, const char *why) {
  (void)snprintf(c->attach.text, sizeof c->attach.text, "a region of rank=%d: %.*s", c->attach.rank,
                 (int)MLK_TEXT_BYTES - 40, why);
  return code;
}

/* By loads where that works, by UCX elsewhere. */
static int32_t reach(ucx_ctx *c, ucx_peer *peer, const ucx_offer *offer, const void *key, ucx_region *region) {
  if (atomic_load(&peer->loads)) {
    const int32_t code = ucx_offer_map("mlk_region_attach", offer, &region->mapping);
    /* the owner has just said that it is there */
    if (code != MLK_OK) c->attach.unreached = 1;
    region->base = code == MLK_OK ? region->mapping.base : NULL;
    return code;
  }
  const ucs_status_t status = ucx.ucp_ep_rkey_unpack(peer->ep, key, &region->key);
  return status == UCS_OK ? MLK_OK : ucx_status("mlk_region_attach", "a key of memory", peer->rank, status);
}

static void unreach(ucx_region *region) {
  if (region->key != NULL) ucx.ucp_rkey_destroy(region->key);
  if (region->base != NULL) mlk_shared_free(&region->mapping);
  region->key = NULL;
  region->base = NULL;
}

/* Makes a region of what the owner said; here and now, so that its release cannot come before. */
static int32_t take(ucx_ctx *c, ucx_peer *peer, const ucx_note *note, const uint8_t *payload, uint64_t bytes) {
  ucx_offer offer;
  if ((int32_t)(int64_t)note->a != MLK_OK)
    return refuse(c, MLK_E_STALE_KEY, "what the key is for was released by its owner");
  if (bytes < sizeof offer) return refuse(c, MLK_E_SYSTEM, "an answer that is too short");
  memcpy(&offer, payload, sizeof offer);
  if (offer.key_bytes != bytes - sizeof offer) return refuse(c, MLK_E_SYSTEM, "an answer of a wrong size");
  ucx_region region = {.use = REGION_ATTACHED,
                       .kind = MLK_MEM_SHARED,
                       .owner = peer->rank,
                       .bytes = c->attach.bytes,
                       .owner_handle = c->attach.owner_handle,
                       .address = offer.address,
                       .mapping.fd = -1};
  memcpy(region.purpose, offer.purpose, sizeof region.purpose - 1);
  int32_t code = reach(c, peer, &offer, payload + sizeof offer, &region);
  if (code == MLK_OK) code = ucx_region_add(c, "mlk_region_attach", &region, &c->attach.handle);
  if (code == MLK_OK) return code;
  unreach(&region);
  return refuse(c, code, mlk_error_text());
}

static void detach(ucx_ctx *c, ucx_peer *peer, uint64_t owner_handle) {
  const ucx_note note = {.kind = NOTE_DETACH, .a = owner_handle};
  (void)ucx_post(c, peer, &note, NULL, 0); /* no memory: the owner asks again when it releases */
}

void ucx_attach_answered(ucx_ctx *c, ucx_peer *peer, const ucx_note *note, const void *payload, uint64_t bytes) {
  ucx_attach *mine = &c->attach;
  if (!mine->pending || mine->request != (uint64_t)note->c || mine->rank != peer->rank) {
    /* asked for by a call that has given up */
    if ((int32_t)(int64_t)note->a == MLK_OK) detach(c, peer, note->b);
    return;
  }
  mine->code = take(c, peer, note, payload, bytes);
  if (mine->code != MLK_OK && (int32_t)(int64_t)note->a == MLK_OK) detach(c, peer, mine->owner_handle);
  mine->pending = 0;
  mlk_bell_ring(&c->inner);
}

int32_t ucx_let_go(ucx_ctx *c, ucx_region *region) {
  if (region->owner != c->rank) {
    detach(c, &c->peers[region->owner], region->owner_handle);
    unreach(region);
  }
  return MLK_OK;
}

void ucx_owner_released(ucx_ctx *c, ucx_peer *peer, uint64_t handle) {
  for (uint32_t i = 0; i < c->regions.top; i++) {
    mlk_entry *entry = mlk_table_at(&c->regions, i);
    ucx_region *region = (ucx_region *)entry;
    if (entry->taken && region->use == REGION_ATTACHED && region->owner == peer->rank && region->owner_handle == handle)
      atomic_store_explicit(&region->stale, 1, memory_order_release);
  }
  /* queued behind all puts that are on their way */
  const ucx_note note = {.kind = NOTE_RELEASED_BACK, .a = handle};
  (void)ucx_post(c, peer, &note, NULL, 0);
}

/* ---- the owner ---- */

void ucx_asked_to_attach(ucx_ctx *c, ucx_peer *peer, const ucx_note *note, const void *payload, uint64_t bytes) {
  ucx_region *region = (ucx_region *)mlk_table_find(&c->regions, note->a);
  ucx_note answer = {.kind = NOTE_ATTACHED, .b = note->a, .c = note->c};
  const int known = region != NULL && region->use == REGION_OWN && region->kind == MLK_MEM_SHARED &&
                    !atomic_load(&region->stale) && region->bytes == note->b && bytes == TOKEN_BYTES &&
                    memcmp(region->token, payload, TOKEN_BYTES) == 0;
  if (known && region->holders == NULL) region->holders = calloc((size_t)c->rank_count, sizeof *region->holders);
  uint8_t reply[UCX_PAYLOAD_MAX];
  uint64_t reply_bytes = 0;
  if (!known || region->holders == NULL) {
    answer.a = (uint64_t)(int64_t)MLK_E_STALE_KEY;
  } else {
    reply_bytes = ucx_offer_write(region, reply);
    region->holders[peer->rank]++;
  }
  (void)ucx_post(c, peer, &answer, reply, reply_bytes); /* no memory: who asked has a deadline */
}

static void let_go_all(ucx_ctx *c, ucx_region *region, int32_t rank) {
  if (region->holders == NULL || region->holders[rank] == 0) return;
  region->holders[rank] = 0;
  if (region->unreleased > 0 && --region->unreleased == 0) mlk_bell_ring(&c->inner);
}

void ucx_detached(ucx_ctx *c, ucx_peer *peer, uint64_t handle) {
  ucx_region *region = (ucx_region *)mlk_table_find(&c->regions, handle);
  if (region == NULL || region->holders == NULL || region->holders[peer->rank] == 0) return;
  /* while it is being released, RELEASED_BACK is what counts: it comes behind the last put */
  if (region->unreleased == 0) region->holders[peer->rank]--;
}

void ucx_released_back(ucx_ctx *c, ucx_peer *peer, uint64_t handle) {
  ucx_region *region = (ucx_region *)mlk_table_find(&c->regions, handle);
  if (region != NULL) let_go_all(c, region, peer->rank);
}

void ucx_forget_holder(ucx_ctx *c, ucx_peer *peer) {
  for (uint32_t i = 0; i < c->regions.top; i++) {
    mlk_entry *entry = mlk_table_at(&c->regions, i);
    if (entry->taken && ((ucx_region *)entry)->use == REGION_OWN) let_go_all(c, (ucx_region *)entry, peer->rank);
  }
}

static int all_let_go(ucx_ctx *c, void *region) {
  (void)c;
  return ((const ucx_region *)region)->unreleased == 0;
}

int32_t ucx_take_back(ucx_ctx *c, const char *call, ucx_region *region) {
  /* also the mark of a second release that comes while this one waits */
  if (atomic_exchange(&region->stale, 1) != 0)
    return mlk_fail(MLK_E_HANDLE, "%s: region=%#llx is being released", call, ULL(region->handle));
  const ucx_note note = {.kind = NOTE_RELEASED, .a = region->handle};
  for (int32_t r = 0; region->holders != NULL && r < c->rank_count; r++)
    if (region->holders[r] > 0) region->unreleased++;
  for (int32_t r = 0; region->holders != NULL && r < c->rank_count; r++)
    if (region->holders[r] > 0) (void)ucx_post(c, &c->peers[r], &note, NULL, 0);
  const int32_t code =
      region->unreleased == 0 ? MLK_OK : ucx_await(c, call, NULL, 0, all_let_go, region, c->timeout_ns);
  /* not freed under a rank that may yet write: its memory stays until the context closes */
  if (code != MLK_OK)
    return mlk_fail(code, "%s: %u ranks have not let go of region '%s' within %lld ms", call, region->unreleased,
                    region->purpose, (long long)(c->timeout_ns / 1000000));
  /* of ranks that died while they put */
  const int32_t ended = region->transfers == 0 ? MLK_OK : ucx_end_transfers(c, call, region);
  if (ended != MLK_OK) return ended;
  ucx_memory_free(c, region);
  free(region->holders);
  region->holders = NULL;
  return MLK_OK;
}

int32_t mlk_region_attach(mlk_ctx *ctx, int32_t rank, const mlk_key *key, uint64_t *region) {
  UCX_CALL(ctx, attach(c, "mlk_region_attach", rank, key, region));
}
