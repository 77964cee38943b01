/* The failure of a group as one rank knows it: the first stays. May lie in shared memory, so the text is in it. */
#ifndef MLK_FAILURE_H
#define MLK_FAILURE_H

#include <stdatomic.h>
#include <stdint.h>

#define MLK_TEXT_BYTES 192u

typedef struct mlk_failure {
  _Atomic uint32_t state;
  int32_t code, rank;
  char text[MLK_TEXT_BYTES];
} mlk_failure;

/* 1 when this one stays, 0 when there was one. */
int mlk_failure_set(mlk_failure *failure, int32_t code, int32_t rank, const char *text);
int mlk_failure_is_set(mlk_failure *failure);
/* Waits a little for a text that is being written; a rank that was killed over it never ends it. */
void mlk_failure_settle(mlk_failure *failure);
/* MLK_OK, or the code, with its text for this thread and its rank in failed_rank. */
int32_t mlk_failure_check(mlk_failure *failure, const char *call, _Atomic int32_t *failed_rank);

#endif
