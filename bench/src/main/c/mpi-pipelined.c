/*
 * The tuned one: tokens go in chunks of 32. A chunk is received while the one before it is expanded (or summed) past
 * the caches; chunks stay in the caches on their way. A rank's own rows are not packed at all.
 */
#include <mpi.h>
#include <string.h>

#include "peer.h"

enum { CHUNK = 32, BUFFERS = 2 };

/* For each rank and chunk of tokens: where its rows begin in the pair's list. */
static int *to_first, *from_first;
static int chunks_all;
/* [BUFFERS][ranks][CHUNK rows] */
static char *outgoing[BUFFERS], *incoming[BUFFERS];
static MPI_Request *sends[BUFFERS], *receives[BUFFERS];

static int chunks_of(int tokens) { return (tokens + CHUNK - 1) / CHUNK; }

static void prepare(struct peer *peer) {
  size_t ranks = (size_t)peer->job->ranks;
  for (int rank = 0; rank < peer->job->ranks; rank++) {
    int chunks = chunks_of(peer->job->tokens[rank]);
    chunks_all = chunks > chunks_all ? chunks : chunks_all;
  }
  to_first = memory(sizeof(int) * ranks * (size_t)(chunks_all + 1));
  from_first = memory(sizeof(int) * ranks * (size_t)(chunks_all + 1));
  for (int i = 0; i < BUFFERS; i++) {
    outgoing[i] = memory(ranks * CHUNK * peer->job->row_bytes);
    incoming[i] = memory(ranks * CHUNK * peer->job->row_bytes);
    sends[i] = memory(sizeof(MPI_Request) * ranks);
    receives[i] = memory(sizeof(MPI_Request) * ranks);
  }
}

static void find_chunks(int *first, const struct pair *pair) {
  int i = 0;
  for (int chunk = 0; chunk <= chunks_all; chunk++) {
    while (i < pair->count && pair->token[i] < chunk * CHUNK) {
      i++;
    }
    first[chunk] = i;
  }
}

static void find_all_chunks(const struct peer *peer) {
  for (int rank = 0; rank < peer->job->ranks; rank++) {
    find_chunks(to_first + rank * (chunks_all + 1), &peer->route->to[rank]);
    find_chunks(from_first + rank * (chunks_all + 1), &peer->route->from[rank]);
  }
}

static int count_of(const int *first, int rank, int chunk) {
  const int *own = first + rank * (chunks_all + 1) + chunk;
  return own[1] - own[0];
}

static char *slot(char *buffer, int rank, int row, const struct peer *peer) {
  return buffer + ((size_t)rank * CHUNK + (size_t)row) * peer->job->row_bytes;
}

/* Asks for a chunk of every other rank. */
static void post(const struct peer *peer, const int *first, int chunk) {
  int buffer = chunk % BUFFERS;
  for (int rank = 0; rank < peer->job->ranks; rank++) {
    int count = chunk < chunks_all ? count_of(first, rank, chunk) : 0;
    receives[buffer][rank] = MPI_REQUEST_NULL;
    if (rank != peer->rank && count > 0) {
      MPI_Irecv(slot(incoming[buffer], rank, 0, peer), count * (int)peer->job->row_bytes, MPI_BYTE, rank, chunk,
                MPI_COMM_WORLD, &receives[buffer][rank]);
    }
  }
}

static void send(const struct peer *peer, const char *rows, int rank, int count, int chunk) {
  MPI_Isend(rows, count * (int)peer->job->row_bytes, MPI_BYTE, rank, chunk, MPI_COMM_WORLD,
            &sends[chunk % BUFFERS][rank]);
}

/* Makes a chunk's outgoing buffers free again. */
static void await_sends(const struct peer *peer, int chunk) {
  MPI_Waitall(peer->job->ranks, sends[chunk % BUFFERS], MPI_STATUSES_IGNORE);
}

static void clear_sends(const struct peer *peer) {
  for (int i = 0; i < BUFFERS; i++) {
    for (int rank = 0; rank < peer->job->ranks; rank++) {
      sends[i][rank] = MPI_REQUEST_NULL;
    }
  }
}

