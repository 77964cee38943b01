/*
 * Bad input at every function: a code and a text, never a crash. walks_all.cmake looks that none is left out; that is
 * why this file is long and one.
 */
#include <stdlib.h>

#include "check.h"

#define NO_CTX ((mlk_ctx *)0)

static mlk_ctx *bogus(uint64_t token) { return (mlk_ctx *)(uintptr_t)token; }

/* A code other than MLK_OK, and a text that holds a part of what is wrong. */
#define BAD(call, code, part) \
  do {                        \
    CHECK_CODE(call, code);   \
    CHECK_TEXT(part);         \
  } while (0)

static void opening(void) {
  mlk_ctx *ctx = NULL;
  BAD(mlk_open(NULL, &ctx), MLK_E_INVALID, "config is null");
  mlk_config good = group_config(0, 2);
  BAD(mlk_open(&good, NULL), MLK_E_INVALID, "ctx is null");
  mlk_config c = good;
  c.size--;
  BAD(mlk_open(&c, &ctx), MLK_E_STRUCT, "expected size=112");
  c = good;
  c.magic++;
  BAD(mlk_open(&c, &ctx), MLK_E_STRUCT, "magic=");
  c = good;
  c.rank = 2;
  BAD(mlk_open(&c, &ctx), MLK_E_INVALID, "rank=2, expected 0..1");
  c.rank = -1;
  BAD(mlk_open(&c, &ctx), MLK_E_INVALID, "rank=-1");
  c = good;
  c.rank_count = 0;
  BAD(mlk_open(&c, &ctx), MLK_E_INVALID, "rank_count=0");
  c.rank_count = 5000;
  BAD(mlk_open(&c, &ctx), MLK_E_INVALID, "rank_count=5000");
  c = good;
  c.signal_count = 0;
  BAD(mlk_open(&c, &ctx), MLK_E_INVALID, "signal_count=0");
  c = good;
  c.compute_units = 0;
  BAD(mlk_open(&c, &ctx), MLK_E_INVALID, "compute_units=0");
  c = good;
  c.timeout_ns = 0;
  BAD(mlk_open(&c, &ctx), MLK_E_INVALID, "timeout_ns=0");
  c = good;
  memset(c.group_name, 'x', sizeof c.group_name);
  BAD(mlk_open(&c, &ctx), MLK_E_INVALID, "group_name");
  CHECK(ctx == NULL);
  char text[4] = "";
  CHECK_CODE(mlk_last_error(NO_CTX, NULL, 10), MLK_E_INVALID);
  CHECK_CODE(mlk_last_error(NO_CTX, text, 0), MLK_E_INVALID);
  CHECK_OK(mlk_last_error(bogus(77), text, sizeof text));
  CHECK_EQ(strlen(text), 3); /* cut, and ended */
  CHECK_EQ(mlk_abi_version(), MLK_ABI_VERSION);
  CHECK_OK(mlk_probe());
  BAD(spc_isa(NULL, 16), MLK_E_INVALID, "spc_isa");
  BAD(spc_isa(text, 3), MLK_E_INVALID, "at least 16");
}

