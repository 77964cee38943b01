/*
 * The UCX backend: ranks anywhere, over what UCX finds between them.
 *
 *   context   one ucp context and worker, a lock for both, and a thread that progresses the worker: transfers that UCX
 *             emulates (TCP has no remote writes) need the target's help, whatever its own threads do
 *   note      an active message between two ranks: signals, words, failures, goodbyes, keys of regions, messages
 *   control   memory of a rank that others change: its signal slots and its bell, by stores of ranks that can load it,
 *             and for each other rank how many of its puts are there, which that rank puts itself (post.c)
 *   region    memory that UCX knows, and that ranks of this host map where UCX may use shared memory with them
 *   beat      signs of life, for what neither UCX nor a pidfd sees
 *   peer      an endpoint, a pidfd where the rank's process is on this host
 *
 * A signal to a rank whose memory can be loaded is a store, and a futex where somebody sleeps. To other ranks signals
 * are notes and not remote writes, for one reason: a remote write wakes nobody. A note is handled by the target, which
 * stores the value and wakes who sleeps, the same on all transports.
 */
#ifndef UCX_H
#define UCX_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "library.h"
#include "mlk_backend.h"
#include "mlk_error.h"
#include "mlk_failure.h"
#include "mlk_memory.h"
#include "mlk_process.h"
#include "mlk_shared.h"
#include "mlk_table.h"
#include "moelink_fabric.h"
#include "said.h"
#include "stream.h"

#define UCX_REGIONS_MAX 65536u
#define UCX_MESSAGES_MAX 64u
/* Payload of a note that is copied into it; longer ones get memory of their own. */
#define UCX_BODY_BYTES 256u
/* Notes under way of one rank, or held back by it; who posts more waits. */
#define UCX_NOTES_MAX 65536u
/* Posted puts of one rank whose sources are not free yet. A power of two. */
#define UCX_PUTS_MAX 1024u
/* Carried puts of one rank that may be here while an earlier one is not. A power of two. */
#define UCX_WINDOW 4096u
/* The name of a network device, with its end. */
#define UCX_DEVICE_BYTES 64

/* ---- what a context owns ---- */

struct ucx_peer;

/* A note, put or get that UCX may still be working on. */
typedef struct ucx_op {
  struct ucx_op *next;
  struct ucx_peer *peer;
  ucx_note note;
  const void *payload;
  uint64_t payload_bytes;
  void *own_payload; /* freed with it */
  ucs_status_t status;
  uint32_t done, abandoned; /* of a put or get: nobody waits any more */
  uint64_t ticket;            /* of a posted put, else 0 */
  struct ucx_region *source;  /* of a posted put; of one that is carried here, where it goes */
  uint8_t body[UCX_BODY_BYTES];
} ucx_op;

typedef struct ucx_outgoing {
  uint32_t state; /* message.c */
  uint32_t passed; /* by the receiver */
  uint64_t bytes, expected;
  const uint8_t *source;
} ucx_outgoing;

typedef struct ucx_incoming {
  uint64_t bytes, tag;
  uint32_t withdrawn;
} ucx_incoming;

/* Messages with one peer, by sequence modulo UCX_MESSAGES_MAX. */
typedef struct ucx_mail {
  uint64_t posted, passed; /* sent: how many, and how many from the first on that the receiver is done with */
  uint64_t arrived, taken; /* to be received */
  uint32_t waiting, fetching;
  uint8_t *target; /* where the bytes of `taken` go, while they are waited for */
  ucx_outgoing out[UCX_MESSAGES_MAX];
  ucx_incoming in[UCX_MESSAGES_MAX];
} ucx_mail;

