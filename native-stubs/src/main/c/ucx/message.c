/*
 * Messages. The sender announces one; the receiver asks for its bytes when it wants them and knows where they go, or
 * refuses them for their size. Up to then the sender can withdraw it, alone: whether it was asked for first is seen
 * here, at one place.
 *
 *   sender    POSTED -> TAKING -> TAKEN, or -> REFUSED, or -> WITHDRAWN
 *   receiver  MESSAGE arrives; TAKE -> DATA or GONE; or REFUSE; or PASSED, for one that was withdrawn before
 *
 * One of TAKE, REFUSE and PASSED comes for every message; then its place can be used again.
 */
#include <stdlib.h>

#include "ucx.h"

enum { OUT_POSTED = 1, OUT_TAKING, OUT_TAKEN, OUT_REFUSED, OUT_WITHDRAWN };
enum { WAIT_NONE = 0, WAIT_ASKED, WAIT_CAME, WAIT_GONE };

static ucx_mail *mail_of(ucx_peer *peer) {
  if (peer->mail == NULL) peer->mail = calloc(1, sizeof *peer->mail);
  return peer->mail;
}

static ucx_outgoing *out_at(ucx_mail *mail, uint64_t sequence) { return &mail->out[sequence % UCX_MESSAGES_MAX]; }
static ucx_incoming *in_at(ucx_mail *mail, uint64_t sequence) { return &mail->in[sequence % UCX_MESSAGES_MAX]; }

static int32_t tell(ucx_ctx *c, ucx_peer *peer, uint32_t kind, uint64_t sequence, uint64_t b) {
  const ucx_note note = {.kind = kind, .a = sequence, .b = b};
  return ucx_post(c, peer, &note, NULL, 0);
}

/* ---- the sender ---- */

static int32_t post(ucx_ctx *c, ucx_peer *peer, const uint8_t *source, uint64_t bytes, uint64_t tag,
                    uint64_t *sequence) {
  if (atomic_load(&peer->closed)) return ucx_closed(c, "mlk_send", peer->rank);
  ucx_mail *mail = mail_of(peer);
  if (mail == NULL) return mlk_fail(MLK_E_NO_MEMORY, "mlk_send: no memory for messages");
  if (mail->posted - mail->passed >= UCX_MESSAGES_MAX) return MLK_AGAIN;
  *out_at(mail, mail->posted) = (ucx_outgoing){.state = OUT_POSTED, .bytes = bytes, .source = source};
  const ucx_note note = {.kind = NOTE_MESSAGE, .a = mail->posted, .b = bytes, .c = (int64_t)tag};
  const int32_t code = ucx_post(c, peer, &note, NULL, 0);
  if (code == MLK_OK) *sequence = mail->posted++;
  return code;
}

static int32_t send_message(ucx_ctx *c, int32_t to, uint64_t src, uint64_t offset, uint64_t bytes, uint64_t tag,
                    uint64_t *sequence) {
  const char *call = "mlk_send";
  if (sequence == NULL) return mlk_fail(MLK_E_INVALID, "%s: sequence is null", call);
  int32_t code = ucx_check_rank(c, call, to);
  if (code == MLK_OK) code = ucx_check_group(c, call);
  ucx_region *region;
  uint8_t *from;
  if (code == MLK_OK) code = ucx_region_local(c, call, "src", src, offset, bytes, &region, &from);
  if (code == MLK_OK && to == c->rank)
    code = mlk_fail(MLK_E_UNSUPPORTED, "%s: rank=%d sends to itself", call, to);
  if (code != MLK_OK) return code;
  (void)pthread_mutex_lock(&c->lock);
  code = post(c, &c->peers[to], from, bytes, tag, sequence);
  (void)pthread_mutex_unlock(&c->lock);
  return code;
}

/* Locked. Its entry, or null when its place was used again, so that it was taken. */
static int32_t find(ucx_ctx *c, const char *call, int32_t to, uint64_t sequence, ucx_outgoing **entry) {
  ucx_mail *mail = c->peers[to].mail;
  const uint64_t posted = mail == NULL ? 0 : mail->posted;
  if (sequence >= posted)
    return mlk_fail(MLK_E_INVALID, "%s: sequence=%llu to rank=%d was not sent, expected below %llu", call,
                    ULL(sequence), to, ULL(posted));
  *entry = posted - sequence > UCX_MESSAGES_MAX ? NULL : out_at(mail, sequence);
  return MLK_OK;
}

static int32_t test(ucx_ctx *c, int32_t to, uint64_t sequence) {
  const char *call = "mlk_send_test";
  ucx_outgoing *entry = NULL;
  int32_t code = find(c, call, to, sequence, &entry);
  if (code != MLK_OK || entry == NULL || entry->state == OUT_TAKEN) return code;
  if (entry->state == OUT_REFUSED)
    return mlk_fail(MLK_E_LENGTH, "%s: message of %llu bytes, but rank=%d expects %llu", call, ULL(entry->bytes), to,
                    ULL(entry->expected));
  if (entry->state == OUT_WITHDRAWN)
    return mlk_fail(MLK_E_STATE, "%s: sequence=%llu to rank=%d was withdrawn", call, ULL(sequence), to);
  code = ucx_check_group(c, call);
  if (code != MLK_OK) return code;
  return atomic_load(&c->peers[to].closed) ? ucx_closed(c, call, to) : MLK_AGAIN;
}

