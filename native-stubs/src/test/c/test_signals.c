/* Signals, waits, failures and messages among threads of one process. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "check.h"

#define ROUNDS 20000

static void slots_compare_signed_and_add(void) {
  group g = group_open(2, 1);
  int64_t value = 0;
  CHECK_CODE(mlk_signal_test(g.ctx[1], 3, 1), MLK_AGAIN);
  CHECK_OK(mlk_put_value(g.ctx[0], 1, 3, -5));
  CHECK_OK(mlk_put_value(g.ctx[0], 1, 4, 1));
  CHECK_OK(wait_signal(g.ctx[1], 4, 1, 0));
  CHECK_CODE(mlk_signal_test(g.ctx[1], 3, -4), MLK_AGAIN);
  CHECK_OK(mlk_signal_test(g.ctx[1], 3, -5));
  CHECK_OK(mlk_atomic_add(g.ctx[0], 1, 3, 12));
  CHECK_OK(mlk_atomic_add(g.ctx[1], 1, 3, 1));
  CHECK_OK(wait_signal(g.ctx[1], 3, 8, 0));
  CHECK_OK(mlk_signal_read(g.ctx[1], 3, &value));
  CHECK_EQ(value, 8);
  CHECK_OK(mlk_signal_wait(g.ctx[1], 3, 8, 0, 0));
  group_close(&g);
}

static void waits_end_in_time(void) {
  group g = group_open(2, 1);
  int64_t start = now_ns();
  CHECK_CODE(mlk_signal_wait(g.ctx[0], 0, 1, 1, INT64_C(5000000000)), MLK_TIMEOUT_SLICE);
  int64_t took = now_ns() - start;
  CHECK(took >= MLK_SLICE_NS_MAX / 2 && took < 200000000);
  start = now_ns();
  CHECK_CODE(mlk_signal_wait(g.ctx[0], 0, 1, 1, 3000000), MLK_E_TIMEOUT);
  CHECK(now_ns() - start < 100000000);
  CHECK_CODE(mlk_signal_wait(g.ctx[0], 0, 1, 1, 0), MLK_E_TIMEOUT);
  CHECK_CODE(mlk_signal_wait(g.ctx[0], 0, 1, 1, -1), MLK_E_TIMEOUT);
  CHECK_TEXT("rank=1");
  int64_t seen = 0;
  CHECK_OK(mlk_activity(g.ctx[0], &seen));
  CHECK_CODE(mlk_activity_wait(g.ctx[0], seen, 1, 1000000), MLK_E_TIMEOUT);
  CHECK_OK(mlk_put_value(g.ctx[1], 0, 5, 1));
  CHECK_OK(wait_signal(g.ctx[0], 5, 1, 1));
  CHECK_OK(mlk_activity_wait(g.ctx[0], seen, 1, 1000000));
  CHECK_CODE(mlk_activity_wait(g.ctx[0], seen, 0, 1000000), MLK_E_INVALID);
  CHECK_CODE(mlk_activity_wait(g.ctx[0], seen, 2, 1000000), MLK_E_TIMEOUT);
  group_close(&g);
}

/* Two threads bounce a counter, each with bytes that the signal must not overtake. */
typedef struct bouncer {
  mlk_ctx *ctx;
  int32_t rank;
  uint64_t own, peer, source;
  int use_activity;
} bouncer;

static int32_t await(bouncer *b, int64_t value) {
  if (!b->use_activity) return wait_signal(b->ctx, 7, value, 1 - b->rank);
  const int64_t end = now_ns() + INT64_C(10000000000);
  while (now_ns() < end) {
    int64_t seen;
    CHECK_OK(mlk_activity(b->ctx, &seen));
    if (mlk_signal_test(b->ctx, 7, value) == MLK_OK) return MLK_OK;
    const int32_t code = mlk_activity_wait(b->ctx, seen, 1, INT64_C(1000000000));
    if (code != MLK_OK && code != MLK_TIMEOUT_SLICE) return code;
  }
  return MLK_E_TIMEOUT;
}

