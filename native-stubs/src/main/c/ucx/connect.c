/*
 * Addresses, endpoints and the greeting: after it, every endpoint is wired, and it is known which ranks' memory can be
 * loaded here.
 *
 * Who notices that a rank died? Between hosts, UCX does (UCP_ERR_HANDLING_MODE_PEER). Its transports over shared memory
 * cannot, and with that mode it would not choose them; there the peer's process is watched by a pidfd, and the mode is
 * left out. A rank of this host with which no memory is shared, such as under UCX_TLS=tcp or from another container,
 * has both.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "ucx.h"

#define CLOSE_NS INT64_C(1000000000)

/* FNV-1a over all of it but the check itself. */
static uint64_t check_of(const ucx_address *address) {
  ucx_address copy = *address;
  copy.check = 0;
  const uint8_t *bytes = (const uint8_t *)&copy;
  uint64_t hash = UINT64_C(14695981039346656037);
  for (size_t i = 0; i < sizeof copy; i++) hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
  return hash;
}

static int32_t address_get(ucx_ctx *c, mlk_address *address) {
  MLK_CHECK_STRUCT("mlk_address_get", address, MLK_MAGIC_ADDRESS);
  ucx_address a;
  memset(&a, 0, sizeof a);
  a.rank = c->rank;
  a.rank_count = c->rank_count;
  a.pid = (int32_t)getpid();
  a.worker_bytes = (uint32_t)c->address_bytes;
  a.start_time = mlk_start_time(a.pid);
  a.boot = mlk_boot_identity();
  a.pid_space = mlk_pid_space();
  a.node = mlk_node_identity();
  a.shares = (uint32_t)c->shares;
  memcpy(a.group_token, c->group_token, TOKEN_BYTES);
  memcpy(a.worker, c->address, c->address_bytes);
  a.check = check_of(&a);
  memset(address->bytes, 0, sizeof address->bytes);
  memcpy(address->bytes, &a, sizeof a);
  return MLK_OK;
}

static int32_t read_address(ucx_ctx *c, int32_t rank, const mlk_address *address, ucx_address *a) {
  const char *call = "mlk_connect";
  if (address->size != sizeof *address || address->magic != MLK_MAGIC_ADDRESS)
    return mlk_fail(MLK_E_STRUCT, "%s: address of rank=%d has size=%u magic=%#x, expected size=%u magic=%#x", call,
                    rank, address->size, address->magic, MLK_ADDRESS_BYTES, MLK_MAGIC_ADDRESS);
  memcpy(a, address->bytes, sizeof *a);
  for (size_t i = sizeof *a; i < sizeof address->bytes; i++)
    if (address->bytes[i] != 0) return mlk_fail(MLK_E_PEER, "%s: the address of rank=%d is damaged", call, rank);
  if (a->check != check_of(a) || a->worker_bytes > UCX_WORKER_ADDRESS_MAX)
    return mlk_fail(MLK_E_PEER, "%s: the address of rank=%d is damaged", call, rank);
  if (a->rank != rank || a->rank_count != c->rank_count)
    return mlk_fail(MLK_E_PEER, "%s: address %d is of rank=%d of %d ranks, expected rank=%d of %d", call, rank, a->rank,
                    a->rank_count, rank, c->rank_count);
  if (memcmp(a->group_token, c->group_token, TOKEN_BYTES) != 0)
    return mlk_fail(MLK_E_PEER, "%s: rank=%d is of another group than '%s': group tokens differ", call, rank,
                    c->group_name);
  return MLK_OK;
}

/* UCX has lost an endpoint. Locked. */
static void on_lost(void *argument, ucp_ep_h ep, ucs_status_t status) {
  ucx_peer *peer = argument;
  (void)ep;
  ucx_declare_dead(peer->ctx, peer, ucx.ucs_status_string(status));
}

static void watch(ucx_ctx *c, ucx_peer *peer) {
  if (!peer->on_host || peer->pid == (int32_t)getpid()) return;
  peer->pidfd = mlk_pidfd_open(peer->pid);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = peer};
  if (peer->pidfd >= 0 && epoll_ctl(c->watch, EPOLL_CTL_ADD, peer->pidfd, &event) != 0) {
    (void)close(peer->pidfd);
    peer->pidfd = -1; /* looked at now and then instead */
  }
}