static int32_t cancel(ucx_ctx *c, int32_t to, uint64_t sequence) {
  const char *call = "mlk_send_cancel";
  ucx_outgoing *entry = NULL;
  const int32_t code = find(c, call, to, sequence, &entry);
  if (code != MLK_OK) return code;
  if (entry != NULL && entry->state == OUT_POSTED) {
    entry->state = OUT_WITHDRAWN;
    return tell(c, &c->peers[to], NOTE_WITHDRAW, sequence, 0);
  }
  if (entry != NULL && (entry->state == OUT_WITHDRAWN || entry->state == OUT_REFUSED)) return MLK_OK;
  /* who is gone takes no more of it */
  if (entry != NULL && entry->state == OUT_TAKING && !ucx_is_gone(&c->peers[to])) return MLK_AGAIN;
  return mlk_fail(MLK_E_STATE, "%s: sequence=%llu was taken by rank=%d", call, ULL(sequence), to);
}

typedef int32_t (*send_call)(ucx_ctx *c, int32_t to, uint64_t sequence);

static int32_t on_sent(ucx_ctx *c, const char *name, int32_t to, uint64_t sequence, send_call call) {
  int32_t code = ucx_check_rank(c, name, to);
  if (code != MLK_OK) return code;
  (void)pthread_mutex_lock(&c->lock);
  code = call(c, to, sequence);
  (void)pthread_mutex_unlock(&c->lock);
  return code;
}

/* The receiver is past it. */
static void pass(ucx_mail *mail, ucx_outgoing *entry) {
  entry->passed = 1;
  while (mail->passed < mail->posted && out_at(mail, mail->passed)->passed) mail->passed++;
}

static void asked(ucx_ctx *c, ucx_peer *peer, const ucx_note *note) {
  ucx_mail *mail = peer->mail;
  if (mail == NULL || note->a < mail->passed || note->a >= mail->posted) return;
  ucx_outgoing *entry = out_at(mail, note->a);
  if (entry->passed) return;
  if (note->kind == NOTE_REFUSE && entry->state == OUT_POSTED) {
    entry->state = OUT_REFUSED;
    entry->expected = note->b;
  } else if (note->kind == NOTE_TAKE && entry->state == OUT_POSTED) {
    entry->state = OUT_TAKING;
    const ucx_note data = {.kind = NOTE_DATA, .a = note->a, .b = entry->bytes};
    (void)ucx_post_in_place(c, peer, &data, entry->source, entry->bytes);
    return; /* passed when it is sent */
  } else if (note->kind == NOTE_TAKE) {
    (void)tell(c, peer, NOTE_GONE, note->a, 0);
  }
  pass(mail, entry);
  mlk_bell_ring(&c->control->bell);
}

void ucx_data_sent(ucx_ctx *c, ucx_op *op) {
  ucx_mail *mail = op->peer->mail;
  ucx_outgoing *entry = out_at(mail, op->note.a);
  entry->state = OUT_TAKEN;
  pass(mail, entry);
  mlk_bell_ring(&c->control->bell);
}

/* ---- the receiver ---- */

static int is_answered(ucx_ctx *c, void *mail) {
  (void)c;
  return ((const ucx_mail *)mail)->waiting != WAIT_ASKED;
}

/* Locked. */
static int32_t take(ucx_ctx *c, ucx_peer *peer, ucx_mail *mail, uint8_t *to) {
  const char *call = "mlk_recv";
  mail->target = to;
  mail->waiting = WAIT_ASKED;
  int32_t code = tell(c, peer, NOTE_TAKE, mail->taken, 0);
  if (code == MLK_OK) code = ucx_await(c, call, peer, 1, is_answered, mail, c->timeout_ns);
  /* bytes that come late have nowhere to go; those that UCX is fetching end with the endpoint */
  if (code != MLK_OK && mail->fetching) ucx_end_endpoint(c, peer);
  const uint32_t how = mail->waiting;
  mail->target = NULL;
  mail->waiting = WAIT_NONE;
  if (code != MLK_OK && how != WAIT_CAME) return code;
  return how == WAIT_CAME ? MLK_OK : MLK_AGAIN;
}