static void *bounce(void *argument) {
  bouncer *b = argument;
  uint8_t *source = region_bytes(b->ctx, b->source);
  const uint8_t *own = region_bytes(b->ctx, b->own);
  for (int64_t i = 1; i <= ROUNDS; i++) {
    if (b->rank == 1 && CHECK_OK(await(b, i)) != MLK_OK) return NULL;
    if (b->rank == 1 && (own[0] != (uint8_t)i || own[999] != (uint8_t)i)) CHECK_EQ(own[999], (uint8_t)i);
    memset(source, (int)(uint8_t)i, 1000);
    CHECK_OK(mlk_put_signal(b->ctx, b->source, 0, b->peer, 0, 1000, 7, i));
    if (b->rank == 0 && CHECK_OK(await(b, i)) != MLK_OK) return NULL;
    if (b->rank == 0 && (own[0] != (uint8_t)i || own[999] != (uint8_t)i)) CHECK_EQ(own[999], (uint8_t)i);
  }
  return NULL;
}

static void bounce_with(int use_activity) {
  group g = group_open(2, 1);
  bouncer b[2];
  for (int32_t r = 0; r < 2; r++)
    b[r] = (bouncer){g.ctx[r], r, alloc_region(g.ctx[r], MLK_MEM_SHARED, 1000), 0,
                     alloc_region(g.ctx[r], MLK_MEM_HOST, 1000), use_activity};
  for (int32_t r = 0; r < 2; r++) b[r].peer = share_region(g.ctx[1 - r], 1 - r, b[1 - r].own, g.ctx[r]);
  pthread_t thread;
  CHECK_EQ(pthread_create(&thread, NULL, bounce, &b[1]), 0);
  (void)bounce(&b[0]);
  (void)pthread_join(thread, NULL);
  group_close(&g);
}

static void signals_follow_their_bytes(void) { bounce_with(0); }
static void activity_wakes_for_any_signal(void) { bounce_with(1); }

static void *add_many(void *argument) {
  group *g = argument;
  for (int i = 0; i < ROUNDS; i++)
    if (mlk_atomic_add(g->ctx[1], 0, 1, 1) != MLK_OK) CHECK(0);
  return NULL;
}

static void adds_are_atomic(void) {
  group g = group_open(2, 1);
  pthread_t threads[4];
  for (int i = 0; i < 4; i++) CHECK_EQ(pthread_create(&threads[i], NULL, add_many, &g), 0);
  CHECK_OK(wait_signal(g.ctx[0], 1, 4 * ROUNDS, MLK_ANY_RANK));
  for (int i = 0; i < 4; i++) (void)pthread_join(threads[i], NULL);
  int64_t value;
  CHECK_OK(mlk_signal_read(g.ctx[0], 1, &value));
  CHECK_EQ(value, 4 * ROUNDS);
  group_close(&g);
}

static void *close_later(void *ctx) {
  const struct timespec pause = {0, 30000000};
  (void)nanosleep(&pause, NULL);
  CHECK_OK(mlk_close(ctx));
  return NULL;
}

