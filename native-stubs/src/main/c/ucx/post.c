/*
 * Notes to a peer, in their order, each behind the puts that came before it.
 *
 * What is relied upon:
 *   - ucp_worker_fence: puts that come after it on an endpoint are done at the target after those before it. So a rank
 *     puts how many puts it has issued into a counter in the target's memory, behind a fence, and a note says how many it
 *     is behind. The target holds a note back until the counter says so, whoever counts (carry.c). A fence does not order a note itself: notes are
 *     active messages, which may take another lane. Nobody waits for an answer of the target, as after a flush, and over
 *     one stream, such as TCP's, the counter is always there first.
 *   - The 8 bytes of a counter may come in parts, from the first byte on where UCX emulates puts. A count of which only
 *     low bytes are new is at most the new one, and all puts up to the new one are there by then.
 *   - ucp_ep_flush_nbx: when it completes, all puts on the endpoint that came before are done at the target (mlk_flush).
 *   - Active messages of one endpoint that are short and eager come in the order in which they were sent, as MPI
 *     libraries on UCX rely upon for theirs. Each note has a number, and a gap fails the group: nothing is believed.
 *   - Where a peer's memory is loaded directly, puts are stores of this thread; the fence here and the one in UCX's own
 *     shared-memory queue put them before the note.
 */
#include <stdlib.h>
#include <string.h>

#include "ucx.h"

ucx_op *ucx_op_new(ucx_ctx *c, ucx_peer *peer) {
  ucx_op *op = c->free_ops;
  if (op != NULL) {
    c->free_ops = op->next;
  } else {
    op = malloc(sizeof *op);
    if (op == NULL) return NULL;
  }
  op->next = NULL;
  op->peer = peer;
  op->own_payload = NULL;
  op->status = UCS_INPROGRESS;
  op->done = op->abandoned = 0;
  op->ticket = 0;
  op->source = NULL;
  op->note.kind = 0;
  c->live_ops++;
  return op;
}

void ucx_op_free(ucx_ctx *c, ucx_op *op) {
  free(op->own_payload);
  op->next = c->free_ops;
  c->free_ops = op;
  c->live_ops--;
}

static void finished(ucx_ctx *c, ucx_op *op) {
  if (op->note.kind == NOTE_DATA) ucx_data_sent(c, op);
  ucx_op_free(c, op);
}

static void on_sent(void *request, ucs_status_t status, void *argument) {
  ucx_op *op = argument;
  ucx_peer *peer = op->peer;
  ucx_ctx *c = peer->ctx;
  (void)status; /* an endpoint that fails says so itself, to its error handler */
  peer->under_way--;
  ucx.ucp_request_free(request);
  finished(c, op);
  mlk_bell_ring(&c->inner);
}

/* UCS_OK, or why it did not go. */
static ucs_status_t send_on(ucx_ctx *c, ucx_peer *peer, ucp_ep_h ep, ucx_op *op) {
  const uint32_t kind = op->note.kind;
  /* who is asked may have no endpoint of its own yet */
  const uint32_t reply = kind == NOTE_HELLO || kind == NOTE_BYE ? UCP_AM_SEND_FLAG_REPLY : 0;
  const ucp_request_param_t param = {
      .op_attr_mask = UCP_OP_ATTR_FIELD_CALLBACK | UCP_OP_ATTR_FIELD_USER_DATA | UCP_OP_ATTR_FIELD_FLAGS,
      .flags = reply | (kind == NOTE_DATA ? 0 : UCP_AM_SEND_FLAG_EAGER),
      .cb = {.send = on_sent},
      .user_data = op};
  atomic_thread_fence(memory_order_seq_cst);
  const ucs_status_ptr_t request =
      ucx.ucp_am_send_nbx(ep, 0, &op->note, sizeof op->note, op->payload, op->payload_bytes, &param);
  if (UCS_PTR_IS_ERR(request)) {
    ucx_op_free(c, op);
    return UCS_PTR_STATUS(request);
  }
  if (request == NULL) {
    finished(c, op);
  } else {
    peer->under_way++;
    ucx_kick(c);
  }
  return UCS_OK;
}

static void send_note(ucx_ctx *c, ucx_peer *peer, ucx_op *op) {
  /* long ones may take other lanes; they say themselves what they belong to */
  op->note.sequence = op->note.kind == NOTE_DATA ? 0 : ++peer->sent;
  const ucs_status_t status = send_on(c, peer, peer->ep, op);
  if (status != UCS_OK) ucx_declare_dead(c, peer, ucx.ucs_status_string(status));
}

static void flush_ended(ucx_ctx *c, ucx_peer *peer) {
  peer->flushing = 0;
  peer->confirmed = peer->flush_covers;
  if (peer->flush_asked) mlk_bell_ring(&c->control->bell);
  peer->flush_asked = 0;
  mlk_bell_ring(&c->inner);
}

void ucx_flushed(ucx_ctx *c, ucx_peer *peer) {
  if (peer->flushing && peer->carried) flush_ended(c, peer);
}

static void on_flushed(void *request, ucs_status_t status, void *argument) {
  ucx_peer *peer = argument;
  (void)status;
  peer->under_way--;
  ucx.ucp_request_free(request);
  flush_ended(peer->ctx, peer);
}

