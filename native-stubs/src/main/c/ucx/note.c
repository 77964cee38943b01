/* Notes that arrive: checked, put to those that they are for. Runs locked, in a progress of the worker. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ucx.h"

static void answer(ucx_ctx *c, ucx_peer *peer, ucp_ep_h reply, uint32_t kind, const void *payload, uint64_t bytes) {
  const ucx_note note = {.kind = kind};
  ucx_answer(c, peer, peer->ep != NULL ? peer->ep : reply, &note, payload, bytes);
}

static void greet_back(ucx_ctx *c, ucx_peer *peer, ucp_ep_h reply) {
  uint8_t offer[UCX_PAYLOAD_MAX];
  answer(c, peer, reply, NOTE_HELLO_BACK, offer, ucx_offer_write(&c->control_memory, offer));
}

static void signal(ucx_ctx *c, const ucx_note *note) {
  if (note->a >= c->signal_count) return; /* its sender has checked; this is a stranger's */
  if (note->kind == NOTE_SIGNAL) atomic_store_explicit(c->slots + note->a, note->c, memory_order_release);
  else atomic_fetch_add_explicit(c->slots + note->a, note->c, memory_order_acq_rel);
  mlk_bell_ring(&c->control->bell);
}

static void failure(ucx_ctx *c, const ucx_note *note, const void *payload, uint64_t bytes) {
  char text[MLK_TEXT_BYTES] = "";
  memcpy(text, payload, bytes < sizeof text - 1 ? bytes : sizeof text - 1);
  const int32_t code = (int32_t)(int64_t)note->a, rank = (int32_t)(int64_t)note->b;
  if (code >= 0 || rank < -1 || rank >= c->rank_count) return;
  if (mlk_failure_set(&c->failure, code, rank, text)) ucx_ring_all(c);
}

/* All puts before it are here. */
static void flush(ucx_ctx *c, ucx_peer *peer) {
  const ucx_note note = {.kind = NOTE_FLUSHED};
  (void)ucx_post(c, peer, &note, NULL, 0); /* no memory: who asked has a deadline */
}

static void dispatch(ucx_ctx *c, ucx_peer *peer, const ucx_note *note, const void *payload, uint64_t bytes,
                     ucp_ep_h reply) {
  switch (note->kind) {
    case NOTE_HELLO: greet_back(c, peer, reply); return;
    case NOTE_HELLO_BACK: ucx_greeted(c, peer, payload, bytes); return;
    case NOTE_BYE:
      answer(c, peer, reply, NOTE_BYE_BACK, NULL, 0);
      ucx_declare_closed(c, peer);
      return;
    case NOTE_BYE_BACK:
      peer->said_bye = 1;
      mlk_bell_ring(&c->inner);
      return;
    case NOTE_FAILURE: failure(c, note, payload, bytes); return;
    case NOTE_SIGNAL:
    case NOTE_SIGNAL_ADD: signal(c, note); return;
    case NOTE_WORD:
    case NOTE_WORD_ADD: ucx_word_arrived(c, note); return;
    case NOTE_ATTACH: ucx_asked_to_attach(c, peer, note, payload, bytes); return;
    case NOTE_ATTACHED: ucx_attach_answered(c, peer, note, payload, bytes); return;
    case NOTE_DETACH: ucx_detached(c, peer, note->a); return;
    case NOTE_RELEASED: ucx_owner_released(c, peer, note->a); return;
    case NOTE_BEAT: return;
    case NOTE_FLUSH: flush(c, peer); return;
    case NOTE_FLUSHED: ucx_flushed(c, peer); return;
    case NOTE_STREAM: ucx_stream_offered(c, peer, note); return;
    case NOTE_RELEASED_BACK: ucx_released_back(c, peer, note->a); return;
    default: ucx_message_noted(c, peer, note); return;
  }
}

/* Whether a note is one of this group and in its turn. */
static int admit(ucx_ctx *c, ucx_peer *peer, const ucx_note *note) {
  if (note->session != peer->session) {
    /* a rank that opened anew before this one connected */
    peer->session = note->session;
    peer->received = 0;
    ucx_drop_held(c, peer);
    atomic_store(c->counters + peer->rank, 0);
    ucx_carry_restart(peer);
    ucx_streams_end(c, peer);
    if (!atomic_load(&c->connected)) atomic_store(&peer->closed, 0);
  }
  if (note->sequence == 0) return 1;
  if (note->sequence == ++peer->received) return 1;
  char text[MLK_TEXT_BYTES];
  (void)snprintf(text, sizeof text, "rank=%d got note %llu of rank=%d, expected %llu: notes came out of order", c->rank,
                 ULL(note->sequence), peer->rank, ULL(peer->received));
  ucx_tell_failure(c, MLK_E_SYSTEM, peer->rank, text);
  return 0;
}

/* ---- notes that are here before the puts that they are behind ---- */

static int is_due(ucx_ctx *c, const ucx_peer *peer, const ucx_note *note) {
  return note->after <= atomic_load_explicit(c->counters + peer->rank, memory_order_acquire);
}

static void hold(ucx_ctx *c, ucx_peer *peer, const ucx_note *note, const void *payload, uint64_t bytes, ucp_ep_h reply) {
  ucx_held *held = c->held < UCX_NOTES_MAX ? malloc(sizeof *held + bytes) : NULL;
  if (held == NULL) {
    char text[MLK_TEXT_BYTES];
    (void)snprintf(text, sizeof text, "rank=%d has no room for notes of rank=%d, %llu of all ranks are held back", c->rank,
                   peer->rank, ULL(c->held));
    ucx_tell_failure(c, MLK_E_NO_MEMORY, c->rank, text);
    return;
  }
  held->next = NULL;
  held->note = *note;
  held->reply = reply;
  held->bytes = bytes;
  if (bytes > 0) memcpy(held->payload, payload, bytes);
  if (peer->last_held == NULL) peer->first_held = held;
  else peer->last_held->next = held;
  peer->last_held = held;
  c->held++;
}

