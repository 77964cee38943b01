/* Who a process is, so that a recycled pid is not taken for it. */
#ifndef MLK_PROCESS_H
#define MLK_PROCESS_H

#include <stdint.h>

uint64_t mlk_start_time(int32_t pid); /* 0: no such process, or it has ended */
uint64_t mlk_boot_identity(void);
uint64_t mlk_pid_space(void);
/*
 * What processes have in common that may share memory: the machine, and the namespaces that containers have of their
 * own (pid, ipc, user). MOELINK_NODE, where it is set, tells more apart: ranks with other values of it are kept apart as
 * if they were on other machines.
 */
uint64_t mlk_node_identity(void);
int mlk_pidfd_open(int32_t pid); /* -1: not available */

#endif