void ucx_flush(ucx_ctx *c, ucx_peer *peer) {
  peer->flush_asked = 1;
  if (peer->flushing || ucx_is_gone(peer)) return;
  const ucp_request_param_t param = {.op_attr_mask = UCP_OP_ATTR_FIELD_CALLBACK | UCP_OP_ATTR_FIELD_USER_DATA,
                                     .cb = {.send = on_flushed},
                                     .user_data = peer};
  peer->flush_covers = peer->issued;
  peer->flushing = 1;
  if (peer->carried) {
    const ucx_note ask = {.kind = NOTE_FLUSH};
    if (ucx_post(c, peer, &ask, NULL, 0) != MLK_OK) peer->flushing = 0; /* no memory: asked again */
    return;
  }
  const ucs_status_ptr_t request = ucx.ucp_ep_flush_nbx(peer->ep, &param);
  if (request == NULL) {
    flush_ended(c, peer);
  } else if (UCS_PTR_IS_ERR(request)) {
    peer->flushing = 0;
    ucx_declare_dead(c, peer, ucx.ucs_status_string(UCS_PTR_STATUS(request)));
  } else {
    peer->under_way++;
    ucx_kick(c);
  }
}

/* Has the peer know of all puts up to now, behind them. */
static void tell_puts(ucx_ctx *c, ucx_peer *peer) {
  ucx_op *op = peer->carried || peer->told == peer->issued ? NULL : ucx_op_new(c, peer);
  if (op == NULL) return; /* no memory: the next note tries again, and what it is behind stays as it is */
  memcpy(op->body, &peer->issued, sizeof peer->issued);
  const ucp_request_param_t param = {.op_attr_mask = UCP_OP_ATTR_FIELD_CALLBACK | UCP_OP_ATTR_FIELD_USER_DATA,
                                     .cb = {.send = on_sent},
                                     .user_data = op};
  ucs_status_t status = ucx.ucp_worker_fence(c->worker);
  if (status == UCS_OK) {
    const ucs_status_ptr_t request =
        ucx.ucp_put_nbx(peer->ep, op->body, sizeof peer->issued, peer->counter_address, peer->control_key, &param);
    if (UCS_PTR_IS_PTR(request)) {
      peer->told = peer->issued;
      peer->under_way++;
      ucx_kick(c);
      return;
    }
    status = UCS_PTR_STATUS(request);
  }
  ucx_op_free(c, op);
  if (status == UCS_OK) peer->told = peer->issued;
  else ucx_declare_dead(c, peer, ucx.ucs_status_string(status));
}

void ucx_sign(const ucx_ctx *c, ucx_note *note) {
  note->group = c->group;
  note->session = c->session;
  note->from = c->rank;
}

/* A new op for a note, or null. */
static ucx_op *op_for(ucx_ctx *c, ucx_peer *peer, const ucx_note *note) {
  ucx_op *op = ucx_op_new(c, peer);
  if (op == NULL) {
    (void)mlk_fail(MLK_E_NO_MEMORY, "no memory for a note to rank=%d", peer->rank);
    return NULL;
  }
  op->note = *note;
  ucx_sign(c, &op->note);
  return op;
}

static int copy_payload(ucx_op *op, const void *payload, uint64_t bytes) {
  void *copy = bytes <= sizeof op->body ? op->body : (op->own_payload = malloc(bytes));
  if (copy == NULL) return 0;
  if (bytes > 0) memcpy(copy, payload, bytes);
  op->payload = copy;
  op->payload_bytes = bytes;
  return 1;
}

static void post(ucx_ctx *c, ucx_peer *peer, ucx_op *op) {
  tell_puts(c, peer);
  op->note.after = peer->issued;
  if (ucx_is_gone(peer)) ucx_op_free(c, op);
  else send_note(c, peer, op);
}

int32_t ucx_post(ucx_ctx *c, ucx_peer *peer, const ucx_note *note, const void *payload, uint64_t bytes) {
  if (ucx_is_gone(peer) || peer->ep == NULL) return MLK_OK; /* nobody is there to hear it */
  ucx_op *op = op_for(c, peer, note);
  if (op == NULL) return MLK_E_NO_MEMORY;
  if (!copy_payload(op, payload, bytes)) {
    ucx_op_free(c, op);
    return mlk_fail(MLK_E_NO_MEMORY, "no memory for a note of %llu bytes to rank=%d", ULL(bytes), peer->rank);
  }
  post(c, peer, op);
  return MLK_OK;
}

int32_t ucx_post_in_place(ucx_ctx *c, ucx_peer *peer, const ucx_note *note, const void *payload, uint64_t bytes) {
  if (ucx_is_gone(peer) || peer->ep == NULL) return MLK_OK;
  ucx_op *op = op_for(c, peer, note);
  if (op == NULL) return MLK_E_NO_MEMORY;
  op->payload = payload;
  op->payload_bytes = bytes;
  post(c, peer, op);
  return MLK_OK;
}

void ucx_answer(ucx_ctx *c, ucx_peer *peer, ucp_ep_h ep, const ucx_note *note, const void *payload, uint64_t bytes) {
  ucx_op *op = ep == NULL ? NULL : op_for(c, peer, note);
  if (op == NULL) return; /* who asked has a deadline */
  if (!copy_payload(op, payload, bytes)) {
    ucx_op_free(c, op);
    return;
  }
  op->note.sequence = op->note.after = 0;
  (void)send_on(c, peer, ep, op);
}

int ucx_is_idle(const ucx_peer *peer) { return !peer->flushing && peer->under_way == 0; }

static int has_room(ucx_ctx *c, void *unused) {
  (void)unused;
  return c->live_ops < UCX_NOTES_MAX;
}

int32_t ucx_room(ucx_ctx *c, const char *call) {
  return c->live_ops < UCX_NOTES_MAX ? MLK_OK : ucx_await(c, call, NULL, 1, has_room, NULL, c->timeout_ns);
}
