#define _GNU_SOURCE
/* Many puts, large and small, of which UCX over TCP sends some on streams and some as notes. */
#include <stdlib.h>

#include "check.h"

#define SLOT 7
#define SMALL 64u
#define LARGE 50000u
#define HUGE_BYTES (UINT64_C(3) << 20)

static uint8_t byte_of(uint64_t put, uint64_t at) { return (uint8_t)(put * 131 + at * 7 + at / 256); }

static void fill(uint8_t *to, uint64_t put, uint64_t bytes) {
  for (uint64_t i = 0; i < bytes; i++) to[i] = byte_of(put, i);
}

static int holds(const uint8_t *bytes, uint64_t put, uint64_t count) {
  for (uint64_t i = 0; i < count; i++)
    if (bytes[i] != byte_of(put, i)) return 0;
  return 1;
}

/* Posts a put, and waits until that can be done. */
static uint64_t post(mlk_ctx *ctx, uint64_t src, uint64_t from, uint64_t dst, uint64_t to, uint64_t bytes) {
  uint64_t ticket = 0;
  int32_t code;
  const int64_t end = now_ns() + INT64_C(10000000000);
  do code = mlk_put_post(ctx, src, from, dst, to, bytes, &ticket);
  while (code == MLK_AGAIN && now_ns() < end);
  CHECK_CODE(code, MLK_OK);
  return ticket;
}

static void await_free(mlk_ctx *ctx, uint64_t ticket) {
  int32_t code;
  const int64_t end = now_ns() + INT64_C(10000000000);
  do code = mlk_put_test(ctx, ticket);
  while (code == MLK_AGAIN && now_ns() < end);
  CHECK_CODE(code, MLK_OK);
}

/* A signal says that all puts before it are there, whatever way each of them takes. */
static void signals_come_behind_puts_of_all_sizes(void) {
  const uint64_t sizes[] = {SMALL, LARGE, 1, HUGE_BYTES, 16383, 16384, 8};
  const uint64_t count = sizeof sizes / sizeof *sizes;
  group g = group_open(2, 1);
  const uint64_t source = alloc_region(g.ctx[0], MLK_MEM_HOST, count * HUGE_BYTES);
  const uint64_t target = alloc_region(g.ctx[1], MLK_MEM_SHARED, count * HUGE_BYTES);
  const uint64_t attached = share_region(g.ctx[1], 1, target, g.ctx[0]);
  uint8_t *from = region_bytes(g.ctx[0], source), *to = region_bytes(g.ctx[1], target);
  for (uint64_t round = 0; round < 20; round++) {
    uint64_t ticket = 0;
    for (uint64_t i = 0; i < count; i++) {
      const uint64_t size = sizes[(i + round) % count];
      fill(from + i * HUGE_BYTES, round * count + i, size);
      ticket = post(g.ctx[0], source, i * HUGE_BYTES, attached, i * HUGE_BYTES, size);
      if (i % 2 == 1) CHECK_OK(mlk_put_value(g.ctx[0], 1, SLOT, (int64_t)(round * count + i + 1)));
    }
    for (uint64_t i = 1; i < count; i += 2) {
      CHECK_OK(wait_signal(g.ctx[1], SLOT, (int64_t)(round * count + i + 1), 0));
      for (uint64_t j = 0; j <= i; j++)
        CHECK(holds(to + j * HUGE_BYTES, round * count + j, sizes[(j + round) % count]));
    }
    await_free(g.ctx[0], ticket);
    /* the next round changes sources, and targets that are all there */
    CHECK_OK(flush(g.ctx[0], 1));
    CHECK(holds(to + (count - 1) * HUGE_BYTES, round * count + count - 1, sizes[(count - 1 + round) % count]));
  }
  group_close(&g);
}

/* More than may be ahead of one that is late: who posts is held up, and nothing is lost. */
static void thousands_of_puts_without_a_signal(void) {
  enum { PUTS = 20000 };
  group g = group_open(2, 1);
  const uint64_t source = alloc_region(g.ctx[0], MLK_MEM_HOST, LARGE);
  const uint64_t target = alloc_region(g.ctx[1], MLK_MEM_SHARED, LARGE + PUTS);
  const uint64_t attached = share_region(g.ctx[1], 1, target, g.ctx[0]);
  uint8_t *from = region_bytes(g.ctx[0], source), *to = region_bytes(g.ctx[1], target);
  fill(from, 1, LARGE);
  for (uint64_t i = 0; i < PUTS; i++) {
    /* a large one now and then, with many small ones behind it */
    const int large = i % 500 == 0;
    (void)post(g.ctx[0], source, 0, attached, large ? 0 : LARGE + i, large ? LARGE : 1);
  }
  CHECK_OK(mlk_put_value(g.ctx[0], 1, SLOT, 1));
  CHECK_OK(wait_signal(g.ctx[1], SLOT, 1, 0));
  CHECK(holds(to, 1, LARGE));
  uint64_t here = 0;
  for (uint64_t i = 0; i < PUTS; i++) here += to[LARGE + i] == byte_of(1, 0);
  CHECK_EQ(here, PUTS - PUTS / 500);
  for (uint64_t i = 0; i < 3000; i++) (void)post(g.ctx[0], source, 0, attached, 0, LARGE);
  CHECK_OK(flush(g.ctx[0], 1));
  CHECK(holds(to, 1, LARGE));
  group_close(&g);
}

