/*
 * What both MPI programs share: buffers of a rank, its routes, and how it obeys the harness. Usage of either:
 * mpirun -n RANKS PROGRAM SOCKET JOB KNOWN; KNOWN is 1 when the routing is worked out once, 0: in every round.
 */
#ifndef MOELINK_BENCH_PEER_H
#define MOELINK_BENCH_PEER_H

#include "control.h"
#include "route.h"
#include "rows.h"

/* One rank. */
struct peer {
  struct job *job;
  struct route *route;
  int rank;
  int known;
  char *input;
  char *experts;
  char *sums;
};

/* What a program does in a round, all ranks together. */
struct peer_program {
  const char *name;
  void (*prepare)(struct peer *peer);
  void (*dispatch)(struct peer *peer);
  void (*combine)(struct peer *peer);
};

/* Runs a program: joins MPI, serves the harness, leaves MPI. */
int peer_main(int count, char **arguments, const struct peer_program *program);

/* The weighted sum of the rows of one token at this rank, rounded to BF16, through the caches. */
void peer_partial(const struct peer *peer, const struct pair *pair, int token, char *to);

/* The sum of partials, count 0 or more, past the caches. */
void peer_sum(const struct peer *peer, const char *const *partials, int count, char *to);

/* Writes a row to its places among the rows of this rank's experts, past the caches. */
void peer_expand(const struct peer *peer, const struct pair *pair, int token, const char *from);

#endif
