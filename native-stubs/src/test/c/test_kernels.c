/*
 * Every kernel against a slow reference, bit for bit. CTest runs this program once per instruction set, with outputs
 * through the cache and past it. One file for all kernels, hence long: they share data, buffers and oracle.
 */
#include "reference.h"

#include <stdlib.h>

#include "check.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static uint64_t seed = 20240607;
static const uint64_t widths[] = {1,  2,  3,   7,   8,   15,  16,  17,  31,   33,  63,
                                  64, 65, 127, 128, 129, 200, 255, 257, 1000, 2880};

static uint64_t random_below(uint64_t limit) { return next_random(&seed) % limit; }

static uint64_t at(const void *p) { return (uint64_t)(uintptr_t)p; }
static mlk_operand host(const void *p) { return (mlk_operand){MLK_HOST, at(p)}; }
static mlk_rows host_rows(const void *p, uint64_t rows) { return (mlk_rows){MLK_HOST, at(p), rows}; }

/* Memory with a guard on both sides; the address is `shift` beyond a multiple of 64. */
typedef struct buffer {
  uint8_t *base, *bytes;
  uint64_t length;
} buffer;

#define GUARD 128

static buffer buffer_new(uint64_t length, uint64_t shift) {
  buffer b = {.length = length};
  b.base = aligned_alloc(64, (length + shift + 2 * GUARD + 63) / 64 * 64);
  if (b.base == NULL) abort();
  memset(b.base, 0xa5, length + shift + 2 * GUARD);
  b.bytes = b.base + GUARD + shift;
  return b;
}

static void buffer_free(buffer *b) {
  for (uint64_t i = 0; i < GUARD; i++) {
    if (b->bytes[-1 - (int64_t)i] != 0xa5 || b->bytes[b->length + i] != 0xa5) {
      check_fail(__FILE__, __LINE__, "a kernel wrote outside its output");
      break;
    }
  }
  free(b->base);
}

/* Mostly ordinary numbers near 1, some of any bit pattern. */
static void fill_random(uint32_t type, uint8_t *bytes, uint64_t elements) {
  for (uint64_t i = 0; i < elements; i++) {
    const uint64_t r = next_random(&seed);
    const float f = (float)((double)(int64_t)r / 0x1p62);
    if (r % 97 == 0 && type == MLK_FP32) {
      const uint32_t any = (uint32_t)(r >> 32);
      memcpy(bytes + i * 4, &any, 4);
    } else if (r % 97 == 0) {
      const uint16_t any = (uint16_t)(r >> 32);
      memcpy(bytes + i * 2, &any, 2);
    } else {
      reference_store(type, bytes, i, r % 89 == 0 ? -0.0f : f);
    }
  }
}

static void check_same(const char *what, const uint8_t *found, const uint8_t *expected, uint64_t bytes) {
  check_count++;
  if (memcmp(found, expected, bytes) == 0) return;
  uint64_t i = 0;
  while (found[i] == expected[i]) i++;
  check_fail(__FILE__, __LINE__, "%s: byte %llu of %llu is %#x, expected %#x", what, (unsigned long long)i,
             (unsigned long long)bytes, found[i], expected[i]);
}

static void gather_moves_rows(void) {
  for (uint64_t w = 0; w < COUNT(widths); w++) {
    const uint64_t bytes = widths[w], rows = 20, count = 33, shift = random_below(64);
    buffer src = buffer_new(rows * bytes, random_below(64)), dst = buffer_new(count * bytes, shift);
    fill_random(MLK_BF16, src.bytes, rows * bytes / 2);
    int32_t list[33];
    for (uint64_t i = 0; i < count; i++) list[i] = (int32_t)random_below(rows);
    spc_gather_args args = {.size = sizeof args, .magic = MLK_MAGIC_GATHER, .dst = host_rows(dst.bytes, count),
                            .src = host_rows(src.bytes, rows), .row_bytes = bytes, .count = count,
                            .src_rows = host(list)};
    CHECK_OK(spc_raw_gather_rows(&args));
    for (uint64_t i = 0; i < count; i++)
      check_same("gather", dst.bytes + i * bytes, src.bytes + (uint64_t)list[i] * bytes, bytes);
    args.src_rows = host(NULL);
    args.count = rows;
    CHECK_OK(spc_raw_gather_rows(&args));
    check_same("gather of all", dst.bytes, src.bytes, rows * bytes);
    buffer_free(&src);
    buffer_free(&dst);
  }
}