static void a_peer_that_closes_ends_waits_for_it(void) {
  group g = group_open(3, 1);
  pthread_t thread;
  const uint64_t region = alloc_region(g.ctx[2], MLK_MEM_SHARED, 64);
  const uint64_t theirs = share_region(g.ctx[2], 2, region, g.ctx[0]);
  mlk_key key = {.size = sizeof key, .magic = MLK_MAGIC_KEY};
  CHECK_OK(mlk_region_export(g.ctx[2], region, &key));
  CHECK_OK(mlk_put_value(g.ctx[2], 0, 4, 1));
  CHECK_EQ(pthread_create(&thread, NULL, close_later, g.ctx[2]), 0);
  CHECK_CODE(wait_signal(g.ctx[0], 4, 2, 2), MLK_E_PEER_CLOSED);
  CHECK_TEXT("rank=2");
  CHECK_EQ(failed_rank_of(g.ctx[0]), 2);
  (void)pthread_join(thread, NULL);
  CHECK_OK(wait_signal(g.ctx[0], 4, 1, 2)); /* what it did before counts */
  CHECK_CODE(mlk_signal_wait(g.ctx[0], 4, 2, 1, 1000000), MLK_E_TIMEOUT); /* others may go on */
  CHECK_OK(mlk_put_value(g.ctx[0], 2, 4, 1)); /* to a closed rank: nothing */
  CHECK_CODE(mlk_signal_wait(g.ctx[0], 4, 2, MLK_ANY_RANK, 1000000), MLK_E_TIMEOUT);
  CHECK_CODE(mlk_flush(g.ctx[0], 2), MLK_E_PEER_CLOSED);
  CHECK_CODE(mlk_put(g.ctx[0], theirs, 0, theirs, 8, 8), MLK_E_PEER_CLOSED);
  uint64_t again;
  CHECK_CODE(mlk_region_attach(g.ctx[1], 2, &key, &again), MLK_E_PEER_CLOSED);
  CHECK_TEXT("rank=2");
  int64_t seen;
  CHECK_OK(mlk_activity(g.ctx[0], &seen));
  CHECK_CODE(mlk_activity_wait(g.ctx[0], seen, 1, 1000000), MLK_E_PEER_CLOSED);
  CHECK_OK(mlk_close(g.ctx[0]));
  CHECK_OK(mlk_close(g.ctx[1]));
}

static void own_close_ends_own_waits(void) {
  group g = group_open(2, 1);
  pthread_t thread;
  CHECK_EQ(pthread_create(&thread, NULL, close_later, g.ctx[0]), 0);
  CHECK_CODE(wait_signal(g.ctx[0], 4, 2, 1), MLK_E_CLOSED);
  (void)pthread_join(thread, NULL);
  CHECK_CODE(mlk_close(g.ctx[0]), MLK_E_CLOSED);
  CHECK_OK(mlk_close(g.ctx[1]));
}

static void abort_reaches_all_and_the_first_wins(void) {
  group g = group_open(3, 1);
  CHECK_OK(mlk_put_value(g.ctx[1], 0, 0, 1));
  CHECK_OK(mlk_abort(g.ctx[1], 2, "row count of rank 2 differs"));
  for (int32_t r = 0; r < 3; r++) CHECK_CODE(wait_signal(g.ctx[r], 7, 1, MLK_ANY_RANK), MLK_E_ABORTED);
  CHECK_OK(mlk_abort(g.ctx[0], 0, "later"));
  for (int32_t r = 0; r < 3; r++) {
    CHECK_CODE(mlk_signal_wait(g.ctx[r], 0, r == 0 ? 1 : 5, 1, 1000000), MLK_E_ABORTED);
    CHECK_TEXT("row count of rank 2 differs");
    CHECK_EQ(failed_rank_of(g.ctx[r]), 2);
    CHECK_CODE(mlk_activity_wait(g.ctx[r], -1, 1, 1000000), MLK_E_ABORTED);
    CHECK_CODE(mlk_progress(g.ctx[r]), MLK_E_ABORTED);
    CHECK_CODE(mlk_flush(g.ctx[r], 0), MLK_E_ABORTED);
  }
  group_close(&g);
}

