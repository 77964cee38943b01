#include "peer.h"

#include <inttypes.h>
#include <mpi.h>
#include <stdlib.h>
#include <string.h>

static struct peer self;
static const struct peer_program *program;

/* The rows of a token at this rank; none behind the last token. */
static int rows_of(const struct peer *peer, const struct pair *pair, int token, const uint16_t **rows) {
  if (token >= pair->count) {
    return 0;
  }
  int first = pair->first[token];
  int count = pair->first[token + 1] - first;
  for (int i = 0; i < count; i++) {
    rows[i] = (const uint16_t *)(peer->experts + (size_t)pair->row[first + i] * peer->job->row_bytes);
  }
  return count;
}

void peer_partial(const struct peer *peer, const struct pair *pair, int token, char *to) {
  const uint16_t *rows[32], *next[32];
  int count = rows_of(peer, pair, token, rows);
  int next_count = rows_of(peer, pair, token + 1, next);
  const float *weights = pair->weight + pair->first[token];
  for (size_t at = 0; at < (size_t)peer->job->hidden; at += 2 * STEP) {
    prefetch_rows(rows, count, next, next_count, 2 * at, peer->job->row_bytes);
    *(words *)((uint16_t *)to + at) = narrow(sum_at(rows, weights, count, at));
    *(words *)((uint16_t *)to + at + STEP) = narrow(sum_at(rows, weights, count, at + STEP));
  }
}

void peer_sum(const struct peer *peer, const char *const *partials, int count, char *to) {
  for (size_t at = 0; at < (size_t)peer->job->hidden; at += 2 * STEP) {
    words both[2];
    for (int half = 0; half < 2; half++) {
      size_t element = at + (size_t)(half * STEP);
      floats sum = {0};
      for (int i = 0; i < count; i++) {
        floats part = widen((const uint16_t *)partials[i] + element);
        sum = i == 0 ? part : sum + part;
      }
      both[half] = narrow(sum);
    }
    stream_line((uint16_t *)to + at, *(line *)both);
  }
}

void peer_expand(const struct peer *peer, const struct pair *pair, int token, const char *from) {
  char *to[32];
  int first = pair->first[token];
  int count = pair->first[token + 1] - first;
  for (int i = 0; i < count; i++) {
    to[i] = peer->experts + (size_t)pair->row[first + i] * peer->job->row_bytes;
  }
  expand_row(from, to, count, peer->job->row_bytes);
}

/* Ranks tell each other what their tokens chose, as they must when they do not know yet. */
static void exchange_routing(void) {
  static int *counts, *starts;
  static int32_t *ids;
  static float *weights;
  struct job *job = self.job;
  if (counts == NULL) {
    size_t slots = 0;
    counts = memory(sizeof(int) * (size_t)job->ranks);
    starts = memory(sizeof(int) * (size_t)job->ranks);
    for (int rank = 0; rank < job->ranks; rank++) {
      counts[rank] = job->tokens[rank] * job->topk;
      starts[rank] = (int)slots;
      slots += (size_t)counts[rank];
    }
    ids = memory(slots * sizeof *ids);
    weights = memory(slots * sizeof *weights);
  }
  MPI_Allgatherv(job->ids[self.rank], counts[self.rank], MPI_INT32_T, ids, counts, starts, MPI_INT32_T, MPI_COMM_WORLD);
  MPI_Allgatherv(job->weights[self.rank], counts[self.rank], MPI_FLOAT, weights, counts, starts, MPI_FLOAT,
                 MPI_COMM_WORLD);
  for (int rank = 0; rank < job->ranks; rank++) {
    if (rank != self.rank) {
      job->ids[rank] = ids + starts[rank];
      job->weights[rank] = weights + starts[rank];
    }
  }
  route_build(self.route, job, self.rank);
}

static void rounds(int count, int64_t (*times)[4]) {
  for (int i = 0; i < count; i++) {
    MPI_Barrier(MPI_COMM_WORLD);
    times[i][0] = now();
    if (!self.known) {
      exchange_routing();
    }
    program->dispatch(&self);
    times[i][1] = now();
    MPI_Barrier(MPI_COMM_WORLD);
    times[i][2] = now();
    program->combine(&self);
    times[i][3] = now();
  }
}

static void check(FILE *answer) {
  fprintf(answer, " %d:%016" PRIx64 ":%016" PRIx64, self.rank,
          hash_bytes(self.experts, (size_t)self.route->rows * self.job->row_bytes),
          hash_bytes(self.sums, (size_t)self.job->tokens[self.rank] * self.job->row_bytes));
}

int peer_main(int count, char **arguments, const struct peer_program *what) {
  if (count != 4) {
    fail("%s: found %d arguments, expected SOCKET JOB KNOWN", what->name, count - 1);
  }
  program = what;
  MPI_Init(&count, &arguments);
  int size;
  MPI_Comm_rank(MPI_COMM_WORLD, &self.rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  self.job = job_read(arguments[2]);
  if (size != self.job->ranks) {
    fail("%s: found %d ranks, expected %d", what->name, size, self.job->ranks);
  }
  self.known = arguments[3][0] == '1';
  self.route = route_new(self.job, self.rank);
  route_build(self.route, self.job, self.rank);
  size_t bytes = (size_t)self.job->tokens[self.rank] * self.job->row_bytes;
  self.input = memory(bytes);
  fill_rows(self.job, self.rank, self.input);
  self.experts = memory((size_t)self.route->rows * self.job->row_bytes);
  self.sums = memory(bytes);
  program->prepare(&self);
  serve(arguments[1], what->name, self.rank, &(struct contestant){.rounds = rounds, .check = check});
  MPI_Finalize();
  return 0;
}
