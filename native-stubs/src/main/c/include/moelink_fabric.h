/*
 * moelink_fabric.h: the C side of a moelink fabric. The only header that Java binds; every backend
 * (shm, ucx, cuda, a card vendor's own) is a shared library that implements it. One file, though a long one,
 * since it is all that a vendor reads.
 *
 * Rules
 *   - Every function returns MLK_OK (0) or a negative mlk_code, never exits and never throws. The text
 *     of the calling thread's last failure is mlk_last_error(): what, which rank, expected, found.
 *   - Every struct that crosses starts with its size and a magic number; sizes only grow at the end. The two that
 *     are parts of others, mlk_operand and mlk_rows, are frozen instead.
 *   - A context is a token, never a pointer to follow: calls with a closed context give
 *     MLK_E_CLOSED. No callbacks.
 *   - MLK_ABI_VERSION counts up with every function that is added: 2 has mlk_put_post and mlk_put_test. A struct that
 *     must change otherwise gets another magic number, and the version counts up, too: 3 has scatters to several targets.
 *     So it does with a changed call: 4 has mlk_activity_wait with arrivals.
 *   - No call blocks: a wait returns after at most MLK_SLICE_NS_MAX, so that the caller sees its own
 *     interrupts, deadlines and close. The calls that may take longer are mlk_open, mlk_connect,
 *     mlk_close, mlk_region_attach and mlk_region_release, which ask other ranks, and copies, messages and kernels,
 *     for the time that their bytes take; what they wait for others for ends after timeout_ns.
 *   - Memory is named by region and offset. Only a region whose mlk_region_info.address is not 0 can
 *     be loaded by the host.
 *
 * Threads. Any thread may call any function, at any time, with these limits, which the caller sees to: a
 * region is not released while a call of this process uses it; messages between two ranks have an
 * order only if one thread sends (receives) at a time. mlk_close waits for the calls that are under way.
 *
 * Memory order. What a rank wrote or put before it signalled is seen by a rank that has seen the
 * signal, by mlk_signal_wait, mlk_signal_read or mlk_recv: signals are release stores after the bytes,
 * also after non-temporal ones, and acquire loads before the reader goes on.
 *
 * Queue-pair semantics. Any number of puts may be in flight to a peer; they may arrive in any order
 * among themselves; the source may be changed when mlk_put returns, or, of a put that was posted, when
 * mlk_put_test says so; mlk_put_signal's signal comes after its bytes and those of all earlier puts to
 * that peer, posted ones included; mlk_flush says when earlier puts are there.
 * Completion is polled, by signal or flush, never called back.
 *
 * What DeepEP's kernels ask of their device-side RDMA library, and where it is here
 *
 *   DeepEP (NVSHMEM, IBGDA)             here                    note
 *   ----------------------------------- ----------------------- ------------------------------------
 *   nvshmemi_ibgda_put_nbi_warp         mlk_put, mlk_put_post   bytes by region + offset; one call
 *                                                               writes its own work requests
 *   nvshmemi_ibgda_rma_p (inline value) mlk_put_value           a small inline write into a slot
 *   nvshmemi_ibgda_amo_nonfetch_add     mlk_atomic_add          remote add, no value comes back
 *   put_nbi then amo_nonfetch_add       mlk_put_signal          bytes first, then the slot
 *   ld_acquire_sys_global polling       mlk_signal_wait/_read   acquire; sliced, with a liveness check
 *   ibgda_get_lkey_and_rkey             mlk_region_export and   the remote key look-up is made once,
 *                                       mlk_region_attach       at attach; the handle stands for it
 *   nvshmemi_get_p2p_ptr                mlk_region_info         address is 0 when the peer's memory
 *                                                               cannot be loaded directly
 *   nvshmemi_ibgda_quiet                mlk_flush               per peer
 *   ibgda_submit_requests (doorbells)   mlk_progress            a backend that batches doorbells rings
 *                                                               them here, in mlk_flush and in waits
 *   nvshmem barriers, timeouts, trap    mlk_abort and the       a dead or aborted rank fails every
 *                                       failure codes           wait, with its number
 */
