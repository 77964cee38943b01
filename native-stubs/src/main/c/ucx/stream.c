/*
 * Streams: connections of moelink's own for large puts to ranks that nothing but TCP leads to (carry.c). UCX 1.13
 * receives what comes over TCP in memory of its own and copies it from there; here the bytes of a put go from the
 * source to the socket and from the socket to where they belong, in pieces as large as the kernel has.
 *
 * A rank listens at the addresses of the devices that UCX has chosen, and says where in a note. The other connects,
 * says who it is, with the token of the group, and is answered; from then on it may send puts, each behind a head. A
 * stream goes one way, so both sides have one, and what comes on it is put where NOTE_PUT would have put it: order,
 * numbers and limits are those of notes. Without a stream, since it cannot be connected (yet), notes carry all puts.
 *
 * Who sends sees the end of a stream and takes it for the end of the peer, unless that has said goodbye before.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "ucx.h"

/* Bytes read or dropped at once, so that nobody has the lock for long. */
#define PIECE_BYTES ((uint64_t)512 << 10)
#define DROP_BYTES 65536u
/* Connections that have not said yet who they are, beside one of each rank. */
#define STRANGERS_MAX 16
#define EVENTS_MAX 16

static int watch_for(ucx_ctx *c, ucx_stream_end *end, int operation, uint32_t events) {
  struct epoll_event event = {.events = events, .data.ptr = end};
  return epoll_ctl(c->streams, operation, end->fd, &event) == 0;
}

static void end_close(ucx_ctx *c, ucx_stream_end *end) {
  if (end->fd < 0) return;
  (void)close(end->fd); /* and epoll forgets it */
  end->fd = -1;
  c->streams_closed++;
}

static int would_wait(void) { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

/* What this rank says to another at either end of a stream. */
static int say_hello(ucx_ctx *c, const ucx_stream_end *end, int32_t to) {
  ucx_stream_hello hello = {.session = c->session, .from = c->rank, .to = to};
  memcpy(hello.token, c->group_token, TOKEN_BYTES);
  /* the first bytes of a connection fit */
  return send(end->fd, &hello, sizeof hello, MSG_NOSIGNAL) == (ssize_t)sizeof hello;
}

/* Whether it was said to this rank by another one of its group. */
static int is_hello(const ucx_ctx *c, const ucx_stream_hello *hello) {
  return memcmp(hello->token, c->group_token, TOKEN_BYTES) == 0 && hello->to == c->rank && hello->from >= 0 &&
         hello->from < c->rank_count && hello->from != c->rank;
}

/* ---- where this rank listens ---- */

/* The IPv4 address of a device, or 0. */
static uint32_t address_of(const char *device) {
  struct ifaddrs *all;
  uint32_t found = 0;
  if (getifaddrs(&all) != 0) return 0;
  for (const struct ifaddrs *a = all; a != NULL && found == 0; a = a->ifa_next) {
    if (a->ifa_addr == NULL || a->ifa_addr->sa_family != AF_INET || strcmp(a->ifa_name, device) != 0) continue;
    struct sockaddr_in in;
    memcpy(&in, a->ifa_addr, sizeof in);
    found = in.sin_addr.s_addr;
  }
  freeifaddrs(all);
  return found;
}

static int listen_at(ucx_ctx *c, ucx_listener *listener, uint32_t address) {
  struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = address};
  socklen_t bytes = sizeof in;
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return 0;
  listener->end = (ucx_stream_end){.kind = STREAM_LISTENER, .fd = fd};
  c->streams_used = 1;
  if (bind(fd, (struct sockaddr *)&in, sizeof in) == 0 && listen(fd, c->rank_count) == 0 &&
      getsockname(fd, (struct sockaddr *)&in, &bytes) == 0 && watch_for(c, &listener->end, EPOLL_CTL_ADD, EPOLLIN)) {
    listener->address = address;
    listener->port = in.sin_port;
    return 1;
  }
  (void)close(fd);
  return 0;
}

static const ucx_listener *listener_at(ucx_ctx *c, uint32_t address) {
  for (uint32_t i = 0; i < c->listener_count; i++)
    if (c->listeners[i].address == address) return &c->listeners[i];
  if (c->listener_count == UCX_LISTENERS_MAX || !listen_at(c, &c->listeners[c->listener_count], address)) return NULL;
  return &c->listeners[c->listener_count++];
}

