/*
 * Puts that notes carry. UCX has no puts over TCP of its own: it cuts one into segments of UCX_TCP_TX_SEG_SIZE, copies
 * each on either side and has each answered, which takes several times as long as its rendezvous, where the bytes go
 * from the source to the socket and from the socket to where they belong. So where a peer is reached over TCP alone, a
 * put is a note with the bytes behind it, and the target's worker stores them.
 *
 * Each has a number. One with many bytes is there later than a small one that was put after it; the target counts up to
 * the first that is missing, in the counter into which other ranks put for themselves (post.c), so that a note that is
 * behind puts is held back in the same way. Who flushes asks the target, whose answer is behind all of them.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ucx.h"

/* From here on by rendezvous; below, a round trip takes longer than copying. */
#define RENDEZVOUS_BYTES 16384u
/* Puts since one at which none was under way: half of what the target keeps account of. */
#define AHEAD_MAX (UCX_WINDOW / 2)

/* ---- the sender ---- */

/* There is no other way to ask before UCX 1.15: it prints a line for each lane, such as "lane[0]: 1:tcp/eth0.0 ...". */
static int lanes_are_tcp(const char *text) {
  int lanes = 0;
  for (const char *at = strstr(text, "lane["); at != NULL; at = strstr(at + 1, "lane[")) {
    const char *tcp = strstr(at, ":tcp/"), *end = strchr(at, '\n');
    if (tcp == NULL || (end != NULL && tcp > end)) return 0;
    lanes++;
  }
  return lanes > 0;
}

int ucx_carries(const ucx_peer *peer) {
  char *text = NULL;
  size_t bytes;
  FILE *stream = open_memstream(&text, &bytes);
  if (stream == NULL) return 0;
  ucx.ucp_ep_print_info(peer->ep, stream);
  const int carries = fclose(stream) == 0 && lanes_are_tcp(text);
  free(text);
  return carries;
}

static int none_under_way(ucx_ctx *c, void *peer) {
  (void)c;
  return ((const ucx_peer *)peer)->carrying == 0;
}

int32_t ucx_carry_room(ucx_ctx *c, const char *call, ucx_peer *peer, int may_wait) {
  if (!peer->carried) return MLK_OK;
  if (peer->carrying == 0) peer->arrived_before = peer->issued;
  if (peer->issued - peer->arrived_before < AHEAD_MAX) return MLK_OK;
  return may_wait ? ucx_await(c, call, peer, 0, none_under_way, peer, c->timeout_ns) : MLK_AGAIN;
}

ucs_status_ptr_t ucx_carry(ucx_peer *peer, ucx_op *op, const void *local, const ucx_region *region, uint64_t offset,
                           uint64_t bytes, const ucp_request_param_t *param) {
  op->note = (ucx_note){
      .kind = NOTE_PUT, .a = region->owner_handle, .b = offset, .c = (int64_t)peer->issued};
  ucx_sign(peer->ctx, &op->note);
  ucp_request_param_t how = *param;
  how.op_attr_mask |= UCP_OP_ATTR_FIELD_FLAGS;
  how.flags = bytes < RENDEZVOUS_BYTES ? UCP_AM_SEND_FLAG_EAGER : UCP_AM_SEND_FLAG_RNDV;
  const ucs_status_ptr_t request =
      ucx.ucp_am_send_nbx(peer->ep, 0, &op->note, sizeof op->note, local, bytes, &how);
  if (UCS_PTR_IS_PTR(request)) peer->carrying++;
  return request;
}

/* ---- the target ---- */

static void is_here(ucx_ctx *c, ucx_peer *peer, uint64_t number) {
  uint64_t here = atomic_load(c->counters + peer->rank);
  if (number <= here) return;
  if (number - here >= UCX_WINDOW) {
    char text[MLK_TEXT_BYTES];
    (void)snprintf(text, sizeof text, "rank=%d got put %llu of rank=%d, expected at most %llu before put %llu", c->rank,
                   ULL(number), peer->rank, ULL(here + UCX_WINDOW - 1), ULL(here + 1));
    ucx_tell_failure(c, MLK_E_SYSTEM, peer->rank, text);
    return;
  }
  peer->window[number % UCX_WINDOW] = 1;
  while (peer->window[(here + 1) % UCX_WINDOW]) peer->window[++here % UCX_WINDOW] = 0;
  atomic_store_explicit(c->counters + peer->rank, here, memory_order_release);
}

void ucx_carry_restart(ucx_peer *peer) { memset(peer->window, 0, sizeof peer->window); }

void ucx_carried_ended(ucx_ctx *c, ucx_op *op, int came) {
  op->source->transfers--;
  /* that it failed is told by the error handler of the endpoint */
  if (came) is_here(c, op->peer, (uint64_t)op->note.c);
  mlk_bell_ring(&c->inner);
}

/* Own memory that the peer has attached, or null. */
static ucx_region *target_of(ucx_ctx *c, const ucx_peer *peer, const ucx_note *note, uint64_t bytes) {
  ucx_region *region = (ucx_region *)mlk_table_find(&c->regions, note->a);
  if (region == NULL || region->use != REGION_OWN || region->holders == NULL || region->holders[peer->rank] == 0)
    return NULL;
  return note->b <= region->bytes && bytes <= region->bytes - note->b ? region : NULL;
}

void ucx_carried(ucx_ctx *c, ucx_peer *peer, const ucx_note *note, void *data, uint64_t bytes, int to_fetch) {
  ucx_region *region = target_of(c, peer, note, bytes);
  if (region == NULL) { /* its sender has checked; UCX drops a stranger's */
    is_here(c, peer, (uint64_t)note->c);
    return;
  }
  uint8_t *target = region->base + note->b;
  if (!to_fetch) {
    memcpy(target, data, bytes);
    is_here(c, peer, (uint64_t)note->c);
    return;
  }
  const ucs_status_t status = ucx_fetch(c, peer, note, data, target, bytes, region);
  if (status == UCS_OK) {
    region->transfers++;
    return;
  }
  char text[MLK_TEXT_BYTES];
  (void)snprintf(text, sizeof text, "rank=%d cannot store a put of rank=%d: UCX: %s", c->rank, peer->rank,
                 ucx.ucs_status_string(status));
  ucx_tell_failure(c, MLK_E_SYSTEM, c->rank, text);
}
