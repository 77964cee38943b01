/*
 * The harness tells a contestant what to do over a socket of this host, one line a command, and gets one line back:
 *   rounds N   runs N rounds: "times" and, for each, start and end of dispatch, start and end of combine
 *   check      "hashes" and, for each rank, RANK:DISPATCHED:COMBINED, hashes of the last round's rows
 *   compiled   of JVMs: "compiled" and milliseconds that this one has spent compiling
 *   probe      "probe" and nanoseconds of a cache line's way between two cores and back
 * Between commands a contestant sleeps. It ends with its socket.
 */
#ifndef MOELINK_BENCH_CONTROL_H
#define MOELINK_BENCH_CONTROL_H

#include <stdint.h>
#include <stdio.h>

enum { ROUNDS_MAX = 100000 };

/* What a contestant can do; null: it cannot. */
struct contestant {
  void (*rounds)(int count, int64_t (*times)[4]);
  void (*check)(FILE *answer);
  double (*probe)(void);
};

/* Connects, says who this is, and obeys until the harness closes the socket. */
void serve(const char *socket_path, const char *name, int rank, const struct contestant *contestant);

#endif