/* Every function with a context that is none. */
static void walk_without_context(mlk_ctx *ctx) {
  uint8_t bytes[256] = {0};
  mlk_address address = {sizeof address, MLK_MAGIC_ADDRESS, {0}};
  mlk_caps caps = {.size = sizeof caps, .magic = MLK_MAGIC_CAPS};
  mlk_key key = {.size = sizeof key, .magic = MLK_MAGIC_KEY};
  mlk_region_info info = {.size = sizeof info, .magic = MLK_MAGIC_REGION};
  const mlk_region_request request = {
      .size = sizeof request, .magic = MLK_MAGIC_REQUEST, .kind = MLK_MEM_SHARED, .bytes = 10};
  int32_t rank;
  int64_t value;
  uint64_t region;
#define CLOSED(call) BAD(call, MLK_E_CLOSED, "context")
  CLOSED(mlk_close(ctx));
  CLOSED(mlk_address_get(ctx, &address));
  CLOSED(mlk_connect(ctx, &address, sizeof address, 1));
  CLOSED(mlk_caps_get(ctx, &caps));
  CLOSED(mlk_failed_rank(ctx, &rank));
  CLOSED(mlk_loads(ctx, 0, &rank));
  CLOSED(mlk_abort(ctx, 0, "why"));
  CLOSED(mlk_region_alloc(ctx, &request, &region));
  CLOSED(mlk_region_register(ctx, bytes, 10, &region));
  CLOSED(mlk_region_export(ctx, 1, &key));
  CLOSED(mlk_region_attach(ctx, 0, &key, &region));
  CLOSED(mlk_region_release(ctx, 1));
  CLOSED(mlk_region_query(ctx, 1, &info));
  CLOSED(mlk_put(ctx, 1, 0, 1, 0, 1));
  CLOSED(mlk_put_post(ctx, 1, 0, 1, 0, 1, &region));
  CLOSED(mlk_put_test(ctx, 0));
  CLOSED(mlk_get(ctx, 1, 0, 1, 0, 1));
  CLOSED(mlk_put_signal(ctx, 1, 0, 1, 0, 1, 0, 0));
  CLOSED(mlk_put_value(ctx, 0, 0, 0));
  CLOSED(mlk_atomic_add(ctx, 0, 0, 0));
  CLOSED(mlk_put_word(ctx, 1, 0, 0));
  CLOSED(mlk_add_word(ctx, 1, 0, 0));
  CLOSED(mlk_signal_read(ctx, 0, &value));
  CLOSED(mlk_signal_test(ctx, 0, 0));
  CLOSED(mlk_signal_wait(ctx, 0, 0, 0, 0));
  CLOSED(mlk_activity(ctx, &value));
  CLOSED(mlk_activity_wait(ctx, 0, 1, 0));
  CLOSED(mlk_send(ctx, 0, 1, 0, 1, 0, &region));
  CLOSED(mlk_send_test(ctx, 0, 0));
  CLOSED(mlk_send_cancel(ctx, 0, 0));
  CLOSED(mlk_recv(ctx, 0, 1, 0, 1, NULL));
  CLOSED(mlk_flush(ctx, 0));
  CLOSED(mlk_progress(ctx));
  CLOSED(spc_gather_rows(ctx, NULL));
  CLOSED(spc_scatter_rows(ctx, NULL));
  CLOSED(spc_reduce_rows(ctx, NULL));
  CLOSED(spc_dot_rows(ctx, NULL));
  CLOSED(spc_scale_rows(ctx, NULL));
  CLOSED(spc_reorder(ctx, NULL));
  CLOSED(spc_fill(ctx, NULL));
}

static void no_context(void) {
  walk_without_context(NO_CTX);
  walk_without_context(bogus(UINT64_MAX));
  walk_without_context(bogus(1));
  walk_without_context(bogus(0x10001));
  group g = group_open(1, 1);
  mlk_ctx *closed = g.ctx[0];
  group_close(&g);
  walk_without_context(closed);
  g = group_open(1, 1); /* in the same slot */
  walk_without_context(closed);
  group_close(&g);
}

static void connecting(void) {
  mlk_ctx *ctx = NULL, *other = NULL;
  mlk_config config = group_config(0, 2);
  CHECK_OK(mlk_open(&config, &ctx));
  config.rank = 1;
  config.group_token[3] ^= 1;
  CHECK_OK(mlk_open(&config, &other));
  mlk_address a[2] = {{.size = sizeof *a, .magic = MLK_MAGIC_ADDRESS}, {.size = sizeof *a, .magic = MLK_MAGIC_ADDRESS}};
  BAD(mlk_address_get(ctx, NULL), MLK_E_INVALID, "address is null");
  a[0].magic = 0;
  BAD(mlk_address_get(ctx, &a[0]), MLK_E_STRUCT, "magic");
  a[0].magic = MLK_MAGIC_ADDRESS;
  CHECK_OK(mlk_address_get(ctx, &a[0]));
  CHECK_OK(mlk_address_get(other, &a[1]));
  BAD(mlk_put_value(ctx, 1, 0, 1), MLK_E_STATE, "not connected yet");
  BAD(mlk_connect(ctx, NULL, sizeof(mlk_address), 2), MLK_E_INVALID, "addresses is null");
  BAD(mlk_connect(ctx, a, 100, 2), MLK_E_INVALID, "stride=100");
  BAD(mlk_connect(ctx, a, sizeof(mlk_address), 3), MLK_E_INVALID, "count=3, expected rank_count=2");
  BAD(mlk_connect(ctx, a, sizeof(mlk_address), 2), MLK_E_PEER, "group tokens differ");
  mlk_address swapped[2] = {a[1], a[0]};
  BAD(mlk_connect(ctx, swapped, sizeof(mlk_address), 2), MLK_E_PEER, "expected rank=0");
  mlk_address broken[2] = {a[0], a[1]};
  broken[1].size = 3;
  BAD(mlk_connect(ctx, broken, sizeof(mlk_address), 2), MLK_E_STRUCT, "address of rank=1");
  CHECK_OK(mlk_close(other));
  config.group_token[3] ^= 1;
  CHECK_OK(mlk_open(&config, &other));
  CHECK_OK(mlk_address_get(other, &a[1]));
  CHECK_OK(mlk_close(other));
  BAD(mlk_connect(ctx, a, sizeof(mlk_address), 2), MLK_E_PEER_CLOSED, "rank=1");
  CHECK_EQ(failed_rank_of(ctx), 1);
  /* random bytes where an address should be */
  uint64_t seed = 7;
  for (int i = 0; i < 2000; i++) {
    broken[1] = a[1];
    broken[1].bytes[next_random(&seed) % sizeof broken[1].bytes] ^= (uint8_t)(1 + next_random(&seed) % 255);
    CHECK(mlk_connect(ctx, broken, sizeof(mlk_address), 2) != MLK_OK);
  }
  CHECK_OK(mlk_open(&config, &other));
  CHECK_OK(mlk_address_get(other, &a[1]));
  CHECK_OK(mlk_connect(ctx, a, sizeof(mlk_address), 2));
  BAD(mlk_connect(ctx, a, sizeof(mlk_address), 2), MLK_E_STATE, "is connected");
  CHECK_OK(mlk_close(ctx));
  CHECK_OK(mlk_close(other));
}