#ifndef MOELINK_FABRIC_H
#define MOELINK_FABRIC_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define MLK_API __attribute__((visibility("default")))
#else
#define MLK_API
#endif

#define MLK_ABI_VERSION 4u
/* Longest time that one wait call takes. */
#define MLK_SLICE_NS_MAX 20000000
#define MLK_ADDRESS_BYTES 2048u
#define MLK_KEY_BYTES 64u
#define MLK_PURPOSE_BYTES 64u
#define MLK_RANKS_MAX 4096
#define MLK_SIGNALS_MAX (1u << 24)
#define MLK_COMPUTE_UNITS_MAX 256u
#define MLK_REGION_BYTES_MAX (INT64_C(1) << 42)
/* An operand with this region is memory of this process: its offset is an address. */
#define MLK_HOST UINT64_C(0)
#define MLK_ANY_RANK (-1)

typedef enum mlk_code {
  MLK_OK = 0,
  /* Normal states, not faults. */
  MLK_TIMEOUT_SLICE = -1, /* the slice is over, the condition does not hold yet */
  MLK_AGAIN = -2,         /* nothing there yet, or no room yet */
  MLK_E_TIMEOUT = -3,     /* the caller's own timeout is over */
  /* Faults of the caller. */
  MLK_E_INVALID = -10,     /* null, negative, out of range */
  MLK_E_STRUCT = -11,      /* wrong size or magic of a struct */
  MLK_E_RANGE = -12,       /* offset, row or index beyond its region or limit */
  MLK_E_HANDLE = -13,      /* no such region, or released */
  MLK_E_KEY = -14,         /* not a key of that rank */
  MLK_E_PEER = -15,        /* no such rank, or not connected */
  MLK_E_ALIGN = -16,       /* misaligned word */
  MLK_E_UNSUPPORTED = -17, /* this backend cannot */
  MLK_E_CLOSED = -18,      /* the context is closed, or never was */
  MLK_E_STATE = -19,       /* wrong time: connected twice and the like */
  MLK_E_LENGTH = -20,      /* sender and receiver expect different sizes */
  /* Faults outside the call. */
  MLK_E_STALE_KEY = -30,   /* that region is released, or its owner is gone */
  MLK_E_NO_MEMORY = -31,
  MLK_E_SYSTEM = -32,      /* a system call failed */
  MLK_E_PEER_DEAD = -33,   /* a rank died; mlk_failed_rank has its number */
  MLK_E_PEER_CLOSED = -34, /* a rank that is waited for has left; mlk_failed_rank has its number */
  MLK_E_ABORTED = -35      /* a rank called mlk_abort; mlk_failed_rank has the rank at fault */
} mlk_code;

typedef enum mlk_memory_kind { MLK_MEM_HOST = 0, MLK_MEM_SHARED = 1, MLK_MEM_DEVICE = 2 } mlk_memory_kind;

typedef enum mlk_type { MLK_BF16 = 0, MLK_FP16 = 1, MLK_FP32 = 2 } mlk_type;

/* mlk_caps.flags */
#define MLK_CAP_REMOTE_LOADS 1u  /* kernels can load regions of some other rank; mlk_loads says of which */
#define MLK_CAP_DEVICE_MEMORY 2u /* MLK_MEM_DEVICE can be allocated */
#define MLK_CAP_REGISTER 4u      /* mlk_region_register works */

/* mlk_region_request.flags */
#define MLK_REGION_POPULATE 1u /* touch all pages now, not when first used */

#define MLK_MAGIC_CONFIG 0x31474643u
#define MLK_MAGIC_CAPS 0x31504143u
#define MLK_MAGIC_ADDRESS 0x31524441u
#define MLK_MAGIC_REQUEST 0x31514552u
#define MLK_MAGIC_REGION 0x31474552u
#define MLK_MAGIC_KEY 0x3159454bu
#define MLK_MAGIC_RECEIVED 0x31564352u
#define MLK_MAGIC_GATHER 0x31544147u
#define MLK_MAGIC_SCATTER 0x32544353u
#define MLK_MAGIC_REDUCE 0x31444552u
#define MLK_MAGIC_DOT 0x31544f44u
#define MLK_MAGIC_SCALE 0x314c4353u
#define MLK_MAGIC_REORDER 0x3144524fu
#define MLK_MAGIC_FILL 0x314c4946u

