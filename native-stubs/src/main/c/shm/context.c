/* Contexts: open, close, and the table that tells an open one from a closed one. */
#define _GNU_SOURCE
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "shm.h"

#define CONTEXTS_MAX 1024u
#define SLOT_BITS 16u
/* About 10 microseconds of looking before sleeping, where every rank has a core. */
#define SPINS 2000u

/* token = generation << SLOT_BITS | slot + 1; 0 while the slot is free. */
typedef struct slot {
  _Alignas(64) _Atomic uint64_t token;
  _Atomic uint32_t users; /* calls under way */
  _Atomic uint32_t taken;
  uint64_t generation;
  shm_ctx *ctx;
} slot;

static slot slots[CONTEXTS_MAX];

static slot *slot_of(const mlk_ctx *token) {
  const uint64_t index = ((uint64_t)(uintptr_t)token & ((1u << SLOT_BITS) - 1)) - 1;
  return index < CONTEXTS_MAX ? &slots[index] : NULL;
}

int32_t shm_enter(mlk_ctx *token, shm_ctx **ctx, const char *call) {
  slot *s = slot_of(token);
  if (s == NULL) return mlk_fail(MLK_E_CLOSED, "%s: ctx is no context", call);
  atomic_fetch_add(&s->users, 1);
  if (atomic_load(&s->token) != (uint64_t)(uintptr_t)token) {
    atomic_fetch_sub(&s->users, 1);
    return mlk_fail(MLK_E_CLOSED, "%s: the context is closed", call);
  }
  *ctx = s->ctx;
  return MLK_OK;
}

void shm_leave(mlk_ctx *token) { atomic_fetch_sub(&slot_of(token)->users, 1); }

static int32_t check_config(const mlk_config *config) {
  MLK_CHECK_STRUCT("mlk_open", config, MLK_MAGIC_CONFIG);
  if (config->rank_count < 1 || config->rank_count > MLK_RANKS_MAX)
    return mlk_fail(MLK_E_INVALID, "mlk_open: rank_count=%d, expected 1..%d", config->rank_count, MLK_RANKS_MAX);
  if (config->rank < 0 || config->rank >= config->rank_count)
    return mlk_fail(MLK_E_INVALID, "mlk_open: rank=%d, expected 0..%d", config->rank, config->rank_count - 1);
  if (config->signal_count < 1 || config->signal_count > MLK_SIGNALS_MAX)
    return mlk_fail(MLK_E_INVALID, "mlk_open: signal_count=%u, expected 1..%u", config->signal_count, MLK_SIGNALS_MAX);
  if (config->compute_units < 1 || config->compute_units > MLK_COMPUTE_UNITS_MAX)
    return mlk_fail(MLK_E_INVALID, "mlk_open: compute_units=%u, expected 1..%u", config->compute_units,
                    MLK_COMPUTE_UNITS_MAX);
  if (config->timeout_ns < 1)
    return mlk_fail(MLK_E_INVALID, "mlk_open: timeout_ns=%lld, expected at least 1", (long long)config->timeout_ns);
  if (memchr(config->group_name, 0, sizeof config->group_name) == NULL)
    return mlk_fail(MLK_E_INVALID, "mlk_open: group_name does not end within %zu bytes", sizeof config->group_name);
  if (spc_missing() != NULL)
    return mlk_fail(MLK_E_UNSUPPORTED,
                    "mlk_open: MOELINK_ISA=%s is not there, expected avx512, avx2 or baseline, as the processor has it",
                    spc_missing());
  return MLK_OK;
}

static uint32_t spins_for(int32_t rank_count) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 0;
  return rank_count <= CPU_COUNT(&set) ? SPINS : 0;
}

static void free_context(shm_ctx *c) {
  spc_pool_destroy(c->pool);
  if (c->regions != NULL) {
    shm_regions_free(c);
    (void)munmap(c->regions, SHM_REGIONS_MAX * sizeof *c->regions);
  }
  if (c->peers != NULL) shm_disconnect(c);
  free(c->peers);
  shm_memory_free(&c->memory);
  (void)pthread_mutex_destroy(&c->lock);
  free(c);
}

