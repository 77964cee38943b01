#include "route.h"

#include <string.h>

static struct pair *pairs(const struct job *job, int one) {
  struct pair *all = memory(sizeof(struct pair) * (size_t)job->ranks);
  for (int rank = 0; rank < job->ranks; rank++) {
    size_t tokens = (size_t)job->tokens[one < 0 ? rank : one];
    size_t slots = tokens * (size_t)job->topk;
    all[rank].token = memory(sizeof(int) * tokens);
    all[rank].first = memory(sizeof(int) * (tokens + 1));
    all[rank].row = memory(sizeof(int) * slots);
    all[rank].weight = memory(sizeof(float) * slots);
  }
  return all;
}

struct route *route_new(const struct job *job, int rank) {
  struct route *route = memory(sizeof *route);
  route->from = pairs(job, -1);
  route->to = pairs(job, rank);
  int experts = job->first_expert[rank + 1] - job->first_expert[rank];
  route->next = memory(sizeof(int) * (size_t)job->ranks * (size_t)experts);
  return route;
}

static void build_from(struct route *route, const struct job *job, int rank) {
  int first = job->first_expert[rank];
  int experts = job->first_expert[rank + 1] - first;
  /* next[s * experts + e]: the next row of source s at expert e; counted first, then summed up */
  int *next = route->next;
  memset(next, 0, sizeof(int) * (size_t)job->ranks * (size_t)experts);
  for (int source = 0; source < job->ranks; source++) {
    int slots = job->tokens[source] * job->topk;
    for (int slot = 0; slot < slots; slot++) {
      unsigned expert = (unsigned)(job->ids[source][slot] - first);
      if (expert < (unsigned)experts) {
        next[source * experts + (int)expert]++;
      }
    }
  }
  int row = 0;
  for (int expert = 0; expert < experts; expert++) {
    for (int source = 0; source < job->ranks; source++) {
      int count = next[source * experts + expert];
      next[source * experts + expert] = row;
      row += count;
    }
  }
  route->rows = row;
  for (int source = 0; source < job->ranks; source++) {
    struct pair *pair = &route->from[source];
    int used = 0;
    pair->count = 0;
    for (int token = 0; token < job->tokens[source]; token++) {
      int before = used;
      for (int slot = token * job->topk; slot < (token + 1) * job->topk; slot++) {
        unsigned expert = (unsigned)(job->ids[source][slot] - first);
        if (expert < (unsigned)experts) {
          pair->row[used] = next[source * experts + (int)expert]++;
          pair->weight[used++] = job->weights[source][slot];
        }
      }
      if (used > before) {
        pair->token[pair->count] = token;
        pair->first[pair->count++] = before;
      }
    }
    pair->first[pair->count] = used;
  }
}

static void build_to(struct route *route, const struct job *job, int rank) {
  for (int to = 0; to < job->ranks; to++) {
    int first = job->first_expert[to];
    unsigned experts = (unsigned)(job->first_expert[to + 1] - first);
    struct pair *pair = &route->to[to];
    pair->count = 0;
    for (int token = 0; token < job->tokens[rank]; token++) {
      int needed = 0;
      for (int slot = token * job->topk; slot < (token + 1) * job->topk; slot++) {
        needed |= (unsigned)(job->ids[rank][slot] - first) < experts;
      }
      if (needed) {
        pair->token[pair->count++] = token;
      }
    }
  }
}

void route_build(struct route *route, const struct job *job, int rank) {
  build_from(route, job, rank);
  build_to(route, job, rank);
}
