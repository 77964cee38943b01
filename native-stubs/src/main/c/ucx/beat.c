/*
 * Signs of life. A host that is gone, a link that is down and a process that is stopped say nothing, and TCP may take
 * minutes to see it; what is more, ranks that wait for each other all miss their deadlines at about one time, and would
 * name each other. So every rank's thread, which no other work of its process holds up, says a word now and then, and a
 * rank of which nothing is heard is the one at fault.
 */
#include <stdio.h>

#include "ucx.h"

/* Half of what any wait may take, so that it is known before the first one ends; but a busy machine is no dead one. */
#define SILENCE_PARTS 2
#define SILENCE_NS_MIN INT64_C(2000000000)
#define BEATS_IN_SILENCE 8

void ucx_beat(ucx_ctx *c) {
  if (!atomic_load(&c->connected) || atomic_load(&c->closing)) return;
  const int64_t half = c->timeout_ns / SILENCE_PARTS;
  const int64_t silence = half < SILENCE_NS_MIN ? SILENCE_NS_MIN : half;
  const int64_t now = mlk_now_ns();
  /* this process was stopped itself, or its host asleep: what came meanwhile has not been looked at */
  const int slept = now - c->looked_ns > silence / 2;
  c->looked_ns = now;
  const int due = now - c->beat_ns >= silence / BEATS_IN_SILENCE;
  if (due) c->beat_ns = now;
  const ucx_note note = {.kind = NOTE_BEAT};
  const int32_t own = c->peers[c->rank].pid;
  for (int32_t r = 0; r < c->rank_count; r++) {
    ucx_peer *peer = &c->peers[r];
    if (r == c->rank || ucx_is_gone(peer) || (peer->on_host && peer->pid == own)) continue;
    if (slept || peer->heard_ns == 0) peer->heard_ns = now;
    if (due) ucx_answer(c, peer, peer->ep, &note, NULL, 0);
    if (now - peer->heard_ns <= silence) continue;
    char how[64];
    (void)snprintf(how, sizeof how, "nothing was heard of it for %lld ms",
                   (long long)((now - peer->heard_ns) / 1000000));
    ucx_declare_dead(c, peer, how);
  }
}
