/* Who a process is, so that a recycled pid is not taken for it. */
#ifndef MLK_PROCESS_H
#define MLK_PROCESS_H

#include <stdint.h>

uint64_t mlk_start_time(int32_t pid); /* 0: no such process, or it has ended */
uint64_t mlk_boot_identity(void);
uint64_t mlk_pid_space(void);
int mlk_pidfd_open(int32_t pid); /* -1: not available */

#endif