typedef struct mlk_ctx mlk_ctx;

typedef struct mlk_config {
  uint32_t size, magic;
  int32_t rank, rank_count;
  uint32_t signal_count;  /* slots of 64 bits of this rank, 1..MLK_SIGNALS_MAX, all 0 at first */
  uint32_t compute_units; /* threads that a kernel may use, the caller's included, from 1 */
  int64_t timeout_ns;     /* longest time that mlk_connect may take, and any other call that needs another rank */
  uint8_t group_token[16]; /* random bytes, the same on all ranks of a group */
  char group_name[64];     /* in messages; ends with 0 */
} mlk_config;

typedef struct mlk_caps {
  uint32_t size, magic;
  uint32_t abi_version, flags;
  uint64_t message_bytes_max;
  uint64_t page_bytes;
  uint64_t streaming_bytes; /* outputs of kernels from this size on bypass the cache */
  uint32_t compute_units;
  uint32_t signal_count;
  char backend[16];
  char isa[16]; /* avx512, avx2, baseline, neon */
} mlk_caps;

/* How the other ranks reach this one: bytes for an all-gather, of no meaning outside the backend. */
typedef struct mlk_address {
  uint32_t size, magic;
  uint8_t bytes[2040];
} mlk_address;

typedef struct mlk_region_request {
  uint32_t size, magic;
  uint32_t kind, flags;
  uint64_t bytes; /* 0..MLK_REGION_BYTES_MAX */
  char purpose[MLK_PURPOSE_BYTES]; /* what for, in messages, also of ranks that attach it; ends with 0 */
} mlk_region_request;

typedef struct mlk_region_info {
  uint32_t size, magic;
  int32_t owner;  /* rank */
  uint32_t kind;
  uint64_t bytes; /* as asked for, not rounded up */
  uint64_t address; /* 0 when this process cannot load it */
  char purpose[MLK_PURPOSE_BYTES]; /* as its owner said */
} mlk_region_info;

/* What lets another rank attach a region: bytes of no meaning outside the backend. */
typedef struct mlk_key {
  uint32_t size, magic;
  uint8_t bytes[56];
} mlk_key;

typedef struct mlk_received {
  uint32_t size, magic;
  int32_t from;
  uint32_t reserved;
  uint64_t tag, bytes;
} mlk_received;

/* A place in a region; or, with region MLK_HOST, an address of this process in offset. */
typedef struct mlk_operand {
  uint64_t region, offset;
} mlk_operand;

/* A place where row 0 is. row_count rows may be touched; 0 stands for as many as fit the region. */
typedef struct mlk_rows {
  uint64_t region, offset, row_count;
} mlk_rows;

/* ---- life ---- */

/*
 * MLK_OK when this backend has here what it needs besides this library, else MLK_E_UNSUPPORTED with the text "what is
 * missing and why; what to do".
 */
MLK_API int32_t mlk_probe(void);
/* Opens a context of one rank. Others cannot reach it before mlk_connect. */
MLK_API int32_t mlk_open(const mlk_config *config, mlk_ctx **ctx);
MLK_API int32_t mlk_address_get(mlk_ctx *ctx, mlk_address *address);
/* Connects to all ranks: addresses of ranks 0..rank_count-1, stride bytes apart, this rank's included. */
MLK_API int32_t mlk_connect(mlk_ctx *ctx, const void *addresses, uint64_t stride, int32_t count);
/* 1 when this rank's kernels can load SHARED regions of a connected rank, else 0; an own rank's always. */
MLK_API int32_t mlk_loads(mlk_ctx *ctx, int32_t rank, int32_t *loads);
/* Wakes and fails the calls that are under way, waits for them, frees everything. Once. */
MLK_API int32_t mlk_close(mlk_ctx *ctx);
MLK_API int32_t mlk_caps_get(mlk_ctx *ctx, mlk_caps *caps);
/* Copies the calling thread's last text, cut to fit and ended with 0; ctx may be null. */
MLK_API int32_t mlk_last_error(mlk_ctx *ctx, char *text, uint64_t text_bytes);
/* The rank at fault after MLK_E_PEER_DEAD, MLK_E_PEER_CLOSED or MLK_E_ABORTED; -1 for none. */
MLK_API int32_t mlk_failed_rank(mlk_ctx *ctx, int32_t *rank);
/* Tells all ranks, this one included, that the group has failed. The first one wins. cause_rank may be -1. */
MLK_API int32_t mlk_abort(mlk_ctx *ctx, int32_t cause_rank, const char *text);
MLK_API uint32_t mlk_abi_version(void);