/* More than a call copies without asking for memory. */
#define TARGETS 70

static void scatter_writes_each_row_often(void) {
  const uint64_t more[] = {5000, 16384, 40000};
  for (uint64_t w = 0; w < COUNT(widths) + COUNT(more); w++) {
    const uint64_t bytes = w < COUNT(widths) ? widths[w] : more[w - COUNT(widths)], rows = 9, outputs = 40;
    buffer src = buffer_new(rows * bytes, random_below(64)), dst = buffer_new(outputs * bytes, random_below(64));
    buffer expected = buffer_new(outputs * bytes, 0);
    fill_random(MLK_BF16, src.bytes, rows * bytes / 2);
    memset(dst.bytes, 1, dst.length);
    memset(expected.bytes, 1, expected.length);
    int32_t order[40], start[11], list[10];
    for (int32_t i = 0; i < 40; i++) order[i] = i;
    for (uint64_t i = 39; i > 0; i--) {
      const uint64_t j = random_below(i + 1);
      const int32_t t = order[i];
      order[i] = order[j];
      order[j] = t;
    }
    start[0] = 2; /* need not start at 0 */
    for (uint64_t i = 0; i < 10; i++) {
      list[i] = (int32_t)random_below(rows);
      start[i + 1] = start[i] + (int32_t)random_below(4);
      for (int32_t j = start[i]; j < start[i + 1]; j++)
        memcpy(expected.bytes + (uint64_t)order[j] * bytes, src.bytes + (uint64_t)list[i] * bytes, bytes);
    }
    mlk_rows targets[TARGETS] = {host_rows(dst.bytes, outputs)};
    spc_scatter_args args = {.size = sizeof args, .magic = MLK_MAGIC_SCATTER, .target_count = 1, .targets = targets,
                             .src = host_rows(src.bytes, rows), .row_bytes = bytes, .count = 10, .place_length = 40,
                             .src_rows = host(list), .dst_start = host(start), .dst_rows = host(order)};
    CHECK_OK(spc_raw_scatter_rows(&args));
    check_same("scatter", dst.bytes, expected.bytes, dst.length);

    /* the same places, as rows of many targets */
    int32_t of[40], row_there[40];
    for (int32_t j = 0; j < 40; j++) {
      of[j] = order[j] % TARGETS;
      row_there[j] = 0;
    }
    for (int32_t t = 0; t < TARGETS; t++) {
      targets[t] = t < 40 ? host_rows(dst.bytes + (uint64_t)t * bytes, 1) : host_rows(NULL, 0);
    }
    memset(dst.bytes, 1, dst.length);
    args.target_count = TARGETS;
    args.dst_target = host(of);
    args.dst_rows = host(row_there);
    CHECK_OK(spc_raw_scatter_rows(&args));
    check_same("scatter to many", dst.bytes, expected.bytes, dst.length);
    buffer_free(&src);
    buffer_free(&dst);
    buffer_free(&expected);
  }
}

#define GROUPS_MAX 64
#define ELEMENTS_MAX 2000

/* One reduce with index arrays of its own. */
typedef struct sum_case {
  spc_reduce_args args;
  mlk_rows sources[3];
  int32_t group_start[9], elem_start[GROUPS_MAX + 1], elem_source[ELEMENTS_MAX], elem_row[ELEMENTS_MAX];
  float weights[ELEMENTS_MAX];
} sum_case;

