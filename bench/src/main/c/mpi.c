/*
 * The textbook: pack each rank's rows, MPI_Alltoallv, unpack; combine the same way back with one partial sum for each
 * row that came.
 */
#include <mpi.h>

#include "peer.h"

static char *here;  /* [rows of this rank's tokens that ranks need] */
static char *there; /* [rows of others' tokens that this rank needs] */
static int *here_count, *here_first, *there_count, *there_first;
static MPI_Datatype row;

static void prepare(struct peer *peer) {
  size_t ranks = (size_t)peer->job->ranks;
  here_count = memory(sizeof(int) * ranks);
  here_first = memory(sizeof(int) * (ranks + 1));
  there_count = memory(sizeof(int) * ranks);
  there_first = memory(sizeof(int) * (ranks + 1));
  size_t to = 0, from = 0;
  for (size_t rank = 0; rank < ranks; rank++) {
    to += (size_t)peer->route->to[rank].count;
    from += (size_t)peer->route->from[rank].count;
  }
  here = memory(to * peer->job->row_bytes);
  there = memory(from * peer->job->row_bytes);
  MPI_Type_contiguous((int)peer->job->row_bytes, MPI_BYTE, &row);
  MPI_Type_commit(&row);
}

static void count(struct peer *peer) {
  for (int rank = 0; rank < peer->job->ranks; rank++) {
    here_count[rank] = peer->route->to[rank].count;
    there_count[rank] = peer->route->from[rank].count;
    here_first[rank + 1] = here_first[rank] + here_count[rank];
    there_first[rank + 1] = there_first[rank] + there_count[rank];
  }
}

static char *at(char *rows, int number, const struct peer *peer) {
  return rows + (size_t)number * peer->job->row_bytes;
}

static void dispatch(struct peer *peer) {
  count(peer);
  for (int rank = 0; rank < peer->job->ranks; rank++) {
    const struct pair *pair = &peer->route->to[rank];
    for (int i = 0; i < pair->count; i++) {
      char *to = at(here, here_first[rank] + i, peer);
      expand_row(at(peer->input, pair->token[i], peer), &to, 1, peer->job->row_bytes);
    }
  }
  stream_end();
  MPI_Alltoallv(here, here_count, here_first, row, there, there_count, there_first, row, MPI_COMM_WORLD);
  for (int rank = 0; rank < peer->job->ranks; rank++) {
    for (int i = 0; i < there_count[rank]; i++) {
      peer_expand(peer, &peer->route->from[rank], i, at(there, there_first[rank] + i, peer));
    }
  }
  stream_end();
}

static void combine(struct peer *peer) {
  for (int rank = 0; rank < peer->job->ranks; rank++) {
    for (int i = 0; i < there_count[rank]; i++) {
      peer_partial(peer, &peer->route->from[rank], i, at(there, there_first[rank] + i, peer));
    }
  }
  MPI_Alltoallv(there, there_count, there_first, row, here, here_count, here_first, row, MPI_COMM_WORLD);
  int next[1024] = {0};
  for (int token = 0; token < peer->job->tokens[peer->rank]; token++) {
    const char *partials[32];
    int found = 0;
    for (int rank = 0; rank < peer->job->ranks; rank++) {
      const struct pair *pair = &peer->route->to[rank];
      if (next[rank] < pair->count && pair->token[next[rank]] == token) {
        partials[found++] = at(here, here_first[rank] + next[rank]++, peer);
      }
    }
    peer_sum(peer, partials, found, at(peer->sums, token, peer));
  }
  stream_end();
}

int main(int arguments, char **words) {
  return peer_main(arguments, words, &(struct peer_program){"mpi", prepare, dispatch, combine});
}
