#include "control.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "job.h"

static int connect_to(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) {
    fail("%s: too long for a socket", path);
  }
  strcpy(address.sun_path, path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
    fail("%s: %s", path, strerror(errno));
  }
  return fd;
}

static void run_rounds(const struct contestant *contestant, int count, FILE *answer) {
  int64_t(*times)[4] = calloc((size_t)count, sizeof *times);
  if (times == NULL) {
    fail("no memory for %d rounds", count);
  }
  contestant->rounds(count, times);
  fputs("times", answer);
  for (int i = 0; i < count; i++) {
    for (int j = 0; j < 4; j++) {
      fprintf(answer, " %" PRId64, times[i][j]);
    }
  }
  free(times);
}

static void obey(const struct contestant *contestant, const char *command, FILE *answer) {
  int count;
  if (sscanf(command, "rounds %d", &count) == 1 && count > 0 && count <= ROUNDS_MAX) {
    run_rounds(contestant, count, answer);
  } else if (strcmp(command, "check\n") == 0) {
    fputs("hashes", answer);
    contestant->check(answer);
  } else if (strcmp(command, "probe\n") == 0) {
    fprintf(answer, "probe %.2f", contestant->probe());
  } else {
    fail("no command: %s", command);
  }
  fputc('\n', answer);
  fflush(answer);
}

void serve(const char *socket_path, const char *name, int rank, const struct contestant *contestant) {
  int fd = connect_to(socket_path);
  FILE *commands = fdopen(fd, "r");
  FILE *answers = fdopen(dup(fd), "w");
  if (commands == NULL || answers == NULL) {
    fail("%s: %s", socket_path, strerror(errno));
  }
  fprintf(answers, "hello %s %d\n", name, rank);
  fflush(answers);
  char command[64];
  while (fgets(command, sizeof command, commands) != NULL) {
    obey(contestant, command, answers);
  }
}