static void reference_sum(const sum_case *c, uint64_t i, uint64_t column, uint8_t *out) {
  const spc_reduce_args *a = &c->args;
  float total = 0;
  int totals = 0;
  for (int32_t g = c->group_start[i]; g < c->group_start[i + 1]; g++) {
    const int32_t begin = a->elem_start.offset == 0 ? g : c->elem_start[g];
    const int32_t end = a->elem_start.offset == 0 ? g + 1 : c->elem_start[g + 1];
    float sum = 0;
    for (int32_t e = begin; e < end; e++) {
      const int32_t source = a->elem_source.offset == 0 ? 0 : c->elem_source[e];
      const uint8_t *row = (const uint8_t *)(uintptr_t)c->sources[source].offset +
                           (uint64_t)c->elem_row[e] * a->hidden * reference_type_bytes(a->src_type);
      float x = reference_load(a->src_type, row, column);
      if (a->weights.offset != 0) x = c->weights[e] * x;
      sum = e == begin ? x : sum + x;
    }
    if (begin == end) continue;
    sum = reference_round(a->partial_type, sum);
    total = totals ? total + sum : sum;
    totals = 1;
  }
  reference_store(a->dst_type, out, column, total);
}

static void run_sum(sum_case *c, uint64_t hidden, uint32_t src, uint32_t dst, uint32_t partial, uint32_t variant,
                    uint64_t elements_per_group) {
  const uint64_t rows = 7, count = 8, src_bytes = rows * hidden * reference_type_bytes(src);
  const uint64_t dst_bytes = hidden * reference_type_bytes(dst);
  buffer sources[3];
  for (int s = 0; s < 3; s++) {
    sources[s] = buffer_new(src_bytes, random_below(32) * 2);
    fill_random(src, sources[s].bytes, rows * hidden);
    c->sources[s] = host_rows(sources[s].bytes, rows);
  }
  /* every other case is aligned, for the outputs that bypass the cache */
  buffer out = buffer_new(count * dst_bytes, (variant & 1) != 0 ? random_below(32) * 2 : 0);
  buffer expected = buffer_new(count * dst_bytes, 0);
  const int grouped = (variant & 2) != 0, weighted = (variant & 4) != 0, one_source = (variant & 8) != 0;
  int32_t groups = 0, element = 0;
  for (uint64_t i = 0; i < count; i++) {
    c->group_start[i] = groups;
    for (uint64_t g = random_below(6); g > 0; g--) {
      c->elem_start[groups] = element;
      element += grouped ? (int32_t)random_below(elements_per_group) : 1;
      groups++;
    }
  }
  c->group_start[count] = groups;
  c->elem_start[groups] = element;
  for (int32_t e = 0; e < element; e++) {
    c->elem_source[e] = (int32_t)random_below(3);
    c->elem_row[e] = (int32_t)random_below(rows);
    c->weights[e] = e % 5 == 4 ? -0.0f : (float)random_below(1 << 20) / 0x1p19f;
  }
  c->args = (spc_reduce_args){.size = sizeof c->args,
                              .magic = MLK_MAGIC_REDUCE,
                              .dst = host_rows(out.bytes, count),
                              .dst_type = dst,
                              .src_type = src,
                              .partial_type = partial,
                              .source_count = 3,
                              .sources = c->sources,
                              .hidden = hidden,
                              .count = count,
                              .group_length = (uint64_t)groups,
                              .element_length = (uint64_t)element,
                              .group_start = host(c->group_start),
                              .elem_start = host(grouped ? c->elem_start : NULL),
                              .elem_source = host(one_source ? NULL : c->elem_source),
                              .elem_row = host(c->elem_row),
                              .weights = host(weighted ? c->weights : NULL)};
  CHECK_OK(spc_raw_reduce_rows(&c->args));
  for (uint64_t i = 0; i < count; i++)
    for (uint64_t h = 0; h < hidden; h++) reference_sum(c, i, h, expected.bytes + i * dst_bytes);
  check_same("reduce", out.bytes, expected.bytes, count * dst_bytes);
  for (int s = 0; s < 3; s++) buffer_free(&sources[s]);
  buffer_free(&out);
  buffer_free(&expected);
}

static void reduce_sums_in_order(void) {
  sum_case *c = malloc(sizeof *c);
  if (c == NULL) abort();
  for (uint32_t types = 0; types < 27; types++)
    for (uint32_t variant = 0; variant < 16; variant++)
      run_sum(c, widths[random_below(COUNT(widths) - 1)], types % 3, types / 3 % 3, types / 9, variant, 10);
  for (uint64_t w = 0; w < COUNT(widths); w++)
    for (uint32_t type = 0; type < 3; type++) run_sum(c, widths[w], type, type, type, 6, 9);
  run_sum(c, 300, MLK_BF16, MLK_BF16, MLK_FP32, 6, 45); /* more rows than are kept */
  run_sum(c, 5, MLK_BF16, MLK_FP32, MLK_BF16, 6, 45);
  free(c);
}