static void send_tokens(const struct peer *peer, int chunk) {
  await_sends(peer, chunk);
  for (int turn = 1; turn < peer->job->ranks; turn++) {
    int rank = (peer->rank + turn) % peer->job->ranks;
    const struct pair *pair = &peer->route->to[rank];
    int first = to_first[rank * (chunks_all + 1) + chunk];
    int count = count_of(to_first, rank, chunk);
    if (count == 0) {
      continue;
    }
    const char *rows = peer->input + (size_t)pair->token[first] * peer->job->row_bytes;
    /* neighbours are sent from where they lie */
    if (pair->token[first + count - 1] - pair->token[first] != count - 1) {
      rows = slot(outgoing[chunk % BUFFERS], rank, 0, peer);
      for (int i = 0; i < count; i++) {
        memcpy(slot(outgoing[chunk % BUFFERS], rank, i, peer),
               peer->input + (size_t)pair->token[first + i] * peer->job->row_bytes, peer->job->row_bytes);
      }
    }
    send(peer, rows, rank, count, chunk);
  }
}

static void expand(const struct peer *peer, int rank, int chunk) {
  const struct pair *pair = &peer->route->from[rank];
  int first = from_first[rank * (chunks_all + 1) + chunk];
  int count = count_of(from_first, rank, chunk);
  for (int i = first; i < first + count; i++) {
    const char *row = rank == peer->rank ? peer->input + (size_t)pair->token[i] * peer->job->row_bytes
                                         : slot(incoming[chunk % BUFFERS], rank, i - first, peer);
    peer_expand(peer, pair, i, row);
  }
}

static void dispatch(struct peer *peer) {
  find_all_chunks(peer);
  clear_sends(peer);
  post(peer, from_first, 0);
  send_tokens(peer, 0);
  for (int chunk = 0; chunk < chunks_all; chunk++) {
    if (chunk + 1 < chunks_all) {
      post(peer, from_first, chunk + 1);
      send_tokens(peer, chunk + 1);
    }
    expand(peer, peer->rank, chunk);
    for (int left = peer->job->ranks; left > 0; left--) {
      int rank;
      MPI_Waitany(peer->job->ranks, receives[chunk % BUFFERS], &rank, MPI_STATUS_IGNORE);
      if (rank == MPI_UNDEFINED) {
        break;
      }
      expand(peer, rank, chunk);
    }
  }
  for (int i = 0; i < BUFFERS; i++) {
    await_sends(peer, i);
  }
  stream_end();
}

static void send_partials(const struct peer *peer, int chunk) {
  await_sends(peer, chunk);
  for (int turn = 1; turn < peer->job->ranks; turn++) {
    int rank = (peer->rank + turn) % peer->job->ranks;
    int first = from_first[rank * (chunks_all + 1) + chunk];
    int count = count_of(from_first, rank, chunk);
    for (int i = 0; i < count; i++) {
      peer_partial(peer, &peer->route->from[rank], first + i, slot(outgoing[chunk % BUFFERS], rank, i, peer));
    }
    if (count > 0) {
      send(peer, slot(outgoing[chunk % BUFFERS], rank, 0, peer), rank, count, chunk);
    }
  }
}

static void sum(const struct peer *peer, int chunk, int *next) {
  char *own = slot(incoming[chunk % BUFFERS], peer->rank, 0, peer);
  int last = (chunk + 1) * CHUNK;
  last = last < peer->job->tokens[peer->rank] ? last : peer->job->tokens[peer->rank];
  for (int token = chunk * CHUNK; token < last; token++) {
    const char *partials[32];
    int found = 0;
    for (int rank = 0; rank < peer->job->ranks; rank++) {
      const struct pair *pair = &peer->route->to[rank];
      if (next[rank] >= pair->count || pair->token[next[rank]] != token) {
        continue;
      }
      int row = next[rank]++ - to_first[rank * (chunks_all + 1) + chunk];
      if (rank == peer->rank) {
        peer_partial(peer, &peer->route->from[rank], next[rank] - 1, own);
        partials[found++] = own;
      } else {
        partials[found++] = slot(incoming[chunk % BUFFERS], rank, row, peer);
      }
    }
    peer_sum(peer, partials, found, peer->sums + (size_t)token * peer->job->row_bytes);
  }
}

static void combine(struct peer *peer) {
  int next[1024] = {0};
  clear_sends(peer);
  post(peer, to_first, 0);
  send_partials(peer, 0);
  for (int chunk = 0; chunk < chunks_all; chunk++) {
    if (chunk + 1 < chunks_all) {
      post(peer, to_first, chunk + 1);
      send_partials(peer, chunk + 1);
    }
    MPI_Waitall(peer->job->ranks, receives[chunk % BUFFERS], MPI_STATUSES_IGNORE);
    sum(peer, chunk, next);
  }
  for (int i = 0; i < BUFFERS; i++) {
    await_sends(peer, i);
  }
  stream_end();
}

int main(int arguments, char **words) {
  return peer_main(arguments, words, &(struct peer_program){"mpi-pipelined", prepare, dispatch, combine});
}
