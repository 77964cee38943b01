#define _GNU_SOURCE
#include "mlk_memory.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#include "mlk_error.h"
#include "moelink_fabric.h"

#define HUGE_BYTES (UINT64_C(2) << 20)
#if !defined(MADV_COLLAPSE) && defined(__linux__)
#define MADV_COLLAPSE 25 /* Linux 6.1; others refuse it */
#endif

uint64_t mlk_page_bytes(void) { return (uint64_t)sysconf(_SC_PAGESIZE); }

uint64_t mlk_machine_bytes(void) {
  struct sysinfo machine;
  return sysinfo(&machine) == 0 ? (machine.totalram + machine.totalswap) * (uint64_t)machine.mem_unit : UINT64_MAX;
}

uint64_t mlk_round_up(uint64_t bytes, uint64_t unit) { return (bytes + unit - 1) / unit * unit; }

int64_t mlk_now_ns(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int32_t mlk_random(const char *call, uint8_t token[TOKEN_BYTES]) {
  uint32_t have = 0;
  while (have < TOKEN_BYTES) {
    const ssize_t got = getrandom(token + have, TOKEN_BYTES - have, 0);
    if (got < 0 && errno != EINTR) return mlk_fail(MLK_E_SYSTEM, "%s: getrandom: %s", call, strerror(errno));
    if (got > 0) have += (uint32_t)got;
  }
  return MLK_OK;
}

int32_t mlk_memory_map(const char *call, int fd, uint64_t bytes, int huge, uint8_t **mapped) {
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
  *mapped = base;
  return MLK_OK;
}

static void make_huge(uint8_t *base, uint64_t bytes) {
#ifdef MADV_COLLAPSE
  const uint64_t whole = bytes / HUGE_BYTES * HUGE_BYTES;
  /* the kernel collapses no place where nothing is */
  for (uint64_t at = 0; at < whole; at += HUGE_BYTES) *(volatile uint8_t *)(base + at) = 0;
  if (whole > 0) (void)madvise(base, whole, MADV_COLLAPSE); /* refused: small pages serve as well */
#else
  (void)base;
  (void)bytes;
#endif
}

void mlk_memory_populate(void *base, uint64_t bytes) {
  if ((uintptr_t)base % HUGE_BYTES == 0) make_huge(base, bytes);
#ifdef MADV_POPULATE_WRITE
  if (bytes > 0) (void)madvise(base, bytes, MADV_POPULATE_WRITE);
#else
  (void)base;
  (void)bytes;
#endif
}
