/* A variable of the environment that asks for what there is not; EXPECTED is what is to be said of it. */
#include <stdlib.h>

#include "check.h"

static void is_said_when_a_context_is_opened(void) {
  const char *expected = getenv("EXPECTED");
  CHECK(expected != NULL);
  const mlk_config config = group_config(0, 1);
  mlk_ctx *ctx = NULL;
  CHECK_CODE(mlk_open(&config, &ctx), MLK_E_INVALID);
  CHECK_TEXT(expected);
  CHECK(ctx == NULL);
}

int main(void) {
  RUN(is_said_when_a_context_is_opened);
  return check_end();
}