static ucx_held *take_first(ucx_ctx *c, ucx_peer *peer) {
  ucx_held *held = peer->first_held;
  peer->first_held = held->next;
  if (peer->first_held == NULL) peer->last_held = NULL;
  c->held--;
  return held;
}

void ucx_take_held(ucx_ctx *c) {
  for (int32_t r = 0; c->held > 0 && r < c->rank_count; r++) {
    ucx_peer *peer = &c->peers[r];
    while (peer->first_held != NULL && is_due(c, peer, &peer->first_held->note)) {
      ucx_held *held = take_first(c, peer);
      dispatch(c, peer, &held->note, held->payload, held->bytes, held->reply);
      free(held);
    }
  }
}

void ucx_drop_held(ucx_ctx *c, ucx_peer *peer) {
  while (peer->first_held != NULL) free(take_first(c, peer));
}

static void on_fetched(void *request, ucs_status_t status, size_t bytes, void *argument) {
  ucx_op *op = argument;
  ucx_ctx *c = op->peer->ctx;
  (void)bytes;
  op->peer->under_way--;
  ucx.ucp_request_free(request);
  if (op->note.kind == NOTE_PUT) ucx_carried_ended(c, op, status == UCS_OK);
  else ucx_data_ended(c, op->peer, &op->note, status == UCS_OK);
  ucx_op_free(c, op);
}

ucs_status_t ucx_fetch(ucx_ctx *c, ucx_peer *peer, const ucx_note *note, void *data, uint8_t *target, uint64_t bytes,
                       ucx_region *region) {
  ucx_op *op = ucx_op_new(c, peer);
  if (op == NULL) return UCS_ERR_NO_MEMORY;
  op->note = *note;
  op->source = region;
  const ucp_request_param_t param = {.op_attr_mask = UCP_OP_ATTR_FIELD_CALLBACK | UCP_OP_ATTR_FIELD_USER_DATA |
                                                     UCP_OP_ATTR_FLAG_NO_IMM_CMPL,
                                     .cb = {.recv_am = on_fetched},
                                     .user_data = op};
  const ucs_status_ptr_t request = ucx.ucp_am_recv_data_nbx(c->worker, data, target, bytes, &param);
  if (UCS_PTR_IS_ERR(request)) {
    ucx_op_free(c, op);
    return UCS_PTR_STATUS(request);
  }
  peer->under_way++;
  return UCS_OK;
}

/* The bytes of a message, which the receiver asked for: they go straight to where it wants them. */
static void take_data(ucx_ctx *c, ucx_peer *peer, const ucx_note *note, void *data, uint64_t bytes, int to_fetch) {
  uint8_t *target = ucx_data_target(peer, note, bytes);
  if (target == NULL) return; /* not what was asked for: UCX drops it */
  if (!to_fetch) {
    if (bytes > 0) memcpy(target, data, bytes);
    ucx_data_ended(c, peer, note, 1);
    return;
  }
  if (ucx_fetch(c, peer, note, data, target, bytes, NULL) != UCS_OK) ucx_data_ended(c, peer, note, 0);
}

static ucs_status_t on_note(void *argument, const void *header, size_t header_bytes, void *data, size_t bytes,
                            const ucp_am_recv_param_t *param) {
  ucx_ctx *c = argument;
  ucx_note note;
  if (header_bytes != sizeof note) return UCS_OK;
  memcpy(&note, header, sizeof note);
  if (note.group != c->group || note.from < 0 || note.from >= c->rank_count) return UCS_OK;
  ucx_peer *peer = &c->peers[note.from];
  if (!admit(c, peer, &note)) return UCS_OK;
  peer->heard_ns = mlk_now_ns();
  const int to_fetch = (param->recv_attr & UCP_AM_RECV_ATTR_FLAG_RNDV) != 0;
  if (note.kind == NOTE_DATA) {
    take_data(c, peer, &note, data, bytes, to_fetch);
    return UCS_OK;
  }
  if (note.kind == NOTE_PUT) {
    ucx_carried(c, peer, &note, data, bytes, to_fetch);
    return UCS_OK;
  }
  if (to_fetch || bytes > UCX_PAYLOAD_MAX) return UCS_OK;
  const ucp_ep_h reply = (param->recv_attr & UCP_AM_RECV_ATTR_FIELD_REPLY_EP) != 0 ? param->reply_ep : NULL;
  const int held_before = note.sequence != 0 && peer->first_held != NULL;
  if (held_before || !is_due(c, peer, &note)) hold(c, peer, &note, data, bytes, reply);
  else dispatch(c, peer, &note, data, bytes, reply);
  return UCS_OK;
}

int32_t ucx_handlers_set(ucx_ctx *c) {
  const ucp_am_handler_param_t param = {.field_mask = UCP_AM_HANDLER_PARAM_FIELD_ID | UCP_AM_HANDLER_PARAM_FIELD_FLAGS |
                                                      UCP_AM_HANDLER_PARAM_FIELD_CB | UCP_AM_HANDLER_PARAM_FIELD_ARG,
                                        .id = 0,
                                        .flags = UCP_AM_FLAG_WHOLE_MSG,
                                        .cb = on_note,
                                        .arg = c};
  const ucs_status_t status = ucx.ucp_worker_set_am_recv_handler(c->worker, &param);
  return status == UCS_OK ? MLK_OK : ucx_status("mlk_open", "ucp_worker_set_am_recv_handler", -1, status);
}
