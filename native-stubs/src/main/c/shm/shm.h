/*
 * The shared-memory backend: ranks are processes (or threads) of one host.
 *
 *   control      one memfd per rank: header, signal slots, one message ring per sender; mapped by every rank
 *   region       one memfd each: the bytes, then one trailer page that identifies it; attached through /proc/PID/fd
 *   peer         pid, start time, pidfd, and the mapping of its control segment
 *
 * memfd memory has no name: when the last process that maps it ends, in whatever way, it is gone.
 */
#ifndef SHM_H
#define SHM_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stddef.h>

#include "mlk_backend.h"
#include "mlk_error.h"
#include "mlk_failure.h"
#include "mlk_memory.h"
#include "mlk_process.h"
#include "mlk_shared.h"
#include "mlk_table.h"
#include "moelink_fabric.h"

#define SHM_REGIONS_MAX 65536u
#define RING_ENTRIES 64u
#define INLINE_BYTES 64u
/* How often a rank that works or waits looks whether the others live. */
#define LIVENESS_NS 50000000

/* ---- what ranks share ---- */

enum { CONTROL_OPEN = 1, CONTROL_CLOSED = 2 };

typedef struct shm_message {
  _Atomic uint32_t state;
  uint32_t is_inline;
  uint64_t tag, bytes, offset;
  uint64_t expected; /* by the receiver, when it refused */
  union {
    uint8_t bytes[INLINE_BYTES];
    mlk_key key;
  } body;
} shm_message;

/* One sender to one receiver, in the receiver's control segment. */
typedef struct shm_ring {
  _Alignas(64) _Atomic uint64_t posted; /* by the sender */
  _Alignas(64) _Atomic uint64_t taken;  /* by the receiver */
  _Alignas(64) shm_message entries[RING_ENTRIES];
} shm_ring;

typedef struct shm_control {
  uint8_t token[TOKEN_BYTES];
  uint64_t bytes;
  int32_t rank, rank_count;
  uint32_t signal_count, abi_version;
  _Alignas(64) _Atomic uint32_t state;
  _Atomic int32_t first_closed; /* a rank that closed, -1 */
  mlk_bell bell; /* counts what arrives */
  _Alignas(64) mlk_failure failure;
} shm_control;

/* In the page behind a region's bytes. */
typedef struct shm_trailer {
  uint8_t token[TOKEN_BYTES];
  uint64_t bytes;
  _Atomic uint32_t released;
  char purpose[MLK_PURPOSE_BYTES];
} shm_trailer;

/* What is in mlk_address.bytes. */
typedef struct shm_address {
  int32_t rank, rank_count, pid, fd;
  uint64_t start_time, control_bytes, boot, pid_space;
  uint8_t token[TOKEN_BYTES], group_token[TOKEN_BYTES];
} shm_address;

/* What is in mlk_key.bytes. */
typedef struct shm_key {
  uint64_t bytes, start_time;
  uint8_t token[TOKEN_BYTES];
  int32_t rank, pid, fd;
  uint32_t zero;
} shm_key;

_Static_assert(sizeof(shm_address) <= sizeof(((mlk_address *)0)->bytes), "address fits");
_Static_assert(sizeof(shm_key) <= sizeof(((mlk_key *)0)->bytes), "key fits");
_Static_assert(sizeof(mlk_address) == MLK_ADDRESS_BYTES, "address size");
_Static_assert(sizeof(mlk_key) == MLK_KEY_BYTES, "key size");

/* ---- what a context owns ---- */

enum { REGION_OWN = 1, REGION_ATTACHED = 2, REGION_FOREIGN = 3 };

typedef struct shm_region {
  mlk_entry entry;
  uint32_t use, kind;
  int32_t owner;
  uint64_t bytes;
  mlk_shared memory;
  shm_trailer *trailer; /* null for HOST memory */
  shm_key key;
  char purpose[MLK_PURPOSE_BYTES];
} shm_region;

typedef struct shm_peer {
  int32_t pid;
  int pidfd; /* -1: this process, or a kernel without pidfd */
  int control_fd; /* that process's number for its control segment, open for as long as it lives and has not closed */
  uint64_t start_time;
  mlk_shared memory;
  shm_control *control;
  _Atomic uint32_t dead;
  /* messages to this peer that were staged, by ring entry; 0: none */
  uint64_t staged[RING_ENTRIES];
  /* for receiving: the region of this peer that messages came from last */
  uint64_t cached;
} shm_peer;

typedef struct shm_ctx {
  int32_t rank, rank_count;
  uint32_t signal_count, compute_units;
  int64_t timeout_ns;
  uint8_t group_token[TOKEN_BYTES];
  char group_name[64];
  uint64_t start_time;
  mlk_shared memory;
  shm_control *control;
  shm_peer *peers; /* [rank_count] */
  _Atomic uint32_t connected;
  _Atomic uint32_t closing;
  mlk_waits waits;
  _Atomic int64_t next_liveness_ns;
  _Atomic int32_t dead_rank;   /* seen to be dead, -1 for none */
  _Atomic int32_t failed_rank; /* of this context's last failure by a rank */
  pthread_mutex_t lock;        /* regions, connect, messages */
  mlk_table regions;           /* of shm_region */
  spc_pool *pool;
} shm_ctx;

#define SHM_CALL(token, expression) MLK_CALL(shm_ctx, token, expression)

/* control.c */
uint64_t shm_control_bytes(int32_t rank_count, uint32_t signal_count);
_Atomic int64_t *shm_slots(shm_control *control);
shm_ring *shm_ring_of(shm_control *control, int32_t sender);

/* peer.c */
int32_t shm_check_rank(shm_ctx *c, const char *call, int32_t rank); /* exists and is connected */
int32_t shm_check_group(shm_ctx *c, const char *call);              /* fails when the group was aborted */
/* Looks now, or when it is due, whether all ranks live; a death is told to all. */
void shm_check_liveness(shm_ctx *c, int now);
int32_t shm_dead(shm_ctx *c, const char *call, int32_t rank);
/* The reason of a failure to reach memory of a rank: its death or close, else code. */
int32_t shm_unreached(shm_ctx *c, const char *call, int32_t rank, int32_t code);
int shm_has_closed(shm_ctx *c, int32_t rank);
int32_t shm_closed(shm_ctx *c, const char *call, int32_t rank);
void shm_tell_failure(shm_ctx *c, int32_t code, int32_t rank, const char *text);
void shm_say_goodbye(shm_ctx *c);
void shm_disconnect(shm_ctx *c);

/* region.c */
/* A region that the host can load; checks generation and release. */
int32_t shm_region_find(shm_ctx *c, const char *call, uint64_t handle, shm_region **region);
/* Address of a range of a region. */
int32_t shm_region_range(shm_ctx *c, const char *call, const char *what, uint64_t handle, uint64_t offset,
                         uint64_t bytes, shm_region **region, uint8_t **address);
int32_t shm_region_alloc(shm_ctx *c, const char *call, const mlk_region_request *request, uint64_t *handle);
int32_t shm_region_attach(shm_ctx *c, const char *call, int32_t rank, const mlk_key *key, uint64_t *handle);
int32_t shm_region_release(shm_ctx *c, const char *call, uint64_t handle);
int32_t shm_region_export(shm_ctx *c, const char *call, uint64_t handle, mlk_key *key);
void shm_regions_free(shm_ctx *c);

#endif
