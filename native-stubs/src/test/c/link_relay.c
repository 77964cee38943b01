/*
 * A link between two network namespaces that delays every frame and drops some: a tap device in each, both called eth0,
 * and this process between them. For kernels without netem.
 *
 *   link_relay SPACE_A SPACE_B MTU DELAY_MS LOSS_PERCENT SEED
 *
 * Says "ready" when both devices are there, and on SIGTERM how many frames went and how many did not. The devices go
 * with the process. Which frames are lost depends on the seed and their order alone.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define FRAMES_MAX 16384u /* on their way in one direction; those beyond are lost, as in a full switch */
#define FRAME_BYTES_MAX 65536u
#define ETHERNET_BYTES 18u

typedef struct frame {
  int64_t due_ns;
  uint32_t bytes;
  uint8_t *data;
} frame;

typedef struct direction {
  int from, to;
  uint32_t first, count;
  frame frames[FRAMES_MAX];
} direction;

static direction ways[2];
static volatile sig_atomic_t stopping;
static uint64_t passed, lost, state;

static void stop(int signal_number) {
  (void)signal_number;
  stopping = 1;
}

static int64_t now_ns(void) {
  struct timespec t;
  (void)clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* splitmix64 */
static double next_percent(void) {
  uint64_t z = state += UINT64_C(0x9E3779B97F4A7C15);
  z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
  return (double)((z ^ (z >> 31)) >> 11) * (100.0 / 9007199254740992.0);
}

static void fail(const char *what, const char *name) {
  (void)fprintf(stderr, "link_relay: %s %s: %s\n", what, name, strerror(errno));
  exit(1);
}

static int tap_in(const char *space) {
  char path[256];
  (void)snprintf(path, sizeof path, "/var/run/netns/%s", space);
  const int there = open(path, O_RDONLY | O_CLOEXEC);
  if (there < 0 || setns(there, CLONE_NEWNET) != 0) fail("network namespace", space);
  (void)close(there);
  const int tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  struct ifreq request;
  memset(&request, 0, sizeof request);
  (void)snprintf(request.ifr_name, sizeof request.ifr_name, "eth0");
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  if (tap < 0 || ioctl(tap, TUNSETIFF, &request) != 0) fail("/dev/net/tun in", space);
  return tap;
}

static void take(direction *way, uint32_t frame_bytes, int64_t delay_ns, double loss_percent) {
  static uint8_t data[FRAME_BYTES_MAX];
  for (;;) {
    const ssize_t bytes = read(way->from, data, frame_bytes);
    if (bytes <= 0) return;
    if (next_percent() < loss_percent || way->count == FRAMES_MAX) {
      lost++;
      continue;
    }
    frame *f = &way->frames[(way->first + way->count++) % FRAMES_MAX];
    f->due_ns = now_ns() + delay_ns;
    f->bytes = (uint32_t)bytes;
    f->data = malloc((size_t)bytes);
    if (f->data == NULL) fail("memory for", "a frame");
    memcpy(f->data, data, (size_t)bytes);
  }
}

/* Passes on what is due; when the next frame is, or INT64_MAX. */
static int64_t pass(direction *way) {
  while (way->count > 0) {
    frame *f = &way->frames[way->first];
    if (f->due_ns > now_ns()) return f->due_ns;
    /* a device that is down takes nothing */
    if (write(way->to, f->data, f->bytes) == (ssize_t)f->bytes) passed++;
    else lost++;
    free(f->data);
    way->first = (way->first + 1) % FRAMES_MAX;
    way->count--;
  }
  return INT64_MAX;
}

int main(int count, char **arguments) {
  if (count != 7) {
    (void)fprintf(stderr, "link_relay: found %d words, expected SPACE_A SPACE_B MTU DELAY_MS LOSS_PERCENT SEED\n",
                  count - 1);
    return 2;
  }
  const uint32_t frame_bytes = (uint32_t)strtoul(arguments[3], NULL, 10) + ETHERNET_BYTES;
  if (frame_bytes > FRAME_BYTES_MAX) {
    (void)fprintf(stderr, "link_relay: MTU: found %s, expected at most %u\n", arguments[3],
                  FRAME_BYTES_MAX - ETHERNET_BYTES);
    return 2;
  }
  const int64_t delay_ns = (int64_t)(strtod(arguments[4], NULL) * 1e6);
  const double loss_percent = strtod(arguments[5], NULL);
  state = strtoull(arguments[6], NULL, 10);
  (void)signal(SIGTERM, stop);
  (void)signal(SIGINT, stop);
  const int a = tap_in(arguments[1]), b = tap_in(arguments[2]);
  ways[0].from = ways[1].to = a;
  ways[0].to = ways[1].from = b;
  (void)printf("ready\n");
  (void)fflush(stdout);
  while (!stopping) {
    int64_t due = INT64_MAX;
    for (int i = 0; i < 2; i++) {
      take(&ways[i], frame_bytes, delay_ns, loss_percent);
      const int64_t next = pass(&ways[i]);
      if (next < due) due = next;
    }
    const int64_t left = due == INT64_MAX ? 100000000 : due - now_ns();
    const struct timespec wait = {0, left < 0 ? 0 : left > 100000000 ? 100000000 : left};
    struct pollfd files[2] = {{.fd = a, .events = POLLIN}, {.fd = b, .events = POLLIN}};
    (void)ppoll(files, 2, &wait, NULL);
  }
  (void)printf("passed %llu lost %llu\n", (unsigned long long)passed, (unsigned long long)lost);
  return 0;
}
