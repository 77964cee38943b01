/* The TCP connections on which large puts go to ranks that nothing but TCP leads to. */
#ifndef UCX_STREAM_H
#define UCX_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "mlk_memory.h"

struct ucx_op;
struct ucx_peer;
struct ucx_region;

/* Addresses of this host at which a rank listens. */
#define UCX_LISTENERS_MAX 8

typedef enum ucx_stream_kind { STREAM_LISTENER = 1, STREAM_OUTLET, STREAM_INLET } ucx_stream_kind;

/* What epoll tells of. */
typedef struct ucx_stream_end {
  uint32_t kind;
  int fd; /* -1: none */
} ucx_stream_end;

typedef struct ucx_listener {
  ucx_stream_end end;
  uint32_t address; /* IPv4, as in the network */
  uint16_t port;    /* the same */
} ucx_listener;

/* What a rank says first, and what it is answered. */
typedef struct ucx_stream_hello {
  uint8_t token[TOKEN_BYTES]; /* of the group */
  uint64_t session;           /* of who says it */
  int32_t from, to;
} ucx_stream_hello;

/* What comes before the bytes of a put. */
typedef struct ucx_stream_head {
  uint64_t handle, offset, bytes, number; /* see NOTE_PUT */
} ucx_stream_head;

typedef enum ucx_outlet_state { OUTLET_NONE = 0, OUTLET_CONNECTS, OUTLET_GREETS, OUTLET_READY } ucx_outlet_state;

/* Where a rank sends to a peer. */
typedef struct ucx_outlet {
  ucx_stream_end end;
  struct ucx_peer *peer;
  uint32_t state;
  uint64_t session;            /* of the one that is to answer */
  ucx_stream_hello answer;     /* as far as it has come */
  uint64_t answer_bytes;
  struct ucx_op *first, *last; /* puts that are not all sent, in their order */
  uint64_t sent;               /* bytes of the first, its head included */
} ucx_outlet;

/* Where a rank receives. */
typedef struct ucx_inlet {
  ucx_stream_end end;
  struct ucx_inlet *next;
  struct ucx_peer *peer; /* null until it has said who it is */
  union {
    ucx_stream_hello hello;
    ucx_stream_head head;
  } said;
  uint64_t said_bytes;       /* of what is said */
  uint64_t left;             /* bytes of the put at hand that are still to come */
  uint8_t *target;           /* where the next of them goes; null: nowhere */
  struct ucx_region *region; /* that it goes to, or null */
} ucx_inlet;

#endif