typedef struct ucx_peer {
  struct ucx_ctx *ctx;
  int32_t rank, pid;
  int pidfd; /* -1: not on this host, this process, or a kernel without pidfd */
  uint64_t start_time;
  int on_host;       /* its process can be looked at */
  int reports_death; /* UCX does, so that its endpoint can be closed by force */
  ucp_ep_h ep;
  _Atomic uint32_t loads;
  uint32_t greeted, said_bye;
  _Atomic uint32_t closed, dead;
  uint64_t session, sent, received;
  /* puts and gets: how many went out, how many of these the peer was told of, and a flush has confirmed */
  uint64_t issued, told, confirmed, flush_covers;
  uint32_t flushing, flush_asked;
  /* whether notes carry puts to it; how many are under way; how many were issued when none was; those of it, by number */
  uint32_t carried, carrying;
  uint64_t arrived_before;
  uint64_t streamed; /* the last put that went by a stream */
  ucx_outlet outlet;
  uint8_t window[UCX_WINDOW];
  uint64_t under_way; /* requests that UCX has, puts that its streams have */
  int64_t heard_ns;   /* when the last note of it came; 0: none since the connect */
  ucx_held *first_held, *last_held;
  /* its control memory: as it is mapped here, or else how to put to this rank's counter in it */
  mlk_shared mapping;
  ucx_control *control;
  ucp_rkey_h control_key;
  uint64_t counter_address;
  ucx_mail *mail;
} ucx_peer;

enum { REGION_OWN = 1, REGION_ATTACHED = 2, REGION_FOREIGN = 3 };

typedef struct ucx_region {
  mlk_entry entry;
  uint32_t use, kind;
  int32_t owner;
  uint64_t bytes, handle;
  uint8_t *base; /* null: cannot be loaded */
  mlk_shared mapping; /* of which base is the start, where it is ours to end */
  _Atomic uint32_t stale; /* released by its owner */
  char purpose[MLK_PURPOSE_BYTES];
  uint8_t token[TOKEN_BYTES];
  /* own SHARED */
  ucp_mem_h memory;
  void *packed;
  uint64_t packed_bytes;
  uint32_t *holders; /* [rank_count], attachments by rank */
  uint32_t unreleased; /* holders that have not let go yet */
  uint32_t transfers;  /* posted puts that read it, and carried ones that are stored there */
  /* attached */
  ucp_rkey_h key;
  uint64_t owner_handle, address;
} ucx_region;

/* An attach that waits for its owner's answer; one at a time. */
typedef struct ucx_attach {
  uint64_t request, owner_handle, bytes;
  int32_t rank, code;
  uint32_t pending, unreached;
  uint64_t handle;
  char text[MLK_TEXT_BYTES];
} ucx_attach;

typedef struct ucx_ctx {
  int32_t rank, rank_count;
  uint32_t signal_count, compute_units;
  int64_t timeout_ns;
  uint8_t group_token[TOKEN_BYTES];
  uint64_t group, session;
  char group_name[64];
  ucp_context_h context;
  ucp_worker_h worker;
  ucp_address_t *address;
  size_t address_bytes;
  int shares; /* UCX may use shared memory here */
  ucx_region control_memory;
  ucx_control *control; /* with the bell of what arrives */
  _Atomic uint64_t *counters; /* [rank_count], puts of each that are here */
  _Atomic int64_t *slots;
  ucx_peer *peers; /* [rank_count] */
  mlk_bell inner; /* what completes */
  mlk_waits waits;
  mlk_failure failure;
  _Atomic uint32_t connected, closing, stopping;
  _Atomic int32_t failed_rank, first_closed;
  pthread_mutex_t lock;        /* worker, peers, regions, messages */
  pthread_mutex_t attach_lock; /* one attach at a time; taken before lock */
  mlk_table regions;           /* of ucx_region */
  ucx_attach attach;
  ucx_op *free_ops;
  uint64_t live_ops, held;
  /* posted puts: all up to freed have free sources, and of the next UCX_PUTS_MAX those that are marked */
  uint64_t posted;
  _Atomic uint64_t freed;
  _Atomic uint8_t source_free[UCX_PUTS_MAX];
  uint32_t free_asked; /* somebody waits for one of them */
  uint32_t asleep;     /* the thread, or about to be */
  _Atomic uint32_t spinning; /* threads that progress the worker while they wait */
  _Atomic int64_t driven_ns; /* when another thread than its own progressed the worker last; 0: it goes to sleep */
  mlk_bell rest;             /* on which the thread sleeps while others do its work */
  int64_t looked_ns, beat_ns; /* beat.c: when the thread was last there, and when it last said so */
  int watch; /* epoll: the worker, the processes of peers, and streams */
  int streams; /* epoll: their ends; -1: there are to be none */
  uint32_t streams_used;
  uint64_t streams_closed; /* how many ends */
  ucx_listener listeners[UCX_LISTENERS_MAX];
  uint32_t listener_count, strangers; /* inlets that have not said whose they are */
  ucx_inlet *inlets;
  pthread_t thread;
  int has_thread;
  spc_pool *pool;
} ucx_ctx;

