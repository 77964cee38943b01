/* The text of a thread's last failure. */
#ifndef MLK_ERROR_H
#define MLK_ERROR_H

#include <stdint.h>

/* Keeps the text for this thread and returns code. */
int32_t mlk_fail(int32_t code, const char *format, ...) __attribute__((format(printf, 2, 3)));

const char *mlk_error_text(void);

/* Checks the first two fields of a struct that came from outside. */
#define MLK_CHECK_STRUCT(call, args, type_magic)                                                             \
  do {                                                                                                       \
    if ((args) == NULL) return mlk_fail(MLK_E_INVALID, "%s: " #args " is null", call);                       \
    if ((args)->size != sizeof(*(args)) || (args)->magic != (type_magic))                                    \
      return mlk_fail(MLK_E_STRUCT, "%s: " #args " has size=%u magic=%#x, expected size=%u magic=%#x", call,   \
                      (args)->size, (args)->magic, (uint32_t)sizeof(*(args)), (uint32_t)(type_magic));       \
  } while (0)

#endif
