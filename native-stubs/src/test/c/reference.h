/* The kernels' arithmetic, one element at a time, as the header words it: the oracle of test_kernels. */
#ifndef REFERENCE_H
#define REFERENCE_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "moelink_fabric.h"

static inline float reference_bits(uint32_t bits) {
  float f;
  memcpy(&f, &bits, sizeof f);
  return f;
}

static inline float reference_from_fp16(uint16_t h) {
  const int exponent = h >> 10 & 31, fraction = h & 1023;
  double value = exponent == 0 ? ldexp(fraction, -24) : ldexp(1024 + fraction, exponent - 25);
  if (exponent == 31) value = fraction == 0 ? (double)INFINITY : (double)NAN;
  return (float)((h & 0x8000) != 0 ? -value : value);
}

static inline uint16_t reference_to_fp16(float f) {
  if (isnan(f)) return 0x7e00;
  const int sign = signbit(f) ? 0x8000 : 0;
  const double magnitude = fabs((double)f);
  if (magnitude >= 65520) return (uint16_t)(sign | 0x7c00);
  if (magnitude < 0x1p-14) return (uint16_t)(sign | (int)nearbyint(magnitude * 0x1p24));
  const int exponent = ilogb(magnitude);
  return (uint16_t)(sign | (((exponent + 15) << 10) + (int)nearbyint(ldexp(magnitude, 10 - exponent)) - 1024));
}

static inline uint16_t reference_to_bf16(float f) {
  if (isnan(f)) return 0x7fc0;
  uint32_t bits;
  memcpy(&bits, &f, sizeof bits);
  uint32_t high = bits >> 16;
  const uint32_t rest = bits & 0xffff;
  if (rest > 0x8000 || (rest == 0x8000 && (high & 1) != 0)) high++;
  return (uint16_t)high;
}

static inline uint64_t reference_type_bytes(uint32_t type) { return type == MLK_FP32 ? 4 : 2; }

static inline float reference_load(uint32_t type, const uint8_t *row, uint64_t column) {
  if (type == MLK_FP32) {
    float f;
    memcpy(&f, row + column * 4, 4);
    return f;
  }
  uint16_t h;
  memcpy(&h, row + column * 2, 2);
  return type == MLK_BF16 ? reference_bits((uint32_t)h << 16) : reference_from_fp16(h);
}

static inline void reference_store(uint32_t type, uint8_t *row, uint64_t column, float f) {
  if (type == MLK_FP32) {
    if (isnan(f)) f = reference_bits(0x7fc00000u);
    memcpy(row + column * 4, &f, 4);
  } else {
    const uint16_t h = type == MLK_BF16 ? reference_to_bf16(f) : reference_to_fp16(f);
    memcpy(row + column * 2, &h, 2);
  }
}

static inline float reference_round(uint32_t type, float f) {
  uint8_t element[4];
  reference_store(type, element, 0, f);
  return reference_load(type, element, 0);
}

#endif