#define UCX_CALL(token, expression) MLK_CALL(ucx_ctx, token, expression)

/* "Locked": the caller holds c->lock. Callbacks of UCX run locked. */

/* worker.c */
int32_t ucx_worker_open(ucx_ctx *c);
int32_t ucx_thread_start(ucx_ctx *c);
void ucx_thread_stop(ucx_ctx *c);
/* Has the thread look again: there is work that no arrival will announce. Locked. */
void ucx_kick(ucx_ctx *c);
/* Moves what UCX and streams have; how much there was to do. Locked. */
unsigned ucx_move(ucx_ctx *c);
/* A peer that ended, unless it says goodbye in what it has still sent. Locked. */
void ucx_lost(ucx_ctx *c, ucx_peer *peer, const char *how);
/* The thread is needed: who did its work goes to sleep. */
void ucx_hand_over(ucx_ctx *c);
/* Wakes all that wait here, for arrivals and completions. */
void ucx_ring_all(ucx_ctx *c);
typedef int (*ucx_condition)(ucx_ctx *c, void *argument);
/*
 * Locked; lets go of the lock while it waits. Until the condition holds: MLK_OK. Ends early when the peer, if not null,
 * dies or closes, and with `group` when the group fails; at the end MLK_E_TIMEOUT. All with a text.
 */
int32_t ucx_await(ucx_ctx *c, const char *call, ucx_peer *peer, int group, ucx_condition holds, void *argument,
                  int64_t limit_ns);
int32_t ucx_status(const char *call, const char *what, int32_t rank, ucs_status_t status);

/* post.c: locked */
ucx_op *ucx_op_new(ucx_ctx *c, ucx_peer *peer);
void ucx_op_free(ucx_ctx *c, ucx_op *op);
/* Sends a note that counts after all earlier puts and notes to the peer. The payload is copied. MLK_OK, or no memory. */
int32_t ucx_post(ucx_ctx *c, ucx_peer *peer, const ucx_note *note, const void *payload, uint64_t bytes);
/* The same with a payload that stays the caller's until the op is done. */
int32_t ucx_post_in_place(ucx_ctx *c, ucx_peer *peer, const ucx_note *note, const void *payload, uint64_t bytes);
/* Whose it is. */
void ucx_sign(const ucx_ctx *c, ucx_note *note);
/* At once and outside the order, on an endpoint that may be the answer's only one. */
void ucx_answer(ucx_ctx *c, ucx_peer *peer, ucp_ep_h ep, const ucx_note *note, const void *payload, uint64_t bytes);
/* Starts the flush that was asked for. */
void ucx_flush(ucx_ctx *c, ucx_peer *peer);
void ucx_flushed(ucx_ctx *c, ucx_peer *peer);
int ucx_is_idle(const ucx_peer *peer);
/* Waits while too many notes are under way. */
int32_t ucx_room(ucx_ctx *c, const char *call);

/* beat.c: says a word to the others, and looks who has not for too long. Locked, by the thread. */
void ucx_beat(ucx_ctx *c);

/* note.c */
int32_t ucx_handlers_set(ucx_ctx *c);
/* Has UCX bring the bytes of a note to a target, in a region of puts or null. Locked. */
ucs_status_t ucx_fetch(ucx_ctx *c, ucx_peer *peer, const ucx_note *note, void *data, uint8_t *target, uint64_t bytes,
                       ucx_region *region);
