/*
 * Where rows land: each rank's expert buffer holds the rows of its experts, experts ascending, inside an expert by
 * (source rank, token, slot) ascending.
 */
#ifndef MOELINK_BENCH_ROUTE_H
#define MOELINK_BENCH_ROUTE_H

#include "job.h"

/* The tokens of one source that one rank's experts need, each once, and the rows that they become there. */
struct pair {
  int count;
  int *token;    /* [count], ascending */
  int *first;    /* [count + 1]: token i becomes row[first[i]] .. row[first[i + 1] - 1], by slot ascending */
  int *row;      /* in the expert buffer of the rank */
  float *weight; /* of each of them */
};

/* The pairs of one rank. */
struct route {
  int rows;           /* of the rank's expert buffer */
  struct pair *from;  /* [ranks]: what each source gives this rank */
  struct pair *to;    /* [ranks]: what this rank gives each; rows and weights are not filled in */
  int *next;          /* [ranks * experts of the rank]: scratch of route_build */
};

/* Memory for the routes of a rank. */
struct route *route_new(const struct job *job, int rank);

/* Works the routes of a rank out from all ranks' ids. */
void route_build(struct route *route, const struct job *job, int rank);

#endif
