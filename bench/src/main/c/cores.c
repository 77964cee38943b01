#define _GNU_SOURCE
#include "cores.h"

#include <sched.h>

#include "job.h"

static cpu_set_t allowed;

void cores_find(void) {
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) {
    fail("cannot see which cores there are");
  }
}

void cores_pin(int n) {
  int left = n;
  for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
    if (CPU_ISSET(cpu, &allowed) && left-- == 0) {
      cpu_set_t one;
      CPU_ZERO(&one);
      CPU_SET(cpu, &one);
      if (sched_setaffinity(0, sizeof one, &one) != 0) {
        fail("cannot run on core %d", cpu);
      }
      return;
    }
  }
  fail("found %d cores, expected %d", n - left, n + 1);
}
