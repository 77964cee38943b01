/* Who a process is, so that a recycled pid is not taken for it. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mlk_process.h"

static ssize_t read_file(const char *path, char *text, size_t room) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  const ssize_t length = read(fd, text, room - 1);
  (void)close(fd);
  if (length >= 0) text[length] = 0;
  return length;
}

uint64_t mlk_start_time(int32_t pid) {
  char path[32], text[1024];
  (void)snprintf(path, sizeof path, "/proc/%d/stat", pid);
  if (read_file(path, text, sizeof text) <= 0) return 0;
  /* the command, in parentheses, may hold anything: fields are counted from behind it */
  char *at = strrchr(text, ')');
  if (at == NULL || at[1] != ' ' || at[2] == 'Z' || at[2] == 'X') return 0;
  /* behind ") " comes field 3; the start time is field 22 */
  at += 2;
  for (int field = 3; field < 22 && at != NULL; field++) {
    at = strchr(at, ' ');
    if (at != NULL) at++;
  }
  /* + 1: a process that started with the machine has 0 ticks */
  return at == NULL ? 0 : strtoull(at, NULL, 10) + 1;
}

#define FNV_START UINT64_C(14695981039346656037)
#define FNV_PRIME UINT64_C(1099511628211)

static uint64_t mix(uint64_t hash, const void *bytes, size_t length) {
  for (size_t i = 0; i < length; i++) hash = (hash ^ ((const uint8_t *)bytes)[i]) * FNV_PRIME;
  return hash;
}

uint64_t mlk_boot_identity(void) {
  char text[64];
  const ssize_t length = read_file("/proc/sys/kernel/random/boot_id", text, sizeof text);
  return mix(FNV_START, text, length < 0 ? 0 : (size_t)length);
}

static uint64_t space(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 ? (uint64_t)status.st_ino : 0;
}

uint64_t mlk_pid_space(void) { return space("/proc/self/ns/pid"); }

uint64_t mlk_node_identity(void) {
  const char *name = getenv("MOELINK_NODE");
  const uint64_t parts[] = {mlk_boot_identity(), mlk_pid_space(), space("/proc/self/ns/ipc"),
                            space("/proc/self/ns/user")};
  const uint64_t hash = mix(FNV_START, parts, sizeof parts);
  return name == NULL ? hash : mix(hash, name, strlen(name));
}

int mlk_pidfd_open(int32_t pid) {
#ifdef SYS_pidfd_open
  return (int)syscall(SYS_pidfd_open, pid, 0);
#else
  (void)pid;
  return -1;
#endif
}
