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
/*
 * Touches all pages of new memory, and makes huge ones of them where the kernel can, also where it gives shared memory
 * none by itself. Where it cannot, pages come when they are used.
 */
void mlk_memory_populate(void *base, uint64_t bytes);

#endif
