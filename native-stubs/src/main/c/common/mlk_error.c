#include "mlk_error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "moelink_fabric.h"

static _Thread_local char last_text[512];

int32_t mlk_fail(int32_t code, const char *format, ...) {
  /* formatted aside first: an argument may be the previous text */
  char text[sizeof last_text];
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  memcpy(last_text, text, sizeof text);
  return code;
}

const char *mlk_error_text(void) { return last_text; }

int32_t mlk_last_error(mlk_ctx *ctx, char *text, uint64_t text_bytes) {
  (void)ctx; /* the text belongs to the thread, so that it also serves a failed open */
  if (text == NULL || text_bytes == 0) return MLK_E_INVALID;
  (void)snprintf(text, text_bytes, "%s", last_text);
  return MLK_OK;
}

uint32_t mlk_abi_version(void) { return MLK_ABI_VERSION; }
