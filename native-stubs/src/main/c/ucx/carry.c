/*
 * Puts that notes and streams carry. UCX has no puts over TCP of its own: it cuts one into segments of
 * UCX_TCP_TX_SEG_SIZE, copies each on either side and has each answered, which takes several times as long as sending
 * the bytes. So where a peer is reached over TCP alone, a put is a note with the bytes behind it, and the target's
 * worker stores them; a large one goes by a stream (stream.c) where there is one, or else by UCX's rendezvous.
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

/* From here on by a stream or by rendezvous; below, a round trip takes longer than copying. */
#define LARGE_BYTES 16384u
/* Puts since one at which none was under way: half of what the target keeps account of. */
#define AHEAD_MAX (UCX_WINDOW / 2)

/* ---- the sender ---- */

/*
 * There is no other way to ask before UCX 1.15: it prints a line for each lane, such as "lane[0]: 1:tcp/eth0.0 ...",
 * with the name of the device and the number of a path.
 */
static int lanes_are_tcp(const char *text, char device[UCX_DEVICE_BYTES]) {
  int lanes = 0;
  device[0] = 0;
  for (const char *at = strstr(text, "lane["); at != NULL; at = strstr(at + 1, "lane[")) {
    const char *tcp = strstr(at, ":tcp/"), *end = strchr(at, '\n');
    if (tcp == NULL || (end != NULL && tcp > end)) return 0;
    if (lanes++ > 0) continue;
    tcp += strlen(":tcp/");
    size_t name = strcspn(tcp, " \n");
    while (name > 0 && tcp[name - 1] != '.') name--;
    if (name < 2 || name > UCX_DEVICE_BYTES) continue; /* none that could be found */
    memcpy(device, tcp, name - 1);
    device[name - 1] = 0;
  }
  return lanes > 0;
}

int ucx_carries(const ucx_peer *peer, char device[UCX_DEVICE_BYTES]) {
  char *text = NULL;
  size_t bytes;
  FILE *stream = open_memstream(&text, &bytes);
  if (stream == NULL) return 0;
  ucx.ucp_ep_print_info(peer->ep, stream);
  const int carries = fclose(stream) == 0 && lanes_are_tcp(text, device);
  free(text);
  return carries;
}

/* Whether another may be under way. */
static int has_room(ucx_ctx *c, void *of) {
  ucx_peer *peer = of;
  /* what went by a stream may be on its way when its source is free: that it is there a flush confirms */
  if (peer->carrying == 0 && peer->streamed <= peer->confirmed) peer->arrived_before = peer->issued;
  else if (peer->arrived_before < peer->confirmed) peer->arrived_before = peer->confirmed;
  const uint64_t ahead = peer->issued - peer->arrived_before;
  if (ahead >= AHEAD_MAX / 2 && peer->streamed > peer->confirmed && !peer->flushing) ucx_flush(c, peer);
  return ahead < AHEAD_MAX;
}

int32_t ucx_carry_room(ucx_ctx *c, const char *call, ucx_peer *peer, int may_wait) {
  if (!peer->carried || has_room(c, peer)) return MLK_OK;
  return may_wait ? ucx_await(c, call, peer, 0, has_room, peer, c->timeout_ns) : MLK_AGAIN;
}

/* The note of the put that was issued last. */
static ucx_note note_of(const ucx_peer *peer, const ucx_region *region, uint64_t offset) {
  ucx_note note = {.kind = NOTE_PUT, .a = region->owner_handle, .b = offset, .c = (int64_t)peer->issued};
  ucx_sign(peer->ctx, &note);
  return note;
}

int ucx_carry_streams(const ucx_peer *peer, uint64_t bytes) {
  return peer->carried && bytes >= LARGE_BYTES && ucx_stream_takes(peer);
}

int ucx_carry_by_stream(ucx_ctx *c, ucx_peer *peer, ucx_op *op, const void *local, const ucx_region *region,
                        uint64_t offset, uint64_t bytes) {
  op->note = note_of(peer, region, offset);
  op->payload = local;
  op->payload_bytes = bytes;
  peer->streamed = peer->issued;
  if (ucx_stream_put(c, peer, op)) {
    ucx_op_free(c, op);
    return 1;
  }
  peer->carrying++;
  peer->under_way++;
  return 0;
}

ucs_status_ptr_t ucx_carry(ucx_peer *peer, ucx_op *op, const void *local, const ucx_region *region, uint64_t offset,
                           uint64_t bytes, const ucp_request_param_t *param) {
  op->note = note_of(peer, region, offset);
  ucp_request_param_t how = *param;
  how.op_attr_mask |= UCP_OP_ATTR_FIELD_FLAGS;
  how.flags = bytes < LARGE_BYTES ? UCP_AM_SEND_FLAG_EAGER : UCP_AM_SEND_FLAG_RNDV;
  const ucs_status_ptr_t request =
      ucx.ucp_am_send_nbx(peer->ep, 0, &op->note, sizeof op->note, local, bytes, &how);
  if (UCS_PTR_IS_PTR(request)) peer->carrying++;
  return request;
}

/* ---- the target ---- */

void ucx_carried_stored(ucx_ctx *c, ucx_peer *peer, uint64_t number) {
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
  if (came) ucx_carried_stored(c, op->peer, (uint64_t)op->note.c);
  mlk_bell_ring(&c->inner);
}

ucx_region *ucx_carry_target(ucx_ctx *c, const ucx_peer *peer, uint64_t handle, uint64_t offset, uint64_t bytes) {
  ucx_region *region = (ucx_region *)mlk_table_find(&c->regions, handle);
  if (region == NULL || region->use != REGION_OWN || region->holders == NULL || region->holders[peer->rank] == 0)
    return NULL;
  return offset <= region->bytes && bytes <= region->bytes - offset ? region : NULL;
}

void ucx_carried(ucx_ctx *c, ucx_peer *peer, const ucx_note *note, void *data, uint64_t bytes, int to_fetch) {
  ucx_region *region = ucx_carry_target(c, peer, note->a, note->b, bytes);
  if (region == NULL) { /* its sender has checked; UCX drops a stranger's */
    ucx_carried_stored(c, peer, (uint64_t)note->c);
    return;
  }
  uint8_t *target = region->base + note->b;
  if (!to_fetch) {
    memcpy(target, data, bytes);
    ucx_carried_stored(c, peer, (uint64_t)note->c);
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