/* Hands on notes that were held back and whose puts are there. Locked. */
void ucx_take_held(ucx_ctx *c);
void ucx_drop_held(ucx_ctx *c, ucx_peer *peer); /* locked */

/* peer.c */
int ucx_is_gone(const ucx_peer *peer);
int32_t ucx_check_rank(ucx_ctx *c, const char *call, int32_t rank);
int32_t ucx_check_group(ucx_ctx *c, const char *call);
int32_t ucx_dead(ucx_ctx *c, const char *call, int32_t rank);
int32_t ucx_closed(ucx_ctx *c, const char *call, int32_t rank);
/* The reason why a peer is gone. */
int32_t ucx_gone(ucx_ctx *c, const char *call, ucx_peer *peer);
void ucx_declare_dead(ucx_ctx *c, ucx_peer *peer, const char *how); /* locked */
void ucx_declare_closed(ucx_ctx *c, ucx_peer *peer);                /* locked */
void ucx_tell_failure(ucx_ctx *c, int32_t code, int32_t rank, const char *text); /* locked */
void ucx_goodbye(ucx_ctx *c);

/* connect.c */
void ucx_disconnect(ucx_ctx *c);
/* Ends what UCX does for a peer; with it go the transfers that are under way. Locked. */
void ucx_end_endpoint(ucx_ctx *c, ucx_peer *peer);
int32_t ucx_control_open(ucx_ctx *c);
_Atomic int64_t *ucx_slots(ucx_control *control);
void ucx_greeted(ucx_ctx *c, ucx_peer *peer, const void *payload, uint64_t bytes);

/* memory.c */
int32_t ucx_memory_alloc(ucx_ctx *c, const char *call, ucx_region *region);
void ucx_memory_free(ucx_ctx *c, ucx_region *region);
/* What another rank needs to reach memory; its size, at most UCX_PAYLOAD_MAX. */
uint64_t ucx_offer_write(const ucx_region *region, uint8_t *offer);
/* Maps what a rank of this host offers. */
int32_t ucx_offer_map(const char *call, const ucx_offer *offer, mlk_shared *mapping);

/* region.c */
int32_t ucx_region_find(ucx_ctx *c, const char *call, uint64_t handle, ucx_region **region);
/* A range that is inside; *address is null when it cannot be loaded. */
int32_t ucx_region_range(ucx_ctx *c, const char *call, const char *what, uint64_t handle, uint64_t offset,
                         uint64_t bytes, ucx_region **region, uint8_t **address);
/* The same, and it must be loadable. */
int32_t ucx_region_local(ucx_ctx *c, const char *call, const char *what, uint64_t handle, uint64_t offset,
                         uint64_t bytes, ucx_region **region, uint8_t **address);
/* Locked. */
int32_t ucx_region_add(ucx_ctx *c, const char *call, const ucx_region *filled, uint64_t *handle);
void ucx_regions_free(ucx_ctx *c, uint32_t use);

/* attach.c: locked */
void ucx_asked_to_attach(ucx_ctx *c, ucx_peer *peer, const ucx_note *note, const void *payload, uint64_t bytes);
void ucx_attach_answered(ucx_ctx *c, ucx_peer *peer, const ucx_note *note, const void *payload, uint64_t bytes);
void ucx_detached(ucx_ctx *c, ucx_peer *peer, uint64_t handle);
void ucx_owner_released(ucx_ctx *c, ucx_peer *peer, uint64_t handle);
void ucx_released_back(ucx_ctx *c, ucx_peer *peer, uint64_t handle);
void ucx_forget_holder(ucx_ctx *c, ucx_peer *peer);
/* Own memory, when all holders have let go of it; frees it. */
int32_t ucx_take_back(ucx_ctx *c, const char *call, ucx_region *region);
int32_t ucx_let_go(ucx_ctx *c, ucx_region *region);

/* transfer.c */
void ucx_word_arrived(ucx_ctx *c, const ucx_note *note); /* locked */