static void messages_come_whole_and_in_order(void) {
  group g = group_open(2, 1);
  const uint64_t room = 1 << 20;
  const uint64_t source[2] = {alloc_region(g.ctx[0], MLK_MEM_SHARED, room), alloc_region(g.ctx[0], MLK_MEM_HOST, room)};
  const uint64_t target = alloc_region(g.ctx[1], MLK_MEM_HOST, room);
  uint8_t *to = region_bytes(g.ctx[1], target);
  const uint64_t sizes[] = {0, 1, 64, 65, 4096, 100001, 1 << 20};
  for (uint64_t i = 0; i < 700; i++) {
    const uint64_t bytes = sizes[i % 7], from = source[i / 7 % 2];
    memset(region_bytes(g.ctx[0], from), (int)(i % 251), bytes);
    uint64_t sequence = 99;
    CHECK_OK(mlk_send(g.ctx[0], 1, from, 0, bytes, i, &sequence));
    CHECK_EQ(sequence, i);
    CHECK_CODE(mlk_send_test(g.ctx[0], 1, sequence), MLK_AGAIN);
    mlk_received received = {.size = sizeof received, .magic = MLK_MAGIC_RECEIVED};
    CHECK_OK(await_message(g.ctx[1], 0, target, bytes, &received));
    CHECK_EQ(received.tag, i);
    CHECK_EQ(received.bytes, bytes);
    CHECK(bytes == 0 || (to[0] == i % 251 && to[bytes - 1] == i % 251));
    CHECK_OK(await_sent(g.ctx[0], 1, sequence));
    CHECK_CODE(mlk_recv(g.ctx[1], 0, target, 0, bytes, &received), MLK_AGAIN);
  }
  group_close(&g);
}

static void messages_can_fill_be_withdrawn_and_refused(void) {
  group g = group_open(2, 1);
  const uint64_t source = alloc_region(g.ctx[0], MLK_MEM_HOST, 4096);
  const uint64_t target = alloc_region(g.ctx[1], MLK_MEM_HOST, 4096);
  uint64_t sequence, first = 0;
  int posted = 0;
  while (mlk_send(g.ctx[0], 1, source, 0, 1000, (uint64_t)posted, &sequence) == MLK_OK) posted++;
  CHECK_EQ(posted, 64);
  CHECK_OK(mlk_send_cancel(g.ctx[0], 1, first));
  CHECK_CODE(mlk_send_test(g.ctx[0], 1, first), MLK_E_STATE);
  mlk_received received = {.size = sizeof received, .magic = MLK_MAGIC_RECEIVED};
  CHECK_OK(await_message(g.ctx[1], 0, target, 1000, &received));
  CHECK_EQ(received.tag, 1);
  CHECK_OK(await_sent(g.ctx[0], 1, 1));
  CHECK_CODE(mlk_send_cancel(g.ctx[0], 1, 1), MLK_E_STATE);
  CHECK_CODE(await_message(g.ctx[1], 0, target, 999, &received), MLK_E_LENGTH);
  CHECK_TEXT("message of 1000 bytes from rank=0, expected 999");
  CHECK_CODE(await_sent(g.ctx[0], 1, 2), MLK_E_LENGTH);
  CHECK_TEXT("rank=1 expects 999");
  for (int i = 3; i < 64; i++) CHECK_OK(await_message(g.ctx[1], 0, target, 1000, &received));
  CHECK_CODE(mlk_recv(g.ctx[1], 0, target, 0, 1000, &received), MLK_AGAIN);
  CHECK_OK(await_sent(g.ctx[0], 1, 63));
  CHECK_OK(mlk_send(g.ctx[0], 1, source, 0, 8, 0, &sequence));
  CHECK_CODE(mlk_send_test(g.ctx[0], 1, sequence + 1), MLK_E_INVALID);
  CHECK_OK(mlk_close(g.ctx[0]));
  /* sent before it closed: a backend may have the bytes, or not */
  const int32_t last = await_message(g.ctx[1], 0, target, 8, &received);
  if (last != MLK_E_PEER_CLOSED) CHECK_CODE(last, MLK_OK);
  CHECK_CODE(mlk_recv(g.ctx[1], 0, target, 0, 8, &received), MLK_E_PEER_CLOSED);
  CHECK_OK(mlk_close(g.ctx[1]));
}

int main(void) {
  RUN(slots_compare_signed_and_add);
  RUN(waits_end_in_time);
  RUN(signals_follow_their_bytes);
  RUN(activity_wakes_for_any_signal);
  RUN(adds_are_atomic);
  RUN(a_peer_that_closes_ends_waits_for_it);
  RUN(own_close_ends_own_waits);
  RUN(abort_reaches_all_and_the_first_wins);
  RUN(messages_come_whole_and_in_order);
  RUN(messages_can_fill_be_withdrawn_and_refused);
  return check_end();
}