static int32_t no_longer_there(ucx_ctx *c, ucx_peer *peer) {
  const int lives = peer->on_host && mlk_start_time(peer->pid) == peer->start_time;
  return lives ? ucx_closed(c, "mlk_connect", peer->rank) : ucx_dead(c, "mlk_connect", peer->rank);
}

static int32_t connect_peer(ucx_ctx *c, int32_t rank, const mlk_address *address) {
  ucx_address a;
  const int32_t code = read_address(c, rank, address, &a);
  if (code != MLK_OK || rank == c->rank) return code;
  ucx_peer *peer = &c->peers[rank];
  peer->pid = a.pid;
  peer->start_time = a.start_time;
  peer->on_host = a.boot == mlk_boot_identity() && a.pid_space == mlk_pid_space();
  /* a process that can be looked at need not be one to share memory with: its container may have an ipc of its own */
  peer->reports_death = !(peer->on_host && a.node == mlk_node_identity() && a.shares && c->shares);
  peer->greeted = peer->said_bye = 0;
  peer->heard_ns = 0;
  atomic_store(&peer->dead, 0);
  atomic_store(&peer->closed, 0);
  watch(c, peer);
  /* looked at after the pidfd is there: from now on the pid cannot pass to another process unseen */
  if (peer->on_host && mlk_start_time(a.pid) != a.start_time) return ucx_dead(c, "mlk_connect", rank);
  const ucp_ep_params_t params = {
      .field_mask = UCP_EP_PARAM_FIELD_REMOTE_ADDRESS | UCP_EP_PARAM_FIELD_ERR_HANDLING_MODE |
                    UCP_EP_PARAM_FIELD_ERR_HANDLER,
      .address = (const ucp_address_t *)(const void *)a.worker,
      .err_mode = peer->reports_death ? UCP_ERR_HANDLING_MODE_PEER : UCP_ERR_HANDLING_MODE_NONE,
      .err_handler = {.cb = on_lost, .arg = peer}};
  const ucs_status_t status = ucx.ucp_ep_create(c->worker, &params, &peer->ep);
  if (status == UCS_OK) return MLK_OK;
  peer->ep = NULL;
  if (peer->on_host && mlk_start_time(a.pid) != a.start_time) return ucx_dead(c, "mlk_connect", rank);
  atomic_store(&c->failed_rank, rank);
  return mlk_fail(MLK_E_PEER_CLOSED,
                  "mlk_connect: UCX finds no way to rank=%d: %s; it has left group '%s', or see UCX_TLS and "
                  "UCX_NET_DEVICES",
                  rank, ucx.ucs_status_string(status), c->group_name);
}

static int has_greeted(ucx_ctx *c, void *peer) {
  (void)c;
  return ((const ucx_peer *)peer)->greeted != 0;
}

static int32_t greet_all(ucx_ctx *c, int64_t end) {
  const ucx_note hello = {.kind = NOTE_HELLO};
  for (int32_t r = 0; r < c->rank_count; r++)
    if (r != c->rank) ucx_answer(c, &c->peers[r], c->peers[r].ep, &hello, NULL, 0);
  for (int32_t r = 0; r < c->rank_count; r++) {
    ucx_peer *peer = &c->peers[r];
    if (r == c->rank) continue;
    const int64_t left = end - mlk_now_ns();
    const int32_t code = ucx_await(c, "mlk_connect", NULL, 0, has_greeted, peer, left > 0 ? left : 0);
    if (ucx_is_gone(peer)) return no_longer_there(c, peer);
    if (code == MLK_E_TIMEOUT)
      return mlk_fail(code, "mlk_connect: no answer of rank=%d within %lld ms", r, (long long)(c->timeout_ns / 1000000));
    if (code != MLK_OK) return code;
    char device[UCX_DEVICE_BYTES];
    peer->carried = !atomic_load(&peer->loads) && ucx_carries(peer, device);
    if (peer->carried) ucx_stream_offer(c, peer, device);
  }
  return MLK_OK;
}

