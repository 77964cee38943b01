#define _GNU_SOURCE
/* Chooses the kernels, once, when they are first asked for. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mlk_error.h"
#include "spc_kernels.h"

/*
 * Outputs below this size are read again soon more often than not, whatever the size of the last cache. With 6 MB of
 * expert rows dispatch and combine are 1.2 times as fast through the caches (48 MB), with 12 MB they are slower.
 */
#define STREAMING_BYTES_MIN (UINT64_C(8) << 20)

static const spc_kernels *selected;
static char obstacle[160]; /* empty: none */
static uint64_t streaming_bytes = STREAMING_BYTES_MIN;
static pthread_once_t once = PTHREAD_ONCE_INIT;

const spc_kernels *spc_by_name(const char *isa) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (strcmp(isa, "avx512") == 0)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                   __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")
               ? &spc_kernels_avx512
               : NULL;
  if (strcmp(isa, "avx2") == 0)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("f16c") ? &spc_kernels_avx2 : NULL;
#endif
  return strcmp(isa, "baseline") == 0 ? &spc_kernels_baseline : NULL;
}

/* What the environment asks for; null where it asks for nothing. */
static const char *asked(const char *variable) {
  const char *text = getenv(variable);
  return text == NULL || *text == 0 ? NULL : text;
}

static void read_streaming_bytes(const char *text) {
  char *end;
  errno = 0;
  const long long value = strtoll(text, &end, 10);
  if (*text < '0' || *text > '9' || *end != 0 || errno != 0) {
    (void)snprintf(obstacle, sizeof obstacle, "MOELINK_STREAMING_BYTES=%.40s, expected a number of bytes", text);
  } else {
    streaming_bytes = (uint64_t)value;
  }
}

static void select_once(void) {
  static const char *const best_first[] = {"avx512", "avx2", "baseline"};
  const char *streaming = asked("MOELINK_STREAMING_BYTES");
  if (streaming != NULL) read_streaming_bytes(streaming);
  const char *wanted = asked("MOELINK_ISA");
  if (wanted != NULL) {
    selected = spc_by_name(wanted);
    if (selected == NULL)
      (void)snprintf(obstacle, sizeof obstacle,
                     "MOELINK_ISA=%.40s is not there, expected avx512, avx2 or baseline, as the processor has it",
                     wanted);
  }
  for (size_t i = 0; selected == NULL && i < sizeof best_first / sizeof *best_first; i++)
    selected = spc_by_name(best_first[i]);
}

const spc_kernels *spc_selected(void) {
  (void)pthread_once(&once, select_once);
  return selected;
}

const char *spc_obstacle(void) {
  (void)pthread_once(&once, select_once);
  return *obstacle == 0 ? NULL : obstacle;
}

uint64_t spc_streaming_bytes(void) {
  (void)pthread_once(&once, select_once);
  return streaming_bytes;
}

int32_t spc_isa(char *name, uint64_t name_bytes) {
  const char *isa = spc_selected()->isa;
  if (name == NULL || name_bytes <= strlen(isa))
    return mlk_fail(MLK_E_INVALID, "spc_isa: room for %llu characters, expected at least 16",
                    name == NULL ? 0ull : (unsigned long long)name_bytes);
  memcpy(name, isa, strlen(isa) + 1);
  return MLK_OK;
}
