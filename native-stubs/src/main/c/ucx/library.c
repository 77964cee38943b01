#define _GNU_SOURCE
#include "library.h"

#include <dlfcn.h>
#include <locale.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "mlk_error.h"
#include "moelink_fabric.h"

#define FILE_NAME "libucp.so.0"

ucx_library ucx;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char obstacle[384];

/*
 * What UCX reads from the environment when it is loaded. What the user has set stays.
 *   ERROR_SIGNALS   none: the JVM has its own use for SIGSEGV
 *   LOG_FILE        not standard output, which may be a program's JSON
 *   LOG_LEVEL       a rank that dies is an error code here, not a page of UCX's lines
 */
static void set_defaults(void) {
  (void)setenv("UCX_ERROR_SIGNALS", "", 0);
  (void)setenv("UCX_LOG_FILE", "stderr", 0);
  (void)setenv("UCX_LOG_LEVEL", "fatal", 0);
}

static void load(void) {
  set_defaults();
  /* UCX parses its settings as it is loaded, and a comma as decimal point would break "0.5" */
  const locale_t plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
  const locale_t before = plain == (locale_t)0 ? (locale_t)0 : uselocale(plain);
  void *library = dlopen(FILE_NAME, RTLD_NOW | RTLD_LOCAL);
  if (plain != (locale_t)0) {
    (void)uselocale(before);
    freelocale(plain);
  }
  if (library == NULL) {
    (void)snprintf(obstacle, sizeof obstacle, "cannot load %s: %s; apt-get install -y libucx0", FILE_NAME, dlerror());
    return;
  }
#define UCX_FIND(name)                                                                                               \
  ucx.name = (__typeof__(name) *)dlsym(library, #name);                                                              \
  if (ucx.name == NULL) {                                                                                            \
    (void)snprintf(obstacle, sizeof obstacle,                                                                        \
                   "%s has no function %s, expected UCX 1.13 or newer; apt-get install -y libucx0", FILE_NAME, #name); \
    return;                                                                                                          \
  }
  UCX_FUNCTIONS(UCX_FIND)
#undef UCX_FIND
}

int32_t ucx_load(const char *call) {
  (void)pthread_once(&once, load);
  return obstacle[0] == 0 ? MLK_OK : mlk_fail(MLK_E_UNSUPPORTED, "%s: %s", call, obstacle);
}

int32_t mlk_probe(void) { return ucx_load("mlk_probe"); }
