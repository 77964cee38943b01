/* Puts threads on cores. */
#ifndef MOELINK_BENCH_CORES_H
#define MOELINK_BENCH_CORES_H

/* Looks which cores this process may use; called first, by a thread that is not pinned yet. */
void cores_find(void);

/* Keeps the calling thread on the n-th of them, from 0; fails where there are fewer. */
void cores_pin(int n);

#endif