static void regions(void) {
  group g = group_open(2, 1);
  mlk_ctx *ctx = g.ctx[0];
  uint64_t region = 0;
  mlk_region_request r = {.size = sizeof r, .magic = MLK_MAGIC_REQUEST, .kind = MLK_MEM_SHARED, .bytes = 100};
  BAD(mlk_region_alloc(ctx, NULL, &region), MLK_E_INVALID, "request is null");
  BAD(mlk_region_alloc(ctx, &r, NULL), MLK_E_INVALID, "region is null");
  r.size = 0;
  BAD(mlk_region_alloc(ctx, &r, &region), MLK_E_STRUCT, "size=0");
  r.size = sizeof r;
  r.kind = MLK_MEM_DEVICE;
  BAD(mlk_region_alloc(ctx, &r, &region), MLK_E_UNSUPPORTED, "DEVICE");
  r.kind = 9;
  BAD(mlk_region_alloc(ctx, &r, &region), MLK_E_INVALID, "kind=9");
  r.kind = MLK_MEM_HOST;
  r.flags = 2;
  BAD(mlk_region_alloc(ctx, &r, &region), MLK_E_INVALID, "flags=0x2");
  r.flags = 0;
  r.bytes = UINT64_MAX;
  BAD(mlk_region_alloc(ctx, &r, &region), MLK_E_INVALID, "bytes=");
  r.bytes = (uint64_t)MLK_REGION_BYTES_MAX;
  BAD(mlk_region_alloc(ctx, &r, &region), MLK_E_NO_MEMORY, "of this machine");
  r.bytes = 100;
  memset(r.purpose, 'x', sizeof r.purpose);
  BAD(mlk_region_alloc(ctx, &r, &region), MLK_E_INVALID, "purpose does not end");
  uint8_t bytes[64];
  BAD(mlk_region_register(ctx, NULL, 8, &region), MLK_E_INVALID, "address is null");
  BAD(mlk_region_register(ctx, bytes, 8, NULL), MLK_E_INVALID, "region is null");
  BAD(mlk_region_register(ctx, bytes, UINT64_MAX, &region), MLK_E_INVALID, "bytes=");
  const uint64_t own = alloc_region(ctx, MLK_MEM_SHARED, 100), host = alloc_region(ctx, MLK_MEM_HOST, 100);
  mlk_key key = {.size = sizeof key, .magic = MLK_MAGIC_KEY};
  BAD(mlk_region_export(ctx, 12345, &key), MLK_E_HANDLE, "not a region of rank=0");
  BAD(mlk_region_export(ctx, own, NULL), MLK_E_INVALID, "key is null");
  BAD(mlk_region_export(ctx, host, &key), MLK_E_UNSUPPORTED, "SHARED");
  CHECK_OK(mlk_region_export(ctx, own, &key));
  BAD(mlk_region_attach(g.ctx[1], 5, &key, &region), MLK_E_PEER, "rank=5 is outside 0..1");
  BAD(mlk_region_attach(g.ctx[1], 1, &key, &region), MLK_E_KEY, "not a key of rank=1");
  BAD(mlk_region_attach(g.ctx[1], 0, NULL, &region), MLK_E_INVALID, "key is null");
  BAD(mlk_region_attach(g.ctx[1], 0, &key, NULL), MLK_E_INVALID, "region is null");
  uint64_t seed = 11;
  int stale = 0;
  for (int i = 0; i < 3000; i++) { /* a key with one wrong byte is never attached */
    mlk_key wrong = key;
    wrong.bytes[next_random(&seed) % 48] ^= (uint8_t)(1 + next_random(&seed) % 255); /* what is used of it */
    const int32_t code = mlk_region_attach(g.ctx[1], 0, &wrong, &region);
    CHECK(code == MLK_E_STALE_KEY || code == MLK_E_KEY);
    if (code == MLK_E_STALE_KEY) stale++;
  }
  CHECK(stale > 100);
  mlk_region_info info = {.size = sizeof info, .magic = MLK_MAGIC_REGION};
  BAD(mlk_region_query(ctx, own, NULL), MLK_E_INVALID, "info is null");
  BAD(mlk_region_query(ctx, own + (UINT64_C(2) << 32), &info), MLK_E_HANDLE, "region=");
  BAD(mlk_region_query(ctx, MLK_HOST, &info), MLK_E_HANDLE, "region=0");
  BAD(mlk_region_release(ctx, UINT64_MAX), MLK_E_HANDLE, "region=");
  BAD(mlk_caps_get(ctx, NULL), MLK_E_INVALID, "caps is null");
  BAD(mlk_failed_rank(ctx, NULL), MLK_E_INVALID, "rank is null");
  int32_t loads = 0;
  BAD(mlk_loads(ctx, 2, &loads), MLK_E_PEER, "rank=2");
  BAD(mlk_loads(ctx, 1, NULL), MLK_E_INVALID, "loads is null");
  group_close(&g);
}

