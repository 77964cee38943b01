/* Regions, transfers and words among ranks of one process. */
#include <stdlib.h>

#include "check.h"

/* Resident memory that may come and go; a sanitizer keeps what is freed for a while. */
#if defined(__SANITIZE_ADDRESS__)
#define FLAT_KIB (64 << 10)
#else
#define FLAT_KIB (4 << 10)
#endif

static void regions_are_zero_aligned_and_lazy(void) {
  group g = group_open(1, 1);
  const uint32_t kinds[] = {MLK_MEM_HOST, MLK_MEM_SHARED};
  const uint64_t sizes[] = {0, 1, 4095, 4096, 4097, UINT64_C(3) << 20, UINT64_C(2) << 30};
  for (size_t k = 0; k < 2; k++) {
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
      const long before = resident_kib();
      const uint64_t region = alloc_region(g.ctx[0], kinds[k], sizes[s]);
      mlk_region_info info = {.size = sizeof info, .magic = MLK_MAGIC_REGION};
      CHECK_OK(mlk_region_query(g.ctx[0], region, &info));
      CHECK_EQ(info.bytes, sizes[s]);
      CHECK_EQ(info.kind, kinds[k]);
      CHECK_EQ(info.owner, 0);
      CHECK_EQ(info.address % 4096, 0);
      uint8_t *bytes = (uint8_t *)(uintptr_t)info.address;
      if (sizes[s] > 0) {
        CHECK_EQ(bytes[0] | bytes[sizes[s] / 2] | bytes[sizes[s] - 1], 0);
        bytes[sizes[s] - 1] = 1;
      }
      CHECK(resident_kib() - before < 16 << 10);
      CHECK_OK(mlk_region_release(g.ctx[0], region));
      CHECK_CODE(mlk_region_release(g.ctx[0], region), MLK_E_HANDLE);
      CHECK_CODE(mlk_region_query(g.ctx[0], region, &info), MLK_E_HANDLE);
    }
  }
  group_close(&g);
}

static void a_purpose_travels_with_its_region(void) {
  group g = group_open(2, 1);
  mlk_region_request request = {.size = sizeof request,
                                .magic = MLK_MAGIC_REQUEST,
                                .kind = MLK_MEM_SHARED,
                                .bytes = 100,
                                .purpose = "staging of rank 0"};
  uint64_t region = 0;
  CHECK_OK(mlk_region_alloc(g.ctx[0], &request, &region));
  const uint64_t attached = share_region(g.ctx[0], 0, region, g.ctx[1]);
  mlk_region_info info = {.size = sizeof info, .magic = MLK_MAGIC_REGION};
  CHECK_OK(mlk_region_query(g.ctx[0], region, &info));
  CHECK(strcmp(info.purpose, request.purpose) == 0);
  CHECK_OK(mlk_region_query(g.ctx[1], attached, &info));
  CHECK(strcmp(info.purpose, request.purpose) == 0);
  group_close(&g);
}

static void puts_and_gets_move_bytes(void) {
  group g = group_open(3, 1);
  const uint64_t bytes = 100003;
  const uint64_t target = alloc_region(g.ctx[2], MLK_MEM_SHARED, bytes);
  const uint64_t source = alloc_region(g.ctx[0], MLK_MEM_HOST, bytes);
  const uint64_t attached = share_region(g.ctx[2], 2, target, g.ctx[0]);
  uint8_t *from = region_bytes(g.ctx[0], source), *to = region_bytes(g.ctx[2], target);
  for (uint64_t i = 0; i < bytes; i++) from[i] = (uint8_t)(i * 7 + i / 256);
  CHECK_OK(mlk_put(g.ctx[0], source, 3, attached, 5, bytes - 5));
  CHECK_OK(flush(g.ctx[0], 2));
  CHECK(memcmp(to + 5, from + 3, bytes - 5) == 0);
  CHECK_EQ(to[4], 0);
  memset(from, 0, bytes);
  CHECK_OK(mlk_get(g.ctx[0], attached, 5, source, 0, 1000));
  CHECK(memcmp(to + 5, from, 1000) == 0);
  CHECK_OK(mlk_put(g.ctx[0], source, bytes, attached, bytes, 0));
  CHECK_OK(mlk_put_signal(g.ctx[0], source, 0, attached, 0, 64, 9, 42));
  int64_t value = 0;
  CHECK_OK(wait_signal(g.ctx[2], 9, 42, 0));
  CHECK_OK(mlk_signal_read(g.ctx[2], 9, &value));
  CHECK_EQ(value, 42);
  CHECK_OK(mlk_put_word(g.ctx[0], attached, 16, 5));
  CHECK_OK(mlk_add_word(g.ctx[0], attached, 16, -7));
  CHECK_OK(mlk_put_value(g.ctx[0], 2, 9, 43));
  CHECK_OK(wait_signal(g.ctx[2], 9, 43, 0)); /* words come before a later signal */
  memcpy(&value, to + 16, sizeof value);
  CHECK_EQ(value, -2);
  group_close(&g);
}

