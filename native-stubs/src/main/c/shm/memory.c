/* Mapped memory without a name. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#include "shm.h"

#define HUGE_BYTES (UINT64_C(2) << 20)
#define NAME_PREFIX "moelink-"

uint64_t shm_page_bytes(void) { return (uint64_t)sysconf(_SC_PAGESIZE); }

uint64_t shm_machine_bytes(void) {
  struct sysinfo machine;
  return sysinfo(&machine) == 0 ? (machine.totalram + machine.totalswap) * (uint64_t)machine.mem_unit : UINT64_MAX;
}

uint64_t shm_round_up(uint64_t bytes, uint64_t unit) { return (bytes + unit - 1) / unit * unit; }

int64_t shm_now_ns(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int32_t shm_random(const char *call, uint8_t token[TOKEN_BYTES]) {
  uint32_t have = 0;
  while (have < TOKEN_BYTES) {
    const ssize_t got = getrandom(token + have, TOKEN_BYTES - have, 0);
    if (got < 0 && errno != EINTR) return mlk_fail(MLK_E_SYSTEM, "%s: getrandom: %s", call, strerror(errno));
    if (got > 0) have += (uint32_t)got;
  }
  return MLK_OK;
}

/*
 * Maps `bytes` of fd (or anonymous memory), at a huge page's boundary when that can bring huge pages: a fault then
 * brings 2 MiB where the system allows it.
 */
static int32_t map(const char *call, int fd, uint64_t bytes, int huge, shm_memory *memory) {
  const int flags = (fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED) | MAP_NORESERVE;
  uint8_t *base;
  if (!huge || bytes < HUGE_BYTES) {
    base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, fd, 0);
  } else {
    uint8_t *room = mmap(NULL, bytes + HUGE_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED)
      return mlk_fail(MLK_E_NO_MEMORY, "%s: no address space for %llu bytes: %s", call, ULL(bytes), strerror(errno));
    const uint64_t head = (uint64_t)(-(uintptr_t)room & (HUGE_BYTES - 1));
    base = mmap(room + head, bytes, PROT_READ | PROT_WRITE, flags | MAP_FIXED, fd, 0);
    const int error = errno;
    if (base == MAP_FAILED) {
      (void)munmap(room, bytes + HUGE_BYTES);
      errno = error;
    } else {
      if (head > 0) (void)munmap(room, head);
      if (head < HUGE_BYTES) (void)munmap(base + bytes, HUGE_BYTES - head);
      (void)madvise(base, bytes / HUGE_BYTES * HUGE_BYTES, MADV_HUGEPAGE); /* refused: small pages serve as well */
    }
  }
  if (base == MAP_FAILED)
    return mlk_fail(MLK_E_NO_MEMORY, "%s: cannot map %llu bytes: %s", call, ULL(bytes), strerror(errno));
  *memory = (shm_memory){base, bytes, fd};
  return MLK_OK;
}

int32_t shm_memory_create(const char *call, const char *name, uint64_t bytes, int huge, shm_memory *memory) {
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

int32_t shm_memory_private(const char *call, uint64_t bytes, shm_memory *memory) {
  return map(call, -1, bytes, 1, memory);
}

int32_t shm_memory_attach(const char *call, int32_t pid, int fd, uint64_t bytes, int huge, shm_memory *memory) {
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

int shm_memory_is_there(int32_t pid, int fd) {
  char path[64], target[64];
  (void)snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, fd);
  const ssize_t length = readlink(path, target, sizeof target);
  return length > 0 && strncmp(target, "/memfd:" NAME_PREFIX, strlen("/memfd:" NAME_PREFIX)) == 0;
}

void shm_memory_free(shm_memory *memory) {
  if (memory->base != NULL) (void)munmap(memory->base, memory->mapped);
  if (memory->fd >= 0) (void)close(memory->fd);
  *memory = (shm_memory){NULL, 0, -1};
}