/* ---- regions ---- */

/*
 * Page aligned, zero filled, at most the machine's memory. HOST memory is backed by pages when they are first touched,
 * SHARED memory when the backend can do so.
 */
MLK_API int32_t mlk_region_alloc(mlk_ctx *ctx, const mlk_region_request *request, uint64_t *region);
/* Makes the caller's memory usable as an operand of this rank; it outlives the region. */
MLK_API int32_t mlk_region_register(mlk_ctx *ctx, void *address, uint64_t bytes, uint64_t *region);
MLK_API int32_t mlk_region_export(mlk_ctx *ctx, uint64_t region, mlk_key *key);
MLK_API int32_t mlk_region_attach(mlk_ctx *ctx, int32_t rank, const mlk_key *key, uint64_t *region);
MLK_API int32_t mlk_region_release(mlk_ctx *ctx, uint64_t region);
MLK_API int32_t mlk_region_query(mlk_ctx *ctx, uint64_t region, mlk_region_info *info);

/* ---- RDMA family ---- */

MLK_API int32_t mlk_put(mlk_ctx *ctx, uint64_t src, uint64_t src_offset, uint64_t dst, uint64_t dst_offset,
                        uint64_t bytes);
/*
 * A put that may return before its source may be changed. *ticket, 0 when it may, is for mlk_put_test. A region is not
 * released while it is the source of one; mlk_region_release waits for that, at most timeout_ns. MLK_AGAIN: too many are
 * under way, nothing was done; mlk_activity moves on when there may be room.
 */
MLK_API int32_t mlk_put_post(mlk_ctx *ctx, uint64_t src, uint64_t src_offset, uint64_t dst, uint64_t dst_offset,
                             uint64_t bytes, uint64_t *ticket);
/*
 * MLK_OK: the source of the put with that ticket may be changed. MLK_AGAIN: not yet; mlk_activity moves on when it may.
 * Whether the bytes are there is for a signal or mlk_flush to say.
 */
MLK_API int32_t mlk_put_test(mlk_ctx *ctx, uint64_t ticket);
MLK_API int32_t mlk_get(mlk_ctx *ctx, uint64_t src, uint64_t src_offset, uint64_t dst, uint64_t dst_offset,
                        uint64_t bytes);
/* A put after which slot `signal` of the owner of dst becomes value. */
MLK_API int32_t mlk_put_signal(mlk_ctx *ctx, uint64_t src, uint64_t src_offset, uint64_t dst, uint64_t dst_offset,
                               uint64_t bytes, uint32_t signal, int64_t value);
/* Sets a slot of a rank, after all earlier puts to it. Nothing happens when that rank has closed. */
MLK_API int32_t mlk_put_value(mlk_ctx *ctx, int32_t rank, uint32_t signal, int64_t value);
MLK_API int32_t mlk_atomic_add(mlk_ctx *ctx, int32_t rank, uint32_t signal, int64_t delta);
/* The same for an 8-byte aligned word of a region; wakes nobody. */
MLK_API int32_t mlk_put_word(mlk_ctx *ctx, uint64_t region, uint64_t offset, int64_t value);
MLK_API int32_t mlk_add_word(mlk_ctx *ctx, uint64_t region, uint64_t offset, int64_t delta);
MLK_API int32_t mlk_signal_read(mlk_ctx *ctx, uint32_t signal, int64_t *value);
/* MLK_OK when the own slot holds at_least or more (signed), else MLK_AGAIN. */
MLK_API int32_t mlk_signal_test(mlk_ctx *ctx, uint32_t signal, int64_t at_least);
/*
 * Waits for that, for one slice or timeout_ns, whichever is shorter. Fails when the group was aborted, when a
 * rank died, and when from_rank, if not MLK_ANY_RANK, has closed and the slot holds less.
 */
