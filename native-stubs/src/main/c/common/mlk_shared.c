/* Mapped memory without a name. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mlk_shared.h"

#include "mlk_error.h"
#include "mlk_memory.h"
#include "moelink_fabric.h"

#define NAME_PREFIX "moelink-"

static int32_t map(const char *call, int fd, uint64_t bytes, int huge, mlk_shared *memory) {
  *memory = (mlk_shared){NULL, bytes, fd};
  return mlk_memory_map(call, fd, bytes, huge, &memory->base);
}

int32_t mlk_shared_create(const char *call, const char *name, uint64_t bytes, int huge, mlk_shared *memory) {
  char full[64];
  (void)snprintf(full, sizeof full, NAME_PREFIX "%s", name);
  const int fd = memfd_create(full, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) return mlk_fail(MLK_E_SYSTEM, "%s: memfd_create: %s", call, strerror(errno));
  /* sealed against a change of size, which would take pages from under other ranks */
  if (fchmod(fd, S_IRUSR | S_IWUSR) != 0 || ftruncate(fd, (off_t)bytes) != 0 ||
      fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    const int error = errno;
    (void)close(fd);
    return mlk_fail(error == ENOMEM || error == ENOSPC ? MLK_E_NO_MEMORY : MLK_E_SYSTEM,
                    "%s: shared memory of %llu bytes: %s", call, ULL(bytes), strerror(error));
  }
  const int32_t code = map(call, fd, bytes, huge, memory);
  if (code != MLK_OK) (void)close(fd);
  return code;
}

int32_t mlk_shared_private(const char *call, uint64_t bytes, mlk_shared *memory) {
  return map(call, -1, bytes, 1, memory);
}

int32_t mlk_shared_attach(const char *call, int32_t pid, int fd, uint64_t bytes, int huge, mlk_shared *memory) {
  char path[64], target[64];
  (void)snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, fd);
  /* looked at first: opening a recycled descriptor could be a device or a pipe */
  const ssize_t length = readlink(path, target, sizeof target - 1);
  if (length < 0) {
    const int error = errno, denied = error == EACCES || error == EPERM;
    return mlk_fail(denied ? MLK_E_SYSTEM : MLK_E_STALE_KEY, "%s: memory of pid=%d fd=%d: %s%s", call, pid, fd,
                    strerror(error),
                    denied ? "; ranks must run as one user, which none of them changes after its start" : "");
  }
  target[length] = 0;
  if (strncmp(target, "/memfd:" NAME_PREFIX, strlen("/memfd:" NAME_PREFIX)) != 0)
    return mlk_fail(MLK_E_STALE_KEY, "%s: pid=%d fd=%d is no longer moelink memory", call, pid, fd);
  const int own = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (own < 0)
    return mlk_fail(errno == ENOENT || errno == ESRCH ? MLK_E_STALE_KEY : MLK_E_SYSTEM,
                    "%s: open of memory of pid=%d: %s", call, pid, strerror(errno));
  struct stat status;
  int32_t code = MLK_OK;
  if (fstat(own, &status) != 0 || (uint64_t)status.st_size != bytes)
    code = mlk_fail(MLK_E_STALE_KEY, "%s: pid=%d fd=%d is other memory than the key's", call, pid, fd);
  if (code == MLK_OK) code = map(call, own, bytes, huge, memory);
  (void)close(own); /* the mapping keeps the memory */
  if (code == MLK_OK) memory->fd = -1;
  return code;
}

int mlk_shared_is_there(int32_t pid, int fd) {
  char path[64], target[64];
  (void)snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, fd);
  const ssize_t length = readlink(path, target, sizeof target);
  return length > 0 && strncmp(target, "/memfd:" NAME_PREFIX, strlen("/memfd:" NAME_PREFIX)) == 0;
}

void mlk_shared_free(mlk_shared *memory) {
  if (memory->base != NULL) (void)munmap(memory->base, memory->mapped);
  if (memory->fd >= 0) (void)close(memory->fd);
  *memory = (mlk_shared){NULL, 0, -1};
}