/* put.c */
/* Through UCX. Without a ticket it returns when the source may be changed; else with the put's number, or 0 if it may. */
int32_t ucx_put(ucx_ctx *c, const char *call, uint8_t *local, uint64_t src, uint64_t dst, uint64_t offset,
                uint64_t bytes, uint64_t *ticket);
int32_t ucx_get(ucx_ctx *c, const char *call, uint8_t *local, uint64_t src, uint64_t offset, uint64_t bytes);
/* A put that was under way is sent, or has failed. Locked. */
void ucx_put_ended(ucx_ctx *c, ucx_op *op, ucs_status_t status);
/* Ends the transfers from and to a region, by force if need be. MLK_OK, or UCX does not let go of it. Locked. */
int32_t ucx_end_transfers(ucx_ctx *c, const char *call, ucx_region *region);

/* carry.c: locked */
/* Whether notes and a stream are to carry puts to a peer: nothing but TCP leads to it, from a device of that name. */
int ucx_carries(const ucx_peer *peer, char device[UCX_DEVICE_BYTES]);
/* Whether the next put is to go by a stream. */
int ucx_carry_streams(const ucx_peer *peer, uint64_t bytes);
/* Has it go; 1: it is sent, and its op is free, 0: it is under way. */
int ucx_carry_by_stream(ucx_ctx *c, ucx_peer *peer, ucx_op *op, const void *local, const ucx_region *region,
                        uint64_t offset, uint64_t bytes);
/* MLK_OK, or MLK_AGAIN where too many are under way and the caller may not wait. */
int32_t ucx_carry_room(ucx_ctx *c, const char *call, ucx_peer *peer, int may_wait);
/* Instead of ucp_put_nbx. */
ucs_status_ptr_t ucx_carry(ucx_peer *peer, ucx_op *op, const void *local, const ucx_region *region, uint64_t offset,
                           uint64_t bytes, const ucp_request_param_t *param);
void ucx_carried(ucx_ctx *c, ucx_peer *peer, const ucx_note *note, void *data, uint64_t bytes, int to_fetch);
/* Own memory that a peer has attached, or null. */
ucx_region *ucx_carry_target(ucx_ctx *c, const ucx_peer *peer, uint64_t handle, uint64_t offset, uint64_t bytes);
/* A put of that number is stored. */
void ucx_carried_stored(ucx_ctx *c, ucx_peer *peer, uint64_t number);
/* One that was fetched is stored, or came to nothing. */
void ucx_carried_ended(ucx_ctx *c, ucx_op *op, int came);
/* A peer begins to count anew. */
void ucx_carry_restart(ucx_peer *peer);

/* stream.c: locked */
int32_t ucx_streams_open(ucx_ctx *c);
void ucx_streams_close(ucx_ctx *c);
/* Ends those from and to a peer, and what is under way on them. */
void ucx_streams_end(ucx_ctx *c, ucx_peer *peer);
/* Accepts, sends and receives; how much there was to do. */
unsigned ucx_streams_move(ucx_ctx *c);
/* Says where this rank listens for a peer that it reaches by a device. */
void ucx_stream_offer(ucx_ctx *c, ucx_peer *peer, const char *device);
void ucx_stream_offered(ucx_ctx *c, ucx_peer *peer, const ucx_note *note);
int ucx_stream_takes(const ucx_peer *peer);
/* Sends the put of an op that has its note and payload; 1: it is sent, 0: it is under way. */
int ucx_stream_put(ucx_ctx *c, ucx_peer *peer, ucx_op *op);

/* message.c: locked */
void ucx_message_noted(ucx_ctx *c, ucx_peer *peer, const ucx_note *note);
/* Where the bytes of a DATA note go; null: nobody waits for them. */
uint8_t *ucx_data_target(ucx_peer *peer, const ucx_note *note, uint64_t bytes);
void ucx_data_ended(ucx_ctx *c, ucx_peer *peer, const ucx_note *note, int came);
void ucx_data_sent(ucx_ctx *c, ucx_op *op);

#endif