MLK_API int32_t mlk_signal_wait(mlk_ctx *ctx, uint32_t signal, int64_t at_least, int32_t from_rank,
                                int64_t timeout_ns);
/* A counter that grows with everything that arrives here: signals, messages, failures. */
MLK_API int32_t mlk_activity(mlk_ctx *ctx, int64_t *count);
/*
 * Waits until it has grown by arrivals, 1 or more, since it was seen, for one slice or timeout_ns; fails like
 * mlk_signal_wait for every rank. A caller that needs several signals is not woken for each.
 */
MLK_API int32_t mlk_activity_wait(mlk_ctx *ctx, int64_t seen, uint32_t arrivals, int64_t timeout_ns);
/*
 * Posts a message; the source stays untouched until mlk_send_test(sequence) gives MLK_OK, or mlk_send_cancel
 * does. MLK_AGAIN: no room, try later.
 */
MLK_API int32_t mlk_send(mlk_ctx *ctx, int32_t to, uint64_t src, uint64_t offset, uint64_t bytes, uint64_t tag,
                         uint64_t *sequence);
/* MLK_OK: taken. MLK_AGAIN: not yet. MLK_E_LENGTH: refused, the receiver expected another size. */
MLK_API int32_t mlk_send_test(mlk_ctx *ctx, int32_t to, uint64_t sequence);
/* Withdraws a message. MLK_OK: it will not be taken. MLK_AGAIN: it is being taken, go on testing. */
MLK_API int32_t mlk_send_cancel(mlk_ctx *ctx, int32_t to, uint64_t sequence);
/* Takes the next message of a rank. It must have exactly `bytes` bytes, else MLK_E_LENGTH and it is refused. */
MLK_API int32_t mlk_recv(mlk_ctx *ctx, int32_t from, uint64_t dst, uint64_t offset, uint64_t bytes,
                         mlk_received *received);
/* MLK_OK: all earlier puts to the rank are there. MLK_AGAIN: not yet. */
MLK_API int32_t mlk_flush(mlk_ctx *ctx, int32_t rank);
/* Moves transfers on and looks for failures; gives the failure code of the group, or MLK_OK. */
MLK_API int32_t mlk_progress(mlk_ctx *ctx);

/* ---- SPC family: kernels over rows ----
 *
 * Rows are dense, one row's bytes apart. Indices are int32, weights float32; the arrays are operands too. Source
 * and destination do not overlap; no row of one call is written twice. All sizes and indices are checked
 * before the first byte is written. Arithmetic is float32, each product rounded, then each sum, no fused
 * multiply-add; rounding to nearest even, denormals kept; a NaN that arithmetic writes is 0x7FC0, 0x7E00 or
 * 0x7FC00000. Bits do not depend on the instruction set, the number of compute units or the backend.
 *
 * spc_raw_* do the same on the calling thread without a context: every operand has region MLK_HOST, and every
 * row_count is given.
 */

typedef struct spc_gather_args {
  uint32_t size, magic;
  mlk_rows dst, src;
  uint64_t row_bytes;
  uint64_t count;
  mlk_operand src_rows; /* int32[count]; offset 0 with MLK_HOST: row i itself */
} spc_gather_args;

typedef struct spc_scatter_args {
  uint32_t size, magic;
  uint32_t target_count, reserved;
  const mlk_rows *targets; /* [target_count], memory of this process */
  mlk_rows src;
  uint64_t row_bytes;
  uint64_t count;          /* rows read */
  uint64_t place_length;   /* places in dst_target and dst_rows */
  mlk_operand src_rows;    /* int32[count], or none */
  mlk_operand dst_start;   /* int32[count + 1], not falling */
  mlk_operand dst_target;  /* int32[place_length]; none: target 0 */
  mlk_operand dst_rows;    /* int32[place_length] */
} spc_scatter_args;

