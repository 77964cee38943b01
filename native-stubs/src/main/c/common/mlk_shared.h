/* Memory without a name that other processes of this host can map: a memfd, reached through /proc/PID/fd. */
#ifndef MLK_SHARED_H
#define MLK_SHARED_H

#include <stdint.h>

/* A mapped memfd, or anonymous memory with fd -1. */
typedef struct mlk_shared {
  uint8_t *base;
  uint64_t mapped;
  int fd;
} mlk_shared;

int32_t mlk_shared_create(const char *call, const char *name, uint64_t bytes, int huge, mlk_shared *memory);
int32_t mlk_shared_private(const char *call, uint64_t bytes, mlk_shared *memory);
/* Maps another process's memfd; MLK_E_STALE_KEY when it is not there or has another size. */
int32_t mlk_shared_attach(const char *call, int32_t pid, int fd, uint64_t bytes, int huge, mlk_shared *memory);
/* Whether that process has moelink memory under this descriptor. */
int mlk_shared_is_there(int32_t pid, int fd);
void mlk_shared_free(mlk_shared *memory);

#endif