static void reduce_keeps_signs_and_zeroes_empty_rows(void) {
  uint8_t source[4], out[8];
  const float minus = -0.0f;
  memcpy(source, &minus, 4);
  memset(out, 0xff, sizeof out);
  const mlk_rows sources[1] = {host_rows(source, 1)};
  const int32_t group_start[] = {0, 1, 1}, elem_row[] = {0};
  const spc_reduce_args args = {.size = sizeof args, .magic = MLK_MAGIC_REDUCE, .dst = host_rows(out, 2),
                                .dst_type = MLK_FP32, .src_type = MLK_FP32, .partial_type = MLK_FP32,
                                .source_count = 1, .sources = sources, .hidden = 1, .count = 2, .group_length = 1,
                                .element_length = 1, .group_start = host(group_start), .elem_row = host(elem_row)};
  CHECK_OK(spc_raw_reduce_rows(&args));
  const uint8_t expected[8] = {0, 0, 0, 0x80, 0, 0, 0, 0};
  check_same("signs", out, expected, 8);
}

static void dots_add_in_lanes(void) {
  for (uint64_t w = 0; w < COUNT(widths); w++) {
    for (uint32_t type = 0; type < 3; type++) {
      const uint64_t hidden = widths[w], rows = 6, count = 11, bytes = hidden * reference_type_bytes(type);
      buffer a = buffer_new(rows * bytes, random_below(32) * 2), b = buffer_new(rows * bytes, random_below(32) * 2);
      buffer out = buffer_new(count * 4, 4);
      fill_random(type, a.bytes, rows * hidden);
      fill_random(type, b.bytes, rows * hidden);
      int32_t a_rows[11], b_rows[11];
      uint8_t expected[44];
      for (uint64_t i = 0; i < count; i++) {
        a_rows[i] = (int32_t)random_below(rows);
        b_rows[i] = (int32_t)random_below(rows);
        float lane[16] = {0};
        for (uint64_t h = 0; h < hidden; h++)
          lane[h % 16] = lane[h % 16] + reference_load(type, a.bytes + (uint64_t)a_rows[i] * bytes, h) *
                                            reference_load(type, b.bytes + (uint64_t)b_rows[i] * bytes, h);
        for (int width = 8; width > 0; width /= 2)
          for (int j = 0; j < width; j++) lane[j] = lane[j] + lane[j + width];
        reference_store(MLK_FP32, expected, i, lane[0]);
      }
      const spc_dot_args args = {.size = sizeof args, .magic = MLK_MAGIC_DOT, .out = host(out.bytes),
                                 .a = host_rows(a.bytes, rows), .b = host_rows(b.bytes, rows),
                                 .a_rows = host(a_rows), .b_rows = host(b_rows), .type = type, .hidden = hidden,
                                 .count = count};
      CHECK_OK(spc_raw_dot_rows(&args));
      check_same("dot", out.bytes, expected, count * 4);
      buffer_free(&a);
      buffer_free(&b);
      buffer_free(&out);
    }
  }
}

static void scale_rounds_products(void) {
  for (uint64_t w = 0; w < COUNT(widths); w++) {
    for (uint32_t type = 0; type < 3; type++) {
      const uint64_t hidden = widths[w], rows = 6, count = 9, bytes = hidden * reference_type_bytes(type);
      buffer src = buffer_new(rows * bytes, random_below(32) * 2);
      buffer dst = buffer_new(count * bytes, random_below(32) * 2);
      buffer expected = buffer_new(count * bytes, 0);
      fill_random(type, src.bytes, rows * hidden);
      int32_t list[9];
      float weights[9];
      for (uint64_t i = 0; i < count; i++) {
        list[i] = (int32_t)random_below(rows);
        weights[i] = i == 3 ? 1.0f : (float)((double)random_below(1 << 30) / 0x1p29 - 1);
        for (uint64_t h = 0; h < hidden; h++)
          reference_store(type, expected.bytes + i * bytes, h,
                          weights[i] * reference_load(type, src.bytes + (uint64_t)list[i] * bytes, h));
      }
      const spc_scale_args args = {.size = sizeof args, .magic = MLK_MAGIC_SCALE, .dst = host_rows(dst.bytes, count),
                                   .src = host_rows(src.bytes, rows), .src_rows = host(list),
                                   .weights = host(weights), .type = type, .hidden = hidden, .count = count};
      CHECK_OK(spc_raw_scale_rows(&args));
      check_same("scale", dst.bytes, expected.bytes, dst.length);
      buffer_free(&src);
      buffer_free(&dst);
      buffer_free(&expected);
    }
  }
}

