/* Memory without a name, sizes, random bytes, time. */
#ifndef MLK_MEMORY_H
#define MLK_MEMORY_H

#include <stdint.h>

#define ULL(x) ((unsigned long long)(x))
#define TOKEN_BYTES 16u

uint64_t mlk_page_bytes(void);
/* Bytes of memory and swap that this machine has. */
uint64_t mlk_machine_bytes(void);
uint64_t mlk_round_up(uint64_t bytes, uint64_t unit);
int64_t mlk_now_ns(void);
int32_t mlk_random(const char *call, uint8_t token[TOKEN_BYTES]);
/*
 * Maps `bytes` of fd (or anonymous memory of this process, fd -1), at a huge page's boundary when that can bring huge
 * pages: a fault then brings 2 MiB where the system allows it. munmap ends it.
 */
int32_t mlk_memory_map(const char *call, int fd, uint64_t bytes, int huge, uint8_t **base);
/* Touches all pages; where the kernel cannot, they come when they are used. */
void mlk_memory_populate(void *base, uint64_t bytes);
/* Zeros at a huge page's start become huge pages, also where the system gives shared memory none when it is touched. */
void mlk_memory_settle(uint8_t *base, uint64_t bytes);

#endif