static int32_t connect_all(ucx_ctx *c, const uint8_t *addresses, uint64_t stride, int32_t count) {
  const char *call = "mlk_connect";
  int32_t code = mlk_check_addresses(call, addresses, stride, count, c->rank_count);
  if (code != MLK_OK) return code;
  if (atomic_load(&c->connected)) return mlk_fail(MLK_E_STATE, "%s: the context is connected", call);
  const int64_t end = mlk_now_ns() + c->timeout_ns;
  for (int32_t rank = 0; rank < count && code == MLK_OK; rank++) {
    mlk_address address;
    memcpy(&address, addresses + (uint64_t)rank * stride, sizeof address);
    code = connect_peer(c, rank, &address);
  }
  if (code == MLK_OK) code = greet_all(c, end);
  if (code != MLK_OK) {
    ucx_disconnect(c);
    return code;
  }
  atomic_store(&c->connected, 1);
  return MLK_OK;
}

static int32_t connect_locked(ucx_ctx *c, const uint8_t *addresses, uint64_t stride, int32_t count) {
  (void)pthread_mutex_lock(&c->lock);
  const int32_t code = connect_all(c, addresses, stride, count);
  (void)pthread_mutex_unlock(&c->lock);
  return code;
}

static uint64_t counters_bytes(int32_t rank_count) { return mlk_round_up((uint64_t)rank_count * sizeof(uint64_t), 64); }

static uint64_t control_bytes(int32_t rank_count, uint64_t signal_count) {
  return sizeof(ucx_control) + counters_bytes(rank_count) + signal_count * sizeof(int64_t);
}

_Atomic int64_t *ucx_slots(ucx_control *control) {
  return (_Atomic int64_t *)(void *)((uint8_t *)(control + 1) + counters_bytes((int32_t)control->rank_count));
}

void ucx_greeted(ucx_ctx *c, ucx_peer *peer, const void *payload, uint64_t bytes) {
  ucx_offer offer;
  const uint8_t *key = (const uint8_t *)payload + sizeof offer;
  if (peer->greeted || bytes < sizeof offer) return;
  memcpy(&offer, payload, sizeof offer);
  if (offer.key_bytes != bytes - sizeof offer) return;
  /* what is found out about its control memory holds for all SHARED memory */
  int loads = !peer->reports_death && offer.mapped >= sizeof(ucx_control) &&
              ucx_offer_map("mlk_connect", &offer, &peer->mapping) == MLK_OK;
  if (loads) {
    peer->control = (ucx_control *)(void *)peer->mapping.base;
    if (control_bytes(c->rank_count, peer->control->signal_count) > peer->mapping.mapped) return;
  } else if (ucx.ucp_ep_rkey_unpack(peer->ep, key, &peer->control_key) != UCS_OK) {
    peer->control_key = NULL;
    return; /* its greeting is waited for in vain */
  }
  peer->counter_address = offer.address + sizeof(ucx_control) + (uint64_t)c->rank * sizeof(uint64_t);
  atomic_store(&peer->loads, (uint32_t)loads);
  peer->greeted = 1;
  mlk_bell_ring(&c->inner);
}

static void end_request(ucx_ctx *c, ucs_status_ptr_t request) {
  if (request == NULL || UCS_PTR_IS_ERR(request)) return;
  const int64_t end = mlk_now_ns() + CLOSE_NS;
  while (ucx.ucp_request_check_status(request) == UCS_INPROGRESS && mlk_now_ns() < end)
    (void)ucx.ucp_worker_progress(c->worker);
  ucx.ucp_request_free(request);
}