typedef struct spc_reduce_args {
  uint32_t size, magic;
  mlk_rows dst;
  uint32_t dst_type, src_type, partial_type;
  uint32_t source_count;
  const mlk_rows *sources; /* [source_count], memory of this process */
  uint64_t hidden;
  uint64_t count;          /* output rows */
  uint64_t group_length;   /* groups that group_start may reach */
  uint64_t element_length; /* elements in elem_source, elem_row and weights */
  mlk_operand group_start; /* int32[count + 1], not falling */
  mlk_operand elem_start;  /* int32[group_length + 1], not falling; none: element g is group g */
  mlk_operand elem_source; /* int32[element_length]; none: source 0 */
  mlk_operand elem_row;    /* int32[element_length] */
  mlk_operand weights;     /* float32[element_length]; none: unweighted */
} spc_reduce_args;

typedef struct spc_dot_args {
  uint32_t size, magic;
  mlk_operand out; /* float32[count] */
  mlk_rows a, b;
  mlk_operand a_rows, b_rows; /* int32[count], or none */
  uint32_t type, reserved;
  uint64_t hidden;
  uint64_t count;
} spc_dot_args;

typedef struct spc_scale_args {
  uint32_t size, magic;
  mlk_rows dst, src;
  mlk_operand src_rows; /* int32[count], or none */
  mlk_operand weights;  /* float32[count] */
  uint32_t type, reserved;
  uint64_t hidden;
  uint64_t count;
} spc_scale_args;

typedef struct spc_reorder_args {
  uint32_t size, magic;
  mlk_operand dst, src;
  uint32_t element_bytes, reserved; /* 1, 2, 4, 8 */
  uint64_t rows, columns;           /* of the source */
} spc_reorder_args;

typedef struct spc_fill_args {
  uint32_t size, magic;
  mlk_operand dst;
  uint64_t bytes;
  uint32_t value, reserved; /* 0..255 */
} spc_fill_args;

/* dst row i = src row src_rows[i]. */
MLK_API int32_t spc_gather_rows(mlk_ctx *ctx, const spc_gather_args *args);
/*
 * src row src_rows[i], read once, goes to the places p = dst_start[i] .. dst_start[i+1]-1: row dst_rows[p] of
 * targets[dst_target[p]].
 */
MLK_API int32_t spc_scatter_rows(mlk_ctx *ctx, const spc_scatter_args *args);
/*
 * dst row i = round_dst(sum over its groups, in order, of round_partial(sum over the group's elements, in order,
 * of term)), term = weights[e] * x or x, x = row elem_row[e] of sources[elem_source[e]]. A sum starts with its first
 * term; a group without elements is left out; a row without terms is all +0.
 */
MLK_API int32_t spc_reduce_rows(mlk_ctx *ctx, const spc_reduce_args *args);
/*
 * out[i] = dot of row a_rows[i] of a and b_rows[i] of b: 16 lanes from +0, lane j adds the products of elements j,
 * j+16, ...; then lane j adds lane j + 8, 4, 2, 1; the result is lane 0.
 */
MLK_API int32_t spc_dot_rows(mlk_ctx *ctx, const spc_dot_args *args);
/* dst row i = round(weights[i] * src row src_rows[i]). */
MLK_API int32_t spc_scale_rows(mlk_ctx *ctx, const spc_scale_args *args);
/* dst[c * rows + r] = src[r * columns + c]. */
MLK_API int32_t spc_reorder(mlk_ctx *ctx, const spc_reorder_args *args);
MLK_API int32_t spc_fill(mlk_ctx *ctx, const spc_fill_args *args);

MLK_API int32_t spc_raw_gather_rows(const spc_gather_args *args);
MLK_API int32_t spc_raw_scatter_rows(const spc_scatter_args *args);
MLK_API int32_t spc_raw_reduce_rows(const spc_reduce_args *args);
MLK_API int32_t spc_raw_dot_rows(const spc_dot_args *args);
MLK_API int32_t spc_raw_scale_rows(const spc_scale_args *args);
MLK_API int32_t spc_raw_reorder(const spc_reorder_args *args);
MLK_API int32_t spc_raw_fill(const spc_fill_args *args);
/* The instruction set of the kernels: 15 characters and a 0 at most. */
MLK_API int32_t spc_isa(char *name, uint64_t name_bytes);

#ifdef __cplusplus
}
#endif

#endif
