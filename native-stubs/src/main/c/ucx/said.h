/* What ranks say to each other: addresses, keys and notes, and the memory in which others write without a note. */
#ifndef UCX_SAID_H
#define UCX_SAID_H

#include <stdint.h>
#include <ucp/api/ucp.h>

#include "mlk_bell.h"
#include "mlk_memory.h"
#include "moelink_fabric.h"

/* Payload of a note. */
#define UCX_PAYLOAD_MAX 4096u

typedef enum ucx_kind {
  NOTE_HELLO = 1,  /* answered by HELLO_BACK */
  NOTE_HELLO_BACK, /* payload ucx_offer of the sender's probe */
  NOTE_BYE,        /* the last of a rank; answered by BYE_BACK */
  NOTE_BYE_BACK,
  NOTE_FAILURE, /* a = code, b = rank; payload the text */
  NOTE_SIGNAL,  /* a = signal, c = value */
  NOTE_SIGNAL_ADD,
  NOTE_WORD, /* a = handle, b = offset, c = value */
  NOTE_WORD_ADD,
  NOTE_ATTACH,        /* a = handle, b = bytes, c = request; payload the token */
  NOTE_ATTACHED,      /* a = code, c = request; payload ucx_offer */
  NOTE_DETACH,        /* a = handle */
  NOTE_RELEASED,      /* a = handle; answered by RELEASED_BACK when nothing more will go to that memory */
  NOTE_RELEASED_BACK, /* a = handle */
  NOTE_MESSAGE,       /* a = sequence, b = bytes, c = tag; see message.c */
  NOTE_WITHDRAW,      /* a = sequence, as in all that follow */
  NOTE_TAKE,
  NOTE_PASSED,
  NOTE_REFUSE, /* b = bytes expected */
  NOTE_DATA,   /* payload the bytes */
  NOTE_GONE,
  NOTE_BEAT, /* a sign of life */
  NOTE_PUT,  /* a = handle, b = offset, c = number; payload the bytes; see carry.c */
  NOTE_FLUSH, /* answered by FLUSHED */
  NOTE_FLUSHED,
  NOTE_STREAM /* a = IPv4 address, b = port, both as in the network; see stream.c */
} ucx_kind;

/* The header of a note. */
typedef struct ucx_note {
  uint64_t group;    /* of the group's token: a stranger's notes are dropped */
  uint64_t session;  /* of the sender's context */
  uint64_t sequence; /* counts the notes of one rank to one rank, from 1; 0: outside the order */
  int32_t from;
  uint32_t kind;
  uint64_t a, b;
  int64_t c;
  uint64_t after; /* puts of the sender to the receiver that must be there before it counts */
} ucx_note;

/* The start of what others change in a rank's memory; counters of ranks and signal slots follow. */
typedef struct ucx_control {
  mlk_bell bell;
  _Alignas(64) uint64_t signal_count, rank_count;
} ucx_control;

/* A note that came before the puts that it is behind. */
typedef struct ucx_held {
  struct ucx_held *next;
  ucx_note note;
  ucp_ep_h reply;
  uint64_t bytes;
  uint8_t payload[];
} ucx_held;

/* What an owner tells a rank that attaches. */
typedef struct ucx_offer {
  uint64_t address, mapped;
  int32_t pid, fd;
  uint32_t kind, key_bytes; /* UCX's key follows */
  char purpose[MLK_PURPOSE_BYTES];
} ucx_offer;

#define UCX_WORKER_ADDRESS_MAX 1952u

/* What is in mlk_address.bytes. */
typedef struct ucx_address {
  int32_t rank, rank_count, pid;
  uint32_t worker_bytes;
  uint64_t start_time, boot, pid_space, node;
  uint64_t check; /* of all the rest: UCX trusts what it is given */
  uint32_t shares, zero;
  uint8_t group_token[TOKEN_BYTES];
  uint8_t worker[UCX_WORKER_ADDRESS_MAX];
} ucx_address;

/* What is in mlk_key.bytes. */
typedef struct ucx_key {
  uint64_t bytes, handle;
  uint8_t token[TOKEN_BYTES];
  int32_t rank;
  uint32_t zero;
  uint64_t group;
} ucx_key;

_Static_assert(sizeof(ucx_address) <= sizeof(((mlk_address *)0)->bytes), "address fits");
_Static_assert(sizeof(ucx_key) <= sizeof(((mlk_key *)0)->bytes), "key fits");

#endif