static int32_t fill_context(shm_ctx *c, const mlk_config *config) {
  const char *call = "mlk_open";
  c->rank = config->rank;
  c->rank_count = config->rank_count;
  c->signal_count = config->signal_count;
  c->compute_units = config->compute_units;
  c->timeout_ns = config->timeout_ns;
  memcpy(c->group_token, config->group_token, TOKEN_BYTES);
  memcpy(c->group_name, config->group_name, sizeof c->group_name);
  c->spins = spins_for(config->rank_count);
  c->start_time = shm_start_time((int32_t)getpid());
  if (c->start_time == 0) return mlk_fail(MLK_E_SYSTEM, "%s: /proc/self/stat cannot be read", call);
  /* anonymous pages: a table for many regions costs only what is used */
  void *table = mmap(NULL, SHM_REGIONS_MAX * sizeof *c->regions, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (table == MAP_FAILED) return mlk_fail(MLK_E_NO_MEMORY, "%s: no memory for the region table", call);
  c->regions = table;
  c->peers = calloc((size_t)c->rank_count, sizeof *c->peers);
  if (c->peers == NULL) return mlk_fail(MLK_E_NO_MEMORY, "%s: no memory for %d peers", call, c->rank_count);
  for (int32_t r = 0; r < c->rank_count; r++) {
    c->peers[r].pidfd = -1;
    c->peers[r].memory.fd = -1;
  }
  const uint64_t bytes = shm_control_bytes(c->rank_count, c->signal_count);
  int32_t code = shm_memory_create(call, "control", bytes, 0, &c->memory);
  if (code != MLK_OK) return code;
  c->control = (shm_control *)(void *)c->memory.base;
  c->control->bytes = bytes;
  c->control->rank = c->rank;
  c->control->rank_count = c->rank_count;
  c->control->signal_count = c->signal_count;
  c->control->abi_version = MLK_ABI_VERSION;
  atomic_store(&c->control->first_closed, -1);
  code = shm_random(call, c->control->token);
  if (code != MLK_OK) return code;
  c->pool = spc_pool_create(c->compute_units);
  if (c->pool == NULL) return mlk_fail(MLK_E_NO_MEMORY, "%s: cannot start %u compute units", call, c->compute_units);
  atomic_store(&c->control->state, CONTROL_OPEN);
  return MLK_OK;
}

int32_t mlk_open(const mlk_config *config, mlk_ctx **ctx) {
  if (ctx == NULL) return mlk_fail(MLK_E_INVALID, "mlk_open: ctx is null");
  *ctx = NULL;
  int32_t code = check_config(config);
  if (code != MLK_OK) return code;
  uint32_t index = 0;
  while (index < CONTEXTS_MAX && atomic_exchange(&slots[index].taken, 1) != 0) index++;
  if (index == CONTEXTS_MAX)
    return mlk_fail(MLK_E_NO_MEMORY, "mlk_open: %u contexts are open in this process, expected fewer", CONTEXTS_MAX);
  slot *s = &slots[index];
  shm_ctx *c = calloc(1, sizeof *c);
  if (c == NULL) {
    atomic_store(&s->taken, 0);
    return mlk_fail(MLK_E_NO_MEMORY, "mlk_open: no memory");
  }
  c->memory.fd = -1;
  atomic_store(&c->failed_rank, -1);
  atomic_store(&c->dead_rank, -1);
  (void)pthread_mutex_init(&c->lock, NULL);
  code = fill_context(c, config);
  if (code != MLK_OK) {
    free_context(c);
    atomic_store(&s->taken, 0);
    return code;
  }
  s->ctx = c;
  s->generation++;
  const uint64_t token = s->generation << SLOT_BITS | (index + 1);
  atomic_store(&s->token, token);
  *ctx = (mlk_ctx *)(uintptr_t)token; // NOLINT: a token, never followed
  return MLK_OK;
}

int32_t mlk_close(mlk_ctx *ctx) {
  slot *s = slot_of(ctx);
  if (s == NULL) return mlk_fail(MLK_E_CLOSED, "mlk_close: ctx is no context");
  uint64_t token = (uint64_t)(uintptr_t)ctx;
  /* counted as a user until it holds the context alone, so that a second close cannot free it first */
  atomic_fetch_add(&s->users, 1);
  if (!atomic_compare_exchange_strong(&s->token, &token, 0)) {
    atomic_fetch_sub(&s->users, 1);
    return mlk_fail(MLK_E_CLOSED, "mlk_close: the context is closed");
  }
  shm_ctx *c = s->ctx;
  atomic_store(&c->closing, 1);
  shm_notify(c->control);
  const struct timespec pause = {0, 20000};
  while (atomic_load(&s->users) > 1) (void)nanosleep(&pause, NULL);
  shm_say_goodbye(c);
  free_context(c);
  s->ctx = NULL;
  atomic_fetch_sub(&s->users, 1);
  atomic_store(&s->taken, 0);
  return MLK_OK;
}

static int32_t caps_get(shm_ctx *c, mlk_caps *caps) {
  MLK_CHECK_STRUCT("mlk_caps_get", caps, MLK_MAGIC_CAPS);
  *caps = (mlk_caps){.size = sizeof *caps,
                     .magic = MLK_MAGIC_CAPS,
                     .abi_version = MLK_ABI_VERSION,
                     .flags = MLK_CAP_REMOTE_LOADS | MLK_CAP_REGISTER,
                     .message_bytes_max = (uint64_t)MLK_REGION_BYTES_MAX,
                     .page_bytes = shm_page_bytes(),
                     .streaming_bytes = spc_streaming_bytes(),
                     .compute_units = c->compute_units,
                     .signal_count = c->signal_count,
                     .backend = "shm"};
  strncpy(caps->isa, spc_selected()->isa, sizeof caps->isa - 1);
  return MLK_OK;
}

int32_t mlk_caps_get(mlk_ctx *ctx, mlk_caps *caps) { SHM_CALL(ctx, caps_get(c, caps)); }