/* Locked. */
static int32_t next(ucx_ctx *c, ucx_peer *peer, uint8_t *to, uint64_t bytes, mlk_received *received) {
  const char *call = "mlk_recv";
  ucx_mail *mail = mail_of(peer);
  if (mail == NULL) return mlk_fail(MLK_E_NO_MEMORY, "%s: no memory for messages", call);
  if (mail->waiting != WAIT_NONE) return MLK_AGAIN; /* another thread receives from this rank */
  while (mail->taken < mail->arrived) {
    const ucx_incoming entry = *in_at(mail, mail->taken);
    int32_t code;
    if (entry.withdrawn) {
      code = tell(c, peer, NOTE_PASSED, mail->taken, 0);
      if (code == MLK_OK) code = MLK_AGAIN;
    } else if (entry.bytes != bytes) {
      (void)tell(c, peer, NOTE_REFUSE, mail->taken, bytes);
      code = mlk_fail(MLK_E_LENGTH, "%s: message of %llu bytes from rank=%d, expected %llu", call, ULL(entry.bytes),
                      peer->rank, ULL(bytes));
    } else {
      code = take(c, peer, mail, to);
    }
    mail->taken++;
    if (code == MLK_AGAIN) continue;
    if (code == MLK_OK && received != NULL) {
      received->from = peer->rank;
      received->tag = entry.tag;
      received->bytes = bytes;
    }
    return code;
  }
  const int32_t code = ucx_check_group(c, call);
  if (code != MLK_OK) return code;
  return atomic_load(&peer->closed) ? ucx_closed(c, call, peer->rank) : MLK_AGAIN;
}

static int32_t receive(ucx_ctx *c, int32_t from, uint64_t dst, uint64_t offset, uint64_t bytes,
                       mlk_received *received) {
  const char *call = "mlk_recv";
  if (received != NULL) MLK_CHECK_STRUCT(call, received, MLK_MAGIC_RECEIVED);
  int32_t code = ucx_check_rank(c, call, from);
  if (code == MLK_OK) code = ucx_check_group(c, call);
  ucx_region *region;
  uint8_t *to;
  if (code == MLK_OK) code = ucx_region_local(c, call, "dst", dst, offset, bytes, &region, &to);
  if (code != MLK_OK) return code;
  (void)pthread_mutex_lock(&c->lock);
  code = next(c, &c->peers[from], to, bytes, received);
  (void)pthread_mutex_unlock(&c->lock);
  return code;
}

static void announced(ucx_ctx *c, ucx_peer *peer, const ucx_note *note) {
  ucx_mail *mail = mail_of(peer);
  if (mail == NULL || note->a != mail->arrived || mail->arrived - mail->taken >= UCX_MESSAGES_MAX) return;
  *in_at(mail, mail->arrived++) = (ucx_incoming){.bytes = note->b, .tag = (uint64_t)note->c};
  mlk_bell_ring(&c->control->bell);
}

static void withdrawn(ucx_peer *peer, uint64_t sequence) {
  ucx_mail *mail = peer->mail;
  if (mail != NULL && sequence >= mail->taken && sequence < mail->arrived) in_at(mail, sequence)->withdrawn = 1;
}

static int is_awaited(const ucx_mail *mail, const ucx_note *note) {
  return mail != NULL && mail->waiting == WAIT_ASKED && note->a == mail->taken;
}

void ucx_message_noted(ucx_ctx *c, ucx_peer *peer, const ucx_note *note) {
  switch (note->kind) {
    case NOTE_MESSAGE: announced(c, peer, note); return;
    case NOTE_WITHDRAW: withdrawn(peer, note->a); return;
    case NOTE_TAKE:
    case NOTE_PASSED:
    case NOTE_REFUSE: asked(c, peer, note); return;
    case NOTE_GONE:
      if (is_awaited(peer->mail, note)) peer->mail->waiting = WAIT_GONE;
      mlk_bell_ring(&c->inner);
      return;
    default: return; /* of a newer moelink, or a stranger */
  }
}

uint8_t *ucx_data_target(ucx_peer *peer, const ucx_note *note, uint64_t bytes) {
  ucx_mail *mail = peer->mail;
  if (!is_awaited(mail, note) || in_at(mail, note->a)->bytes != bytes) return NULL;
  mail->fetching = 1;
  return mail->target;
}

void ucx_data_ended(ucx_ctx *c, ucx_peer *peer, const ucx_note *note, int came) {
  ucx_mail *mail = peer->mail;
  mail->fetching = 0;
  if (came && is_awaited(mail, note)) mail->waiting = WAIT_CAME;
  mlk_bell_ring(&c->inner);
}

int32_t mlk_send(mlk_ctx *ctx, int32_t to, uint64_t src, uint64_t offset, uint64_t bytes, uint64_t tag,
                 uint64_t *sequence) {
  UCX_CALL(ctx, send_message(c, to, src, offset, bytes, tag, sequence));
}

int32_t mlk_send_test(mlk_ctx *ctx, int32_t to, uint64_t sequence) {
  UCX_CALL(ctx, on_sent(c, "mlk_send_test", to, sequence, test));
}

int32_t mlk_send_cancel(mlk_ctx *ctx, int32_t to, uint64_t sequence) {
  UCX_CALL(ctx, on_sent(c, "mlk_send_cancel", to, sequence, cancel));
}

int32_t mlk_recv(mlk_ctx *ctx, int32_t from, uint64_t dst, uint64_t offset, uint64_t bytes, mlk_received *received) {
  UCX_CALL(ctx, receive(c, from, dst, offset, bytes, received));
}