/* Whether UCX may use shared memory: memory of its own, tried from an endpoint to oneself. */
static int ucx_shares(ucx_ctx *c) {
  const ucp_mem_map_params_t memory_params = {
      .field_mask = UCP_MEM_MAP_PARAM_FIELD_LENGTH | UCP_MEM_MAP_PARAM_FIELD_FLAGS,
      .length = mlk_page_bytes(),
      .flags = UCP_MEM_MAP_ALLOCATE};
  ucp_mem_h memory;
  if (ucx.ucp_mem_map(c->context, &memory_params, &memory) != UCS_OK) return 0;
  ucp_mem_attr_t attributes = {.field_mask = UCP_MEM_ATTR_FIELD_ADDRESS};
  const ucp_ep_params_t self_params = {.field_mask = UCP_EP_PARAM_FIELD_REMOTE_ADDRESS, .address = c->address};
  ucp_ep_h self = NULL;
  ucp_rkey_h key = NULL;
  void *packed = NULL, *address = NULL;
  size_t packed_bytes;
  int shares = 0;
  if (ucx.ucp_mem_query(memory, &attributes) == UCS_OK &&
      ucx.ucp_rkey_pack(c->context, memory, &packed, &packed_bytes) == UCS_OK &&
      ucx.ucp_ep_create(c->worker, &self_params, &self) == UCS_OK &&
      ucx.ucp_ep_rkey_unpack(self, packed, &key) == UCS_OK)
    shares = ucx.ucp_rkey_ptr(key, (uint64_t)(uintptr_t)attributes.address, &address) == UCS_OK;
  if (key != NULL) ucx.ucp_rkey_destroy(key);
  const ucp_request_param_t plain = {.op_attr_mask = 0};
  if (self != NULL) end_request(c, ucx.ucp_ep_close_nbx(self, &plain));
  if (packed != NULL) ucx.ucp_rkey_buffer_release(packed);
  (void)ucx.ucp_mem_unmap(c->context, memory);
  return shares;
}

int32_t ucx_control_open(ucx_ctx *c) {
  c->control_memory = (ucx_region){
      .kind = MLK_MEM_SHARED, .bytes = control_bytes(c->rank_count, c->signal_count), .mapping.fd = -1};
  c->shares = ucx_shares(c);
  const int32_t code = ucx_memory_alloc(c, "mlk_open", &c->control_memory);
  if (code != MLK_OK) return code;
  c->control = (ucx_control *)(void *)c->control_memory.base;
  c->control->signal_count = c->signal_count;
  c->control->rank_count = (uint64_t)c->rank_count;
  c->counters = (_Atomic uint64_t *)(void *)(c->control + 1);
  c->slots = ucx_slots(c->control);
  return MLK_OK;
}

/* One whose peer died without UCX's knowledge cannot be ended alone and goes with the worker. */
static void close_endpoint(ucx_ctx *c, ucx_peer *peer) {
  ucp_ep_h ep = peer->ep;
  ucx_streams_end(c, peer);
  peer->ep = NULL;
  if (peer->control_key != NULL) ucx.ucp_rkey_destroy(peer->control_key);
  peer->control_key = NULL;
  if (ep == NULL || (!peer->reports_death && atomic_load(&peer->dead))) return;
  const ucp_request_param_t param = {.op_attr_mask = UCP_OP_ATTR_FIELD_FLAGS,
                                     .flags = peer->reports_death ? UCP_EP_CLOSE_FLAG_FORCE : 0};
  end_request(c, ucx.ucp_ep_close_nbx(ep, &param));
}

void ucx_end_endpoint(ucx_ctx *c, ucx_peer *peer) {
  ucx_declare_dead(c, peer, "it takes nothing any more");
  close_endpoint(c, peer);
}

void ucx_disconnect(ucx_ctx *c) {
  for (int32_t rank = 0; rank < c->rank_count; rank++) {
    ucx_peer *peer = &c->peers[rank];
    close_endpoint(c, peer);
    peer->control = NULL;
    mlk_shared_free(&peer->mapping);
    if (peer->pidfd >= 0) {
      (void)epoll_ctl(c->watch, EPOLL_CTL_DEL, peer->pidfd, NULL);
      (void)close(peer->pidfd);
    }
    peer->pidfd = -1;
  }
}

int32_t mlk_address_get(mlk_ctx *ctx, mlk_address *address) { UCX_CALL(ctx, address_get(c, address)); }

int32_t mlk_connect(mlk_ctx *ctx, const void *addresses, uint64_t stride, int32_t count) {
  UCX_CALL(ctx, connect_locked(c, addresses, stride, count));
}