static void transfers(void) {
  group g = group_open(2, 1);
  mlk_ctx *ctx = g.ctx[0];
  const uint64_t own = alloc_region(ctx, MLK_MEM_HOST, 100);
  const uint64_t peer = share_region(g.ctx[1], 1, alloc_region(g.ctx[1], MLK_MEM_SHARED, 100), ctx);
  BAD(mlk_put(ctx, 0, 0, peer, 0, 1), MLK_E_HANDLE, "region=0");
  BAD(mlk_put(ctx, own, 0, 99, 0, 1), MLK_E_HANDLE, "region=0x63");
  BAD(mlk_put(ctx, own, 50, peer, 0, 51), MLK_E_RANGE, "src offset=50 bytes=51 is outside the 100 bytes");
  BAD(mlk_put(ctx, own, 0, peer, 101, 0), MLK_E_RANGE, "dst offset=101");
  BAD(mlk_put(ctx, own, UINT64_MAX, peer, 0, 2), MLK_E_RANGE, "src");
  BAD(mlk_put(ctx, own, 1, peer, 0, UINT64_MAX), MLK_E_RANGE, "src");
  uint64_t ticket = 1;
  BAD(mlk_put_post(ctx, own, 0, peer, 0, 1, NULL), MLK_E_INVALID, "ticket is null");
  BAD(mlk_put_post(ctx, own, 0, peer, 101, 0, &ticket), MLK_E_RANGE, "dst offset=101");
  BAD(mlk_put_post(ctx, own, 100, peer, 0, 1, &ticket), MLK_E_RANGE, "src offset=100");
  BAD(mlk_put_test(ctx, UINT64_MAX), MLK_E_INVALID, "was not given");
  CHECK_OK(mlk_put_test(ctx, 0));
  BAD(mlk_get(ctx, peer, 99, own, 0, 2), MLK_E_RANGE, "src offset=99");
  BAD(mlk_get(ctx, 77, 99, own, 0, 2), MLK_E_HANDLE, "region=");
  BAD(mlk_put_signal(ctx, own, 0, peer, 0, 10, 64, 1), MLK_E_RANGE, "signal=64 of rank=1 is outside 0..63");
  BAD(mlk_put_signal(ctx, own, 0, peer, 95, 10, 1, 1), MLK_E_RANGE, "dst");
  BAD(mlk_put_value(ctx, 2, 0, 1), MLK_E_PEER, "rank=2");
  BAD(mlk_put_value(ctx, -1, 0, 1), MLK_E_PEER, "rank=-1");
  BAD(mlk_put_value(ctx, 0, 64, 1), MLK_E_RANGE, "signal=64");
  BAD(mlk_atomic_add(ctx, 1, UINT32_MAX, 1), MLK_E_RANGE, "signal=4294967295");
  BAD(mlk_atomic_add(ctx, 7, 0, 1), MLK_E_PEER, "rank=7");
  BAD(mlk_put_word(ctx, peer, 4, 1), MLK_E_ALIGN, "offset=4, expected a multiple of 8");
  BAD(mlk_add_word(ctx, peer, 96, 1), MLK_E_RANGE, "offset=96");
  BAD(mlk_add_word(ctx, peer, 9, 1), MLK_E_ALIGN, "offset=9");
  int64_t value = 0;
  BAD(mlk_signal_read(ctx, 64, &value), MLK_E_RANGE, "signal=64");
  BAD(mlk_signal_read(ctx, 0, NULL), MLK_E_INVALID, "value is null");
  BAD(mlk_signal_test(ctx, 64, 0), MLK_E_RANGE, "signal=64");
  BAD(mlk_signal_wait(ctx, 64, 0, 0, 1), MLK_E_RANGE, "signal=64");
  BAD(mlk_signal_wait(ctx, 0, 1, 2, 1), MLK_E_PEER, "from_rank=2");
  BAD(mlk_signal_wait(ctx, 0, 1, -2, 1), MLK_E_PEER, "from_rank=-2");
  BAD(mlk_activity(ctx, NULL), MLK_E_INVALID, "count is null");
  CHECK_CODE(mlk_activity_wait(ctx, 0, 1, INT64_MIN), MLK_E_TIMEOUT);
  uint64_t sequence = 0;
  BAD(mlk_send(ctx, 1, own, 0, 10, 0, NULL), MLK_E_INVALID, "sequence is null");
  BAD(mlk_send(ctx, 2, own, 0, 10, 0, &sequence), MLK_E_PEER, "rank=2");
  BAD(mlk_send(ctx, 1, own, 99, 10, 0, &sequence), MLK_E_RANGE, "src");
  BAD(mlk_send_test(ctx, 1, 0), MLK_E_INVALID, "sequence=0 to rank=1 was not sent");
  BAD(mlk_send_cancel(ctx, 1, 5), MLK_E_INVALID, "sequence=5");
  BAD(mlk_send_cancel(ctx, 5, 5), MLK_E_PEER, "rank=5");
  mlk_received received = {.size = 1, .magic = MLK_MAGIC_RECEIVED};
  BAD(mlk_recv(ctx, 1, own, 0, 10, &received), MLK_E_STRUCT, "size=1");
  BAD(mlk_recv(ctx, 2, own, 0, 10, NULL), MLK_E_PEER, "rank=2");
  BAD(mlk_recv(ctx, 1, own, 91, 10, NULL), MLK_E_RANGE, "dst");
  BAD(mlk_flush(ctx, 2), MLK_E_PEER, "rank=2");
  CHECK_OK(mlk_progress(ctx));
  BAD(mlk_abort(ctx, 2, "why"), MLK_E_PEER, "cause_rank=2");
  BAD(mlk_abort(ctx, 0, NULL), MLK_E_INVALID, "text is null");
  group_close(&g);
}