/* Every FP16 and BF16 value in; many FP32 values, and all near a tie or a limit, out. */
static void conversions_are_exact(void) {
  const uint64_t narrow = 65536, wide = 1 << 20;
  uint16_t *all = malloc(narrow * 2);
  uint32_t *floats = malloc(wide * 4);
  uint8_t *out = malloc(wide * 4), *expected = malloc(wide * 4);
  if (all == NULL || floats == NULL || out == NULL || expected == NULL) abort();
  for (uint64_t i = 0; i < narrow; i++) all[i] = (uint16_t)i;
  for (uint64_t i = 0; i < wide; i++) {
    const uint64_t r = next_random(&seed);
    /* the upper 16 bits walk through all exponents; the lower end near what rounding looks at */
    const uint32_t ends[] = {0, 1, 0x7fff, 0x8000, 0x8001, 0xffff, 0x0fff, 0x1000, 0x1001, (uint32_t)r & 0xffff};
    floats[i] = (uint32_t)(i % 65536) << 16 | ends[r >> 32 & 7] | (i >= wide / 2 ? (uint32_t)r & 0xffff : 0);
  }
  const int32_t group_start[] = {0, 1}, elem_row[] = {0};
  for (uint32_t src = 0; src < 3; src++) {
    for (uint32_t dst = 0; dst < 3; dst++) {
      const uint64_t hidden = src == MLK_FP32 ? wide : narrow;
      const uint8_t *from = src == MLK_FP32 ? (const uint8_t *)floats : (const uint8_t *)all;
      const mlk_rows sources[1] = {host_rows(from, 1)};
      const spc_reduce_args args = {.size = sizeof args, .magic = MLK_MAGIC_REDUCE, .dst = host_rows(out, 1),
                                    .dst_type = dst, .src_type = src, .partial_type = MLK_FP32, .source_count = 1,
                                    .sources = sources, .hidden = hidden, .count = 1, .group_length = 1,
                                    .element_length = 1, .group_start = host(group_start), .elem_row = host(elem_row)};
      CHECK_OK(spc_raw_reduce_rows(&args));
      for (uint64_t h = 0; h < hidden; h++) reference_store(dst, expected, h, reference_load(src, from, h));
      check_same("conversion", out, expected, hidden * reference_type_bytes(dst));
    }
  }
  free(all);
  free(floats);
  free(out);
  free(expected);
}

static void reorder_transposes(void) {
  const uint64_t sizes[][2] = {{1, 1},   {1, 7},   {7, 1},     {3, 5},    {63, 65},
                               {64, 64}, {65, 63}, {128, 200}, {300, 77}, {257, 513}};
  for (uint32_t bytes = 1; bytes <= 8; bytes *= 2) {
    for (uint64_t s = 0; s < COUNT(sizes); s++) {
      const uint64_t rows = sizes[s][0], columns = sizes[s][1];
      buffer src = buffer_new(rows * columns * bytes, random_below(64));
      buffer dst = buffer_new(src.length, random_below(64));
      for (uint64_t i = 0; i < src.length; i++) src.bytes[i] = (uint8_t)next_random(&seed);
      const spc_reorder_args args = {.size = sizeof args, .magic = MLK_MAGIC_REORDER, .dst = host(dst.bytes),
                                     .src = host(src.bytes), .element_bytes = bytes, .rows = rows,
                                     .columns = columns};
      CHECK_OK(spc_raw_reorder(&args));
      for (uint64_t r = 0; r < rows; r++)
        for (uint64_t c = 0; c < columns; c++)
          if (memcmp(dst.bytes + (c * rows + r) * bytes, src.bytes + (r * columns + c) * bytes, bytes) != 0) CHECK(0);
      buffer_free(&src);
      buffer_free(&dst);
    }
  }
}