void ucx_stream_offer(ucx_ctx *c, ucx_peer *peer, const char *device) {
  const uint32_t address = c->streams < 0 ? 0 : address_of(device);
  const ucx_listener *listener = address == 0 ? NULL : listener_at(c, address);
  if (listener == NULL) return;
  const ucx_note note = {.kind = NOTE_STREAM, .a = listener->address, .b = listener->port};
  (void)ucx_post(c, peer, &note, NULL, 0); /* no memory: notes carry all */
}

/* ---- the sender ---- */

/* Puts that were not all sent have failed. */
static void outlet_close(ucx_ctx *c, ucx_outlet *outlet) {
  end_close(c, &outlet->end);
  outlet->state = OUTLET_NONE;
  outlet->sent = outlet->answer_bytes = 0;
  ucx_op *op = outlet->first;
  outlet->first = outlet->last = NULL;
  while (op != NULL) {
    ucx_op *next = op->next;
    ucx_put_ended(c, op, UCS_ERR_CONNECTION_RESET);
    op = next;
  }
}

void ucx_stream_offered(ucx_ctx *c, ucx_peer *peer, const ucx_note *note) {
  ucx_outlet *outlet = &peer->outlet;
  if (c->streams < 0 || note->a > UINT32_MAX || note->b > UINT16_MAX) return;
  outlet_close(c, outlet);
  const struct sockaddr_in in = {
      .sin_family = AF_INET, .sin_addr.s_addr = (uint32_t)note->a, .sin_port = (uint16_t)note->b};
  const int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  outlet->end = (ucx_stream_end){.kind = STREAM_OUTLET, .fd = fd};
  c->streams_used = 1;
  outlet->peer = peer;
  outlet->session = note->session;
  outlet->state = OUTLET_CONNECTS;
  (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const int connected = connect(fd, (const struct sockaddr *)&in, sizeof in) == 0 || errno == EINPROGRESS;
  if (!connected || !watch_for(c, &outlet->end, EPOLL_CTL_ADD, EPOLLOUT)) outlet_close(c, outlet);
}

static int outlet_greet(ucx_ctx *c, ucx_outlet *outlet) {
  int error = 0;
  socklen_t bytes = sizeof error;
  if (getsockopt(outlet->end.fd, SOL_SOCKET, SO_ERROR, &error, &bytes) != 0 || error != 0) return 0;
  if (!say_hello(c, &outlet->end, outlet->peer->rank)) return 0;
  outlet->state = OUTLET_GREETS;
  return watch_for(c, &outlet->end, EPOLL_CTL_MOD, EPOLLIN);
}

static int outlet_answered(ucx_outlet *outlet) {
  uint8_t *at = (uint8_t *)&outlet->answer + outlet->answer_bytes;
  const ssize_t got = recv(outlet->end.fd, at, sizeof outlet->answer - outlet->answer_bytes, 0);
  if (got <= 0) return got < 0 && would_wait();
  outlet->answer_bytes += (uint64_t)got;
  if (outlet->answer_bytes < sizeof outlet->answer) return 1;
  const ucx_stream_hello *answer = &outlet->answer;
  if (!is_hello(outlet->peer->ctx, answer) || answer->session != outlet->session ||
      answer->from != outlet->peer->rank)
    return 0;
  outlet->state = OUTLET_READY;
  return 1;
}

/* Sends what the kernel takes; 1 when the first put is all sent, 0 when more must wait, -1 at the end of the stream. */
static int send_first(ucx_outlet *outlet) {
  const ucx_op *op = outlet->first;
  const ucx_stream_head head = {
      .handle = op->note.a, .offset = op->note.b, .bytes = op->payload_bytes, .number = (uint64_t)op->note.c};
  const uint64_t all = sizeof head + op->payload_bytes;
  while (outlet->sent < all) {
    const uint64_t of_head = outlet->sent < sizeof head ? sizeof head - outlet->sent : 0;
    const uint64_t from = outlet->sent + of_head - sizeof head;
    struct iovec parts[] = {{.iov_base = (uint8_t *)(uintptr_t)&head + (sizeof head - of_head), .iov_len = of_head},
                            {.iov_base = (uint8_t *)(uintptr_t)op->payload + from,
                             .iov_len = op->payload_bytes - from}};
    const struct msghdr message = {.msg_iov = parts + (of_head == 0), .msg_iovlen = of_head == 0 ? 1 : 2};
    const ssize_t went = sendmsg(outlet->end.fd, &message, MSG_NOSIGNAL);
    if (went < 0) return would_wait() ? 0 : -1;
    outlet->sent += (uint64_t)went;
  }
  outlet->sent = 0;
  return 1;
}

/* 0 at the end of the stream. */
static int send_all(ucx_ctx *c, ucx_outlet *outlet) {
  while (outlet->first != NULL) {
    const int code = send_first(outlet);
    if (code <= 0) return code == 0;
    ucx_op *op = outlet->first;
    outlet->first = op->next;
    if (outlet->first == NULL) outlet->last = NULL;
    ucx_put_ended(c, op, UCS_OK);
  }
  return watch_for(c, &outlet->end, EPOLL_CTL_MOD, EPOLLIN);
}

int ucx_stream_takes(const ucx_peer *peer) { return peer->outlet.state == OUTLET_READY; }

int ucx_stream_put(ucx_ctx *c, ucx_peer *peer, ucx_op *op) {
  ucx_outlet *outlet = &peer->outlet;
  const int idle = outlet->first == NULL;
  op->next = NULL;
  if (idle) outlet->first = op;
  else outlet->last->next = op;
  outlet->last = op;
  if (!idle) return 0;
  /* what ends the stream is seen by who moves it, too */
  if (send_first(outlet) == 1) {
    outlet->first = outlet->last = NULL;
    return 1;
  }
  (void)watch_for(c, &outlet->end, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
  return 0;
}

/* One that was never ready was never relied upon. It is closed first: what is moved then does not come back to it. */
static void outlet_lost(ucx_ctx *c, ucx_peer *peer) {
  const int was_ready = peer->outlet.state == OUTLET_READY;
  outlet_close(c, &peer->outlet);
  if (was_ready) ucx_lost(c, peer, "its stream has ended");
}

static void outlet_moves(ucx_ctx *c, ucx_outlet *outlet, uint32_t events) {
  int goes_on = 1;
  if (outlet->state == OUTLET_CONNECTS) {
    goes_on = outlet_greet(c, outlet);
  } else if (outlet->state == OUTLET_GREETS) {
    goes_on = outlet_answered(outlet);
  } else {
    uint8_t byte;
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
      goes_on = recv(outlet->end.fd, &byte, 1, 0) < 0 && would_wait();
    if (goes_on && (events & EPOLLOUT) != 0) goes_on = send_all(c, outlet);
  }
  if (!goes_on) outlet_lost(c, outlet->peer);
}

/* ---- the target ---- */

/* Nothing more comes into the region at hand. */
static void let_region_go(ucx_inlet *inlet) {
  if (inlet->region == NULL) return;
  inlet->region->transfers--;
  inlet->peer->under_way--;
  inlet->region = NULL;
}

static void inlet_close(ucx_ctx *c, ucx_inlet **place) {
  ucx_inlet *inlet = *place;
  *place = inlet->next;
  let_region_go(inlet);
  if (inlet->peer == NULL) c->strangers--;
  end_close(c, &inlet->end);
  free(inlet);
}

static void accept_all(ucx_ctx *c, ucx_listener *listener) {
  for (;;) {
    const int fd = accept4(listener->end.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      /* without descriptors or memory, who waits here would be announced for ever: it goes without a stream */
      if (!would_wait() && errno != ECONNABORTED) end_close(c, &listener->end);
      return;
    }
    ucx_inlet *inlet = c->strangers < (uint32_t)c->rank_count + STRANGERS_MAX ? calloc(1, sizeof *inlet) : NULL;
    if (inlet == NULL) {
      (void)close(fd);
      continue;
    }
    inlet->end = (ucx_stream_end){.kind = STREAM_INLET, .fd = fd};
    inlet->next = c->inlets;
    c->inlets = inlet;
    c->strangers++;
    if (!watch_for(c, &inlet->end, EPOLL_CTL_ADD, EPOLLIN)) inlet_close(c, &c->inlets);
  }
}

/* Reads what is said before bytes come: 1 when it is all there, 0 when not yet, -1 at the end of the stream. */
static int read_said(ucx_inlet *inlet, uint64_t bytes) {
  const ssize_t got = recv(inlet->end.fd, (uint8_t *)&inlet->said + inlet->said_bytes, bytes - inlet->said_bytes, 0);
  if (got <= 0) return got < 0 && would_wait() ? 0 : -1;
  inlet->said_bytes += (uint64_t)got;
  if (inlet->said_bytes < bytes) return 0;
  inlet->said_bytes = 0;
  return 1;
}

/* 0: the stream is not one of this group. */
static int inlet_greets(ucx_ctx *c, ucx_inlet *inlet) {
  const int code = read_said(inlet, sizeof inlet->said.hello);
  if (code <= 0) return code == 0;
  const ucx_stream_hello *hello = &inlet->said.hello;
  if (!is_hello(c, hello)) return 0;
  ucx_peer *peer = &c->peers[hello->from];
  if (hello->session != peer->session || ucx_is_gone(peer)) return 0;
  if (!say_hello(c, &inlet->end, peer->rank)) return 0;
  inlet->peer = peer;
  c->strangers--;
  return 1;
}

/* A put has come, with all of its bytes. */
static void inlet_stored(ucx_ctx *c, ucx_inlet *inlet) {
  let_region_go(inlet);
  ucx_carried_stored(c, inlet->peer, inlet->said.head.number);
  mlk_bell_ring(&c->inner);
}

/* Whether a put's head is there, and its bytes are to follow; -1 at the end of the stream. */
static int inlet_begins(ucx_ctx *c, ucx_inlet *inlet) {
  const int code = read_said(inlet, sizeof inlet->said.head);
  if (code <= 0) return code;
  const ucx_stream_head *head = &inlet->said.head;
  inlet->left = head->bytes;
  inlet->region = ucx_carry_target(c, inlet->peer, head->handle, head->offset, head->bytes);
  inlet->target = inlet->region == NULL ? NULL : inlet->region->base + head->offset;
  if (inlet->region != NULL) {
    inlet->region->transfers++;
    inlet->peer->under_way++;
  }
  inlet->peer->heard_ns = mlk_now_ns();
  return 1;
}

/* 0 at the end of the stream. */
static int inlet_reads(ucx_ctx *c, ucx_inlet *inlet) {
  uint8_t dropped[DROP_BYTES];
  if (inlet->left == 0) {
    const int code = inlet_begins(c, inlet);
    if (code <= 0) return code == 0;
  }
  const uint64_t most = inlet->target == NULL ? sizeof dropped : PIECE_BYTES;
  const uint64_t bytes = inlet->left < most ? inlet->left : most;
  const ssize_t got = recv(inlet->end.fd, inlet->target == NULL ? dropped : inlet->target, bytes, 0);
  if (got <= 0) return got < 0 && would_wait();
  inlet->left -= (uint64_t)got;
  if (inlet->target != NULL) inlet->target += got;
  if (inlet->left == 0) inlet_stored(c, inlet);
  return 1;
}

static void inlet_moves(ucx_ctx *c, ucx_inlet *inlet) {
  if (inlet->peer == NULL ? inlet_greets(c, inlet) : inlet_reads(c, inlet)) return;
  ucx_inlet **place = &c->inlets;
  while (*place != inlet) place = &(*place)->next;
  inlet_close(c, place); /* its sender sees it, or has gone */
}

/* ---- all of them ---- */

int32_t ucx_streams_open(ucx_ctx *c) {
  const char *setting = getenv("MOELINK_TCP_STREAMS");
  const int off = setting != NULL && strcmp(setting, "off") == 0;
  if (setting != NULL && !off && strcmp(setting, "on") != 0)
    return mlk_fail(MLK_E_INVALID, "mlk_open: MOELINK_TCP_STREAMS=%s, expected on or off", setting);
  if (off) return MLK_OK;
  c->streams = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
  if (c->streams < 0 || epoll_ctl(c->watch, EPOLL_CTL_ADD, c->streams, &event) != 0)
    return mlk_fail(MLK_E_SYSTEM, "mlk_open: epoll: %s", strerror(errno));
  return MLK_OK;
}

unsigned ucx_streams_move(ucx_ctx *c) {
  if (!c->streams_used) return 0;
  struct epoll_event events[EVENTS_MAX];
  const int found = epoll_wait(c->streams, events, EVENTS_MAX, 0);
  const uint64_t closed = c->streams_closed;
  for (int i = 0; i < found && closed == c->streams_closed; i++) {
    ucx_stream_end *end = events[i].data.ptr;
    switch (end->kind) {
      case STREAM_LISTENER: accept_all(c, (ucx_listener *)end); break;
      case STREAM_OUTLET: outlet_moves(c, (ucx_outlet *)end, events[i].events); break;
      default: inlet_moves(c, (ucx_inlet *)end); break;
    }
  }
  return found > 0 ? (unsigned)found : 0;
}

void ucx_streams_end(ucx_ctx *c, ucx_peer *peer) {
  outlet_close(c, &peer->outlet);
  for (ucx_inlet **place = &c->inlets; *place != NULL;)
    if ((*place)->peer == peer) inlet_close(c, place);
    else place = &(*place)->next;
}

void ucx_streams_close(ucx_ctx *c) {
  for (uint32_t i = 0; i < c->listener_count; i++) end_close(c, &c->listeners[i].end);
  c->listener_count = 0;
  while (c->inlets != NULL) inlet_close(c, &c->inlets);
  if (c->streams >= 0) (void)close(c->streams);
  c->streams = -1;
}