static mlk_operand host(const void *p) { return (mlk_operand){MLK_HOST, (uint64_t)(uintptr_t)p}; }
static mlk_rows rows(const void *p, uint64_t count) { return (mlk_rows){MLK_HOST, (uint64_t)(uintptr_t)p, count}; }

/* Both entry points give the same code for what has no region. */
#define BOTH(name, args, code, part)      \
  do {                                    \
    BAD(spc_raw_##name(args), code, part); \
    BAD(spc_##name(ctx, args), code, part); \
  } while (0)
#define CHANGED(type, base, name, change, code, part) \
  do {                                                \
    type a = base;                                    \
    change;                                           \
    BOTH(name, &a, code, part);                       \
  } while (0)

static uint8_t room[4096] __attribute__((aligned(64)));
static const int32_t good_rows[4] = {0, 1, 2, 3}, bad_rows[4] = {0, 1, 4, 0}, negative[4] = {0, -1, 0, 0};
static const int32_t starts[5] = {0, 1, 2, 3, 4}, falling[5] = {0, 2, 1, 3, 4}, beyond[5] = {0, 1, 2, 3, 5};
static const float weights[4] = {1, 1, 1, 1};

static void moving_kernels(void) {
  group g = group_open(1, 1);
  mlk_ctx *ctx = g.ctx[0];
  const spc_gather_args gather = {sizeof gather, MLK_MAGIC_GATHER, rows(room, 4), rows(room + 2048, 4), 16, 4,
                                  host(good_rows)};
#define G(change, code, part) CHANGED(spc_gather_args, gather, gather_rows, change, code, part)
  BOTH(gather_rows, NULL, MLK_E_INVALID, "args is null");
  G(a.size = 4, MLK_E_STRUCT, "size=4");
  G(a.magic = 4, MLK_E_STRUCT, "magic=0x4");
  G(a.row_bytes = 0, MLK_E_INVALID, "row_bytes=0");
  G(a.row_bytes = UINT64_MAX, MLK_E_INVALID, "row_bytes=");
  G(a.count = UINT64_C(1) << 31, MLK_E_INVALID, "count=");
  G(a.dst.offset = 0, MLK_E_INVALID, "dst is null");
  G(a.src.offset = 0, MLK_E_INVALID, "src is null");
  G(a.dst.row_count = 3, MLK_E_RANGE, "dst has room for 3 rows");
  G(a.src.row_count = UINT64_MAX, MLK_E_INVALID, "more than memory has");
  G(a.src_rows = host(bad_rows), MLK_E_RANGE, "src_rows[2]=4 is outside 0..3");
  G(a.src_rows = host(negative), MLK_E_RANGE, "src_rows[1]=-1 is outside 0..3");
  G(a.src_rows.offset += 2, MLK_E_ALIGN, "multiple of 4");
  G((a.src_rows = host(NULL), a.src.row_count = 2), MLK_E_RANGE, "src has 2 rows");
  const uint64_t region = alloc_region(ctx, MLK_MEM_SHARED, 64);
  spc_gather_args on_region = gather;
  on_region.dst = (mlk_rows){region, 0, 0};
  BAD(spc_raw_gather_rows(&on_region), MLK_E_INVALID, "expected an address");
  CHECK_OK(spc_gather_rows(ctx, &on_region));
  on_region.dst.offset = 1;
  BAD(spc_gather_rows(ctx, &on_region), MLK_E_RANGE, "dst has room for 3 rows");
  on_region.dst.row_count = 4;
  BAD(spc_gather_rows(ctx, &on_region), MLK_E_RANGE, "3 rows fit its region behind offset=1");
  on_region.dst = (mlk_rows){region, 65, 0};
  BAD(spc_gather_rows(ctx, &on_region), MLK_E_RANGE, "offset=65");
  on_region.dst.region++;
  BAD(spc_gather_rows(ctx, &on_region), MLK_E_HANDLE, "region=");
  on_region = gather;
  on_region.src_rows = (mlk_operand){region, 52};
  BAD(spc_gather_rows(ctx, &on_region), MLK_E_RANGE, "src_rows needs 16 bytes");

  const mlk_rows targets[2] = {rows(room, 4), rows(room + 1024, 3)}, nowhere = {MLK_HOST, 0, 4};
  const int32_t two[4] = {0, 1, 2, 0}, second[4] = {0, 1, 0, 0}, fourth[4] = {0, 3, 1, 2};
  const spc_scatter_args scatter = {sizeof scatter, MLK_MAGIC_SCATTER, 2, 0, targets, rows(room + 2048, 4), 16, 4, 4,
                                    host(good_rows), host(starts), host(NULL), host(good_rows)};
#define S(change, code, part) CHANGED(spc_scatter_args, scatter, scatter_rows, change, code, part)
  BOTH(scatter_rows, NULL, MLK_E_INVALID, "args is null");
  S(a.size++, MLK_E_STRUCT, "size=137");
  S(a.row_bytes = 0, MLK_E_INVALID, "row_bytes=0");
  S(a.src_rows = host(bad_rows), MLK_E_RANGE, "src_rows[2]=4");
  S(a.dst_start = host(NULL), MLK_E_INVALID, "dst_start is null");
  S(a.dst_start = host(falling), MLK_E_RANGE, "dst_start[2]=1 is below dst_start[1]=2");
  S(a.dst_start = host(beyond), MLK_E_RANGE, "dst_start[4]=5");
  S(a.dst_rows = host(NULL), MLK_E_INVALID, "dst_rows is null");
  S(a.dst_rows = host(bad_rows), MLK_E_RANGE, "dst_rows[2]=4");
  S(a.dst_target = host(two), MLK_E_RANGE, "dst_target[2]=2");
  S(a.dst_target = host(starts), MLK_E_RANGE, "dst_target[2]=2");
  S((a.dst_target = host(second), a.dst_rows = host(fourth)), MLK_E_RANGE,
    "dst_rows[1]=3 is outside the 3 rows of target 1");
  S((a.targets = &nowhere, a.target_count = 1), MLK_E_INVALID, "a target is null");
  S(a.targets = NULL, MLK_E_INVALID, "targets is null");
  S(a.target_count = 0, MLK_E_INVALID, "target_count=0");
  S(a.target_count = UINT32_MAX, MLK_E_INVALID, "target_count=4294967295");

  const spc_reorder_args reorder = {sizeof reorder, MLK_MAGIC_REORDER, host(room), host(room + 2048), 2, 0, 8, 8};
#define O(change, code, part) CHANGED(spc_reorder_args, reorder, reorder, change, code, part)
  BOTH(reorder, NULL, MLK_E_INVALID, "args is null");
  O(a.magic = 0, MLK_E_STRUCT, "magic=0");
  O(a.element_bytes = 3, MLK_E_INVALID, "element_bytes=3");
  O(a.rows = UINT64_MAX, MLK_E_INVALID, "rows=");
  O((a.rows = INT32_MAX, a.columns = INT32_MAX), MLK_E_INVALID, "columns=");
  O(a.dst = host(NULL), MLK_E_INVALID, "dst is null");
  O(a.src = host(NULL), MLK_E_INVALID, "src is null");

  const spc_fill_args fill = {sizeof fill, MLK_MAGIC_FILL, host(room), 10, 0, 0};
#define F(change, code, part) CHANGED(spc_fill_args, fill, fill, change, code, part)
  BOTH(fill, NULL, MLK_E_INVALID, "args is null");
  F(a.size = 0, MLK_E_STRUCT, "size=0");
  F(a.value = 256, MLK_E_INVALID, "value=256");
  F(a.bytes = UINT64_MAX, MLK_E_INVALID, "bytes=");
  F(a.dst = host(NULL), MLK_E_INVALID, "dst is null");
  spc_fill_args too_long = fill;
  too_long.dst = (mlk_operand){region, 60};
  BAD(spc_fill(ctx, &too_long), MLK_E_RANGE, "dst needs 10 bytes from offset=60");
  group_close(&g);
}

static void summing_kernels(void) {
  group g = group_open(1, 1);
  mlk_ctx *ctx = g.ctx[0];
  const mlk_rows sources[2] = {rows(room + 1024, 4), rows(room + 2048, 4)};
  const int32_t two[4] = {0, 1, 2, 0};
  const spc_reduce_args reduce = {sizeof reduce, MLK_MAGIC_REDUCE, rows(room, 4), MLK_BF16, MLK_BF16, MLK_BF16, 2,
                                  sources, 8, 4, 4, 4, host(starts), host(starts), host(NULL), host(good_rows),
                                  host(weights)};
#define R(change, code, part) CHANGED(spc_reduce_args, reduce, reduce_rows, change, code, part)
  BOTH(reduce_rows, NULL, MLK_E_INVALID, "args is null");
  R(a.size = 1, MLK_E_STRUCT, "size=1");
  R(a.dst_type = 3, MLK_E_INVALID, "dst_type=3");
  R(a.src_type = 3, MLK_E_INVALID, "src_type=3");
  R(a.partial_type = 3, MLK_E_INVALID, "partial_type=3");
  R(a.hidden = 0, MLK_E_INVALID, "hidden=0");
  R(a.hidden = UINT64_MAX, MLK_E_INVALID, "hidden=");
  R(a.sources = NULL, MLK_E_INVALID, "sources is null");
  R(a.source_count = UINT32_MAX, MLK_E_INVALID, "source_count=");
  R(a.source_count = 0, MLK_E_INVALID, "source_count=0");
  R(a.dst.row_count = 3, MLK_E_RANGE, "dst has room for 3 rows");
  R(a.group_start = host(NULL), MLK_E_INVALID, "group_start is null");
  R(a.group_start = host(falling), MLK_E_RANGE, "group_start[2]=1 is below");
  R(a.group_length = 3, MLK_E_RANGE, "group_start[4]=4");
  R(a.elem_start = host(falling), MLK_E_RANGE, "elem_start[2]=1 is below");
  R(a.elem_start = host(beyond), MLK_E_RANGE, "elem_start[4]=5");
  R((a.elem_start = host(NULL), a.element_length = 3), MLK_E_RANGE, "element_length=3");
  R(a.elem_row = host(NULL), MLK_E_INVALID, "elem_row is null");
  R(a.elem_row = host(bad_rows), MLK_E_RANGE, "elem_row[2]=4");
  R(a.elem_source = host(two), MLK_E_RANGE, "elem_source[2]=2 is outside 0..1");
  R((a.elem_source = host(starts + 0), a.source_count = 1), MLK_E_RANGE, "elem_source[1]=1");
  R(a.weights.offset += 1, MLK_E_ALIGN, "weights");

  const spc_dot_args dot = {sizeof dot, MLK_MAGIC_DOT, host(room), rows(room + 1024, 4), rows(room + 2048, 4),
                            host(good_rows), host(NULL), MLK_FP16, 0, 8, 4};
#define D(change, code, part) CHANGED(spc_dot_args, dot, dot_rows, change, code, part)
  BOTH(dot_rows, NULL, MLK_E_INVALID, "args is null");
  D(a.magic = 1, MLK_E_STRUCT, "magic=0x1");
  D(a.type = 9, MLK_E_INVALID, "type=9");
  D(a.hidden = 0, MLK_E_INVALID, "hidden=0");
  D(a.out = host(NULL), MLK_E_INVALID, "out is null");
  D(a.out.offset += 2, MLK_E_ALIGN, "out");
  D(a.a_rows = host(bad_rows), MLK_E_RANGE, "a_rows[2]=4");
  D(a.b.row_count = 3, MLK_E_RANGE, "b has 3 rows");
  D(a.b.offset = 0, MLK_E_INVALID, "b is null");

  const spc_scale_args scale = {sizeof scale, MLK_MAGIC_SCALE, rows(room, 4), rows(room + 2048, 4), host(good_rows),
                                host(weights), MLK_FP32, 0, 8, 4};
#define C(change, code, part) CHANGED(spc_scale_args, scale, scale_rows, change, code, part)
  BOTH(scale_rows, NULL, MLK_E_INVALID, "args is null");
  C(a.size = 0, MLK_E_STRUCT, "size=0");
  C(a.type = 9, MLK_E_INVALID, "type=9");
  C(a.hidden = 0, MLK_E_INVALID, "hidden=0");
  C(a.weights = host(NULL), MLK_E_INVALID, "weights is null");
  C(a.src_rows = host(negative), MLK_E_RANGE, "src_rows[1]=-1");
  C(a.dst.row_count = 0, MLK_E_RANGE, "dst has room for 0 rows");
  group_close(&g);
}

/* Nothing to do is no error, also without memory. */
static void empty_calls(void) {
  spc_gather_args gather = {.size = sizeof gather, .magic = MLK_MAGIC_GATHER, .row_bytes = 1};
  CHECK_OK(spc_raw_gather_rows(&gather));
  spc_scatter_args scatter = {.size = sizeof scatter, .magic = MLK_MAGIC_SCATTER, .row_bytes = 1};
  CHECK_OK(spc_raw_scatter_rows(&scatter));
  spc_reduce_args reduce = {.size = sizeof reduce, .magic = MLK_MAGIC_REDUCE, .hidden = 1};
  CHECK_OK(spc_raw_reduce_rows(&reduce));
  spc_dot_args dot = {.size = sizeof dot, .magic = MLK_MAGIC_DOT, .hidden = 1};
  CHECK_OK(spc_raw_dot_rows(&dot));
  spc_scale_args scale = {.size = sizeof scale, .magic = MLK_MAGIC_SCALE, .hidden = 1};
  CHECK_OK(spc_raw_scale_rows(&scale));
  spc_reorder_args reorder = {.size = sizeof reorder, .magic = MLK_MAGIC_REORDER, .element_bytes = 1, .rows = 5};
  CHECK_OK(spc_raw_reorder(&reorder));
  spc_fill_args fill = {.size = sizeof fill, .magic = MLK_MAGIC_FILL};
  CHECK_OK(spc_raw_fill(&fill));
}

int main(void) {
  RUN(opening);
  RUN(no_context);
  RUN(connecting);
  RUN(regions);
  RUN(transfers);
  RUN(moving_kernels);
  RUN(summing_kernels);
  RUN(empty_calls);
  return check_end();
}