static void fill_sets_bytes(void) {
  const uint64_t sizes[] = {0, 1, 63, 64, 65, 1000, 262144, 262145, 600001};
  for (uint64_t s = 0; s < COUNT(sizes); s++) {
    buffer dst = buffer_new(sizes[s], random_below(64));
    const spc_fill_args args = {.size = sizeof args, .magic = MLK_MAGIC_FILL, .dst = host(dst.bytes),
                                .bytes = sizes[s], .value = 0x9c};
    CHECK_OK(spc_raw_fill(&args));
    uint64_t i = 0;
    while (i < sizes[s] && dst.bytes[i] == 0x9c) i++;
    CHECK_EQ(i, sizes[s]);
    buffer_free(&dst);
  }
}

/* Work long enough to be shared, on regions, with 1 to 5 compute units. */
static void compute_units_change_no_bit(void) {
  const uint64_t hidden = 512, rows = 4096, count = 4096;
  uint8_t *first = malloc(count * hidden * 2);
  int32_t *start = malloc((count + 1) * 4), *list = malloc(count * 4 * 4);
  if (first == NULL || start == NULL || list == NULL) abort();
  for (uint64_t i = 0; i <= count; i++) start[i] = (int32_t)i * 4;
  for (uint64_t i = 0; i < count * 4; i++) list[i] = (int32_t)random_below(rows);
  for (uint32_t units = 1; units <= 5; units++) {
    group g = group_open(1, units);
    const uint64_t src = alloc_region(g.ctx[0], MLK_MEM_SHARED, rows * hidden * 2);
    const uint64_t dst = alloc_region(g.ctx[0], MLK_MEM_SHARED, count * hidden * 2);
    seed = 5;
    fill_random(MLK_BF16, region_bytes(g.ctx[0], src), rows * hidden);
    const mlk_rows sources[1] = {{src, 0, 0}};
    const spc_reduce_args args = {.size = sizeof args, .magic = MLK_MAGIC_REDUCE, .dst = {dst, 0, 0},
                                  .dst_type = MLK_BF16, .src_type = MLK_BF16, .partial_type = MLK_BF16,
                                  .source_count = 1, .sources = sources, .hidden = hidden, .count = count,
                                  .group_length = count * 4, .element_length = count * 4, .group_start = host(start),
                                  .elem_row = host(list)};
    for (int again = 0; again < 20; again++) {
      CHECK_OK(spc_reduce_rows(g.ctx[0], &args));
      if (units == 1) memcpy(first, region_bytes(g.ctx[0], dst), count * hidden * 2);
      check_same("units", region_bytes(g.ctx[0], dst), first, count * hidden * 2);
      const spc_fill_args fill = {.size = sizeof fill, .magic = MLK_MAGIC_FILL, .dst = {dst, 0},
                                  .bytes = count * hidden * 2};
      CHECK_OK(spc_fill(g.ctx[0], &fill));
      CHECK_EQ(region_bytes(g.ctx[0], dst)[count * hidden - 1], 0);
    }
    group_close(&g);
  }
  free(first);
  free(start);
  free(list);
}

int main(void) {
  const char *wanted = getenv("MOELINK_ISA");
  char name[16];
  CHECK_OK(spc_isa(name, sizeof name));
  if (wanted != NULL && strcmp(name, wanted) != 0) {
    (void)printf("this processor has no %s: %s was chosen\n", wanted, name);
    return 77;
  }
  (void)printf("kernels: %s\n", name);
  RUN(gather_moves_rows);
  RUN(scatter_writes_each_row_often);
  RUN(reduce_sums_in_order);
  RUN(reduce_keeps_signs_and_zeroes_empty_rows);
  RUN(dots_add_in_lanes);
  RUN(scale_rounds_products);
  RUN(conversions_are_exact);
  RUN(reorder_transposes);
  RUN(fill_sets_bytes);
  RUN(compute_units_change_no_bit);
  return check_end();
}