static void registered_memory_is_an_operand(void) {
  group g = group_open(2, 1);
  uint8_t *own = malloc(1000);
  CHECK(own != NULL);
  memset(own, 7, 1000);
  uint64_t region = 0;
  CHECK_OK(mlk_region_register(g.ctx[0], own, 1000, &region));
  const uint64_t target = alloc_region(g.ctx[1], MLK_MEM_SHARED, 1000);
  CHECK_OK(mlk_put(g.ctx[0], region, 0, share_region(g.ctx[1], 1, target, g.ctx[0]), 0, 1000));
  CHECK_OK(flush(g.ctx[0], 1));
  CHECK(memcmp(region_bytes(g.ctx[1], target), own, 1000) == 0);
  mlk_key key = {.size = sizeof key, .magic = MLK_MAGIC_KEY};
  CHECK_CODE(mlk_region_export(g.ctx[0], region, &key), MLK_E_UNSUPPORTED);
  CHECK_TEXT("not SHARED memory");
  CHECK_OK(mlk_region_release(g.ctx[0], region));
  free(own);
  group_close(&g);
}

static void released_regions_are_known_everywhere(void) {
  group g = group_open(2, 1);
  const uint64_t region = alloc_region(g.ctx[0], MLK_MEM_SHARED, 5000);
  mlk_key key = {.size = sizeof key, .magic = MLK_MAGIC_KEY};
  CHECK_OK(mlk_region_export(g.ctx[0], region, &key));
  uint64_t attached = 0, again = 0;
  CHECK_OK(mlk_region_attach(g.ctx[1], 0, &key, &attached));
  uint8_t *bytes = region_bytes(g.ctx[1], attached);
  CHECK_OK(mlk_region_release(g.ctx[0], region));
  if (bytes != NULL) CHECK_EQ(bytes[0], 0); /* still mapped here: no fault, only an error at the next call */
  CHECK_CODE(mlk_put(g.ctx[1], attached, 0, attached, 0, 1), MLK_E_STALE_KEY);
  CHECK_TEXT("released by its owner rank=0");
  CHECK_CODE(mlk_region_attach(g.ctx[1], 0, &key, &again), MLK_E_STALE_KEY);
  /* the descriptor's number is used again, by another region of the same size */
  const uint64_t other = alloc_region(g.ctx[0], MLK_MEM_SHARED, 5000);
  CHECK_CODE(mlk_region_attach(g.ctx[1], 0, &key, &again), MLK_E_STALE_KEY);
  CHECK_TEXT("rank=0");
  CHECK_OK(mlk_region_release(g.ctx[0], other));
  CHECK_OK(mlk_region_release(g.ctx[1], attached));
  key.bytes[32] ^= 1; /* another rank in the key */
  CHECK_CODE(mlk_region_attach(g.ctx[1], 0, &key, &again), MLK_E_KEY);
  group_close(&g);
}

static void memory_and_descriptors_stay_flat(void) {
  group g = group_open(2, 2);
  const uint64_t source = alloc_region(g.ctx[1], MLK_MEM_HOST, 64);
  int descriptors = 0;
  long resident = 0;
  for (int round = 0; round < 10000; round++) {
    const uint64_t region = alloc_region(g.ctx[0], MLK_MEM_SHARED, 8192);
    const uint64_t attached = share_region(g.ctx[0], 0, region, g.ctx[1]);
    if (loads(g.ctx[1], 0)) region_bytes(g.ctx[1], attached)[100] = 1;
    CHECK_OK(mlk_put_signal(g.ctx[1], source, 0, attached, 64, 32, 1, round + 1));
    CHECK_OK(wait_signal(g.ctx[0], 1, round + 1, 1));
    CHECK_OK(mlk_region_release(g.ctx[1], attached));
    CHECK_OK(mlk_region_release(g.ctx[0], region));
    if (round == 1000) {
      descriptors = open_descriptors();
      resident = resident_kib();
    }
  }
  CHECK_EQ(open_descriptors(), descriptors);
  CHECK(resident_kib() - resident < FLAT_KIB);
  group_close(&g);
  /* contexts, too, leave nothing */
  descriptors = open_descriptors();
  for (int round = 0; round < 200; round++) {
    group one = group_open(3, 2);
    (void)alloc_region(one.ctx[1], MLK_MEM_SHARED, 1 << 20);
    group_close(&one);
    if (round == 20) resident = resident_kib();
  }
  CHECK_EQ(open_descriptors(), descriptors);
  CHECK(resident_kib() - resident < FLAT_KIB);
}

int main(void) {
  RUN(regions_are_zero_aligned_and_lazy);
  RUN(a_purpose_travels_with_its_region);
  RUN(puts_and_gets_move_bytes);
  RUN(registered_memory_is_an_operand);
  RUN(released_regions_are_known_everywhere);
  RUN(memory_and_descriptors_stay_flat);
  return check_end();
}