/* Both ways at once, and a sender that waits for its puts. */
static void both_sides_put(void) {
  group g = group_open(2, 1);
  uint64_t source[2], target[2], attached[2];
  for (int r = 0; r < 2; r++) {
    source[r] = alloc_region(g.ctx[r], MLK_MEM_HOST, HUGE_BYTES);
    target[r] = alloc_region(g.ctx[r], MLK_MEM_SHARED, HUGE_BYTES);
    fill(region_bytes(g.ctx[r], source[r]), (uint64_t)r, HUGE_BYTES);
  }
  for (int r = 0; r < 2; r++) attached[r] = share_region(g.ctx[1 - r], 1 - r, target[1 - r], g.ctx[r]);
  for (int round = 1; round <= 20; round++) {
    for (int r = 0; r < 2; r++) (void)post(g.ctx[r], source[r], 0, attached[r], 0, HUGE_BYTES);
    for (int r = 0; r < 2; r++) CHECK_OK(mlk_put(g.ctx[r], source[r], 1, attached[r], 1, LARGE));
    for (int r = 0; r < 2; r++) CHECK_OK(mlk_put_value(g.ctx[r], 1 - r, SLOT, round));
    for (int r = 0; r < 2; r++) {
      CHECK_OK(wait_signal(g.ctx[r], SLOT, round, 1 - r));
      CHECK(holds(region_bytes(g.ctx[r], target[r]), (uint64_t)(1 - r), HUGE_BYTES));
      memset(region_bytes(g.ctx[r], target[r]), 0, HUGE_BYTES);
    }
    /* nobody puts again before the other has looked */
    for (int r = 0; r < 2; r++) CHECK_OK(flush(g.ctx[r], 1 - r));
  }
  group_close(&g);
}

/* Memory that is released while puts are on their way to it: they end first. */
static void a_release_waits_for_puts(void) {
  group g = group_open(2, 1);
  for (int round = 0; round < 50; round++) {
    const uint64_t source = alloc_region(g.ctx[0], MLK_MEM_HOST, HUGE_BYTES);
    const uint64_t target = alloc_region(g.ctx[1], MLK_MEM_SHARED, HUGE_BYTES);
    const uint64_t attached = share_region(g.ctx[1], 1, target, g.ctx[0]);
    (void)post(g.ctx[0], source, 0, attached, 0, HUGE_BYTES);
    CHECK_OK(mlk_region_release(g.ctx[0], source));
    CHECK_OK(mlk_region_release(g.ctx[0], attached));
    CHECK_OK(mlk_region_release(g.ctx[1], target));
  }
  group_close(&g);
}

/* Waits until there are as many, or for a while. */
static int descriptors_of_a_group(int expected) {
  group g = group_open(2, 1);
  const int64_t end = now_ns() + INT64_C(5000000000);
  while (open_descriptors() < expected && now_ns() < end) CHECK_OK(mlk_progress(g.ctx[0]));
  const int descriptors = open_descriptors();
  group_close(&g);
  return descriptors;
}

/* Where there is nothing but TCP: a listener, an end for each direction and an epoll at each of two ranks. */
static void streams_are_where_there_is_tcp_alone(void) {
  const char *transports = getenv("UCX_TLS"), *setting = getenv("MOELINK_TCP_STREAMS");
  const int on = transports != NULL && strcmp(transports, "tcp,self") == 0 && setting == NULL;
  (void)descriptors_of_a_group(0); /* UCX opens some for good */
  CHECK(setenv("MOELINK_TCP_STREAMS", "off", 1) == 0);
  const int without = descriptors_of_a_group(0);
  if (setting == NULL) CHECK(unsetenv("MOELINK_TCP_STREAMS") == 0);
  if (on) CHECK_EQ(descriptors_of_a_group(without + 8), without + 8);
}

int main(void) {
  RUN(streams_are_where_there_is_tcp_alone);
  RUN(signals_come_behind_puts_of_all_sizes);
  RUN(thousands_of_puts_without_a_signal);
  RUN(both_sides_put);
  RUN(a_release_waits_for_puts);
  return check_end();
}
