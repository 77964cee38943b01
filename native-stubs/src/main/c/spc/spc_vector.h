/*
 * One vector of float32 lanes, as wide as the instruction set that this file is compiled for, and the conversions
 * of BF16 and FP16 to and from it. Same bits on every width: round to nearest even, denormals kept, NaN canonical.
 */
#ifndef SPC_VECTOR_H
#define SPC_VECTOR_H

#include <stdint.h>
#include <string.h>

#include "moelink_fabric.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
#define LANES 16u
#define BLOCK_VECTORS 4u
#elif defined(__AVX2__)
#define LANES 8u
#define BLOCK_VECTORS 4u
#else
#define LANES 4u
#define BLOCK_VECTORS 8u
#endif

#define INLINE static inline __attribute__((always_inline))

typedef float vf __attribute__((vector_size(4 * LANES)));
typedef uint32_t vu __attribute__((vector_size(4 * LANES)));
typedef int32_t vi __attribute__((vector_size(4 * LANES)));
typedef uint16_t vh __attribute__((vector_size(2 * LANES)));

INLINE vu select_u(vu mask, vu yes, vu no) { return (mask & yes) | (~mask & no); }

INLINE uint64_t type_bytes(uint32_t type) { return type == MLK_FP32 ? 4u : 2u; }

INLINE vf bf16_to_f32(vh h) { return (vf)(__builtin_convertvector(h, vu) << 16); }

INLINE vh f32_to_bf16(vf f) {
  vu u = (vu)f;
  vu rounded = (u + 0x7fffu + ((u >> 16) & 1u)) >> 16;
  return __builtin_convertvector(select_u((vu)(f != f), (vu){0} + 0x7fc0u, rounded), vh);
}

INLINE vf fp16_to_f32(vh h) {
#if defined(__AVX512F__)
  __m256i packed;
  memcpy(&packed, &h, sizeof packed);
  return (vf)_mm512_cvtph_ps(packed);
#elif defined(__F16C__)
  __m128i packed;
  memcpy(&packed, &h, sizeof packed);
  return (vf)_mm256_cvtph_ps(packed);
#else
  vu u = __builtin_convertvector(h, vu);
  vu sign = (u & 0x8000u) << 16;
  vi magnitude = (vi)(u & 0x7fffu);
  vu normal = ((vu)magnitude << 13) + (112u << 23);
  vu special = ((vu)magnitude << 13) | 0x7f800000u;
  vu denormal = (vu)(__builtin_convertvector(magnitude, vf) * 0x1p-24f);
  vu bits = select_u((vu)(magnitude < 0x400), denormal, normal);
  return (vf)(select_u((vu)(magnitude >= 0x7c00), special, bits) | sign);
#endif
}

INLINE vh f32_to_fp16(vf f) {
  vu u = select_u((vu)(f != f), (vu){0} + 0x7fc00000u, (vu)f);
#if defined(__AVX512F__)
  __m256i packed = _mm512_cvtps_ph((__m512)u, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  vh h;
  memcpy(&h, &packed, sizeof h);
  return h;
#elif defined(__F16C__)
  __m128i packed = _mm256_cvtps_ph((__m256)u, _MM_FROUND_TO_NEAREST_INT);
  vh h;
  memcpy(&h, &packed, sizeof h);
  return h;
#else
  vi magnitude = (vi)(u & 0x7fffffffu);
  vu sign = (u >> 16) & 0x8000u;
  vu normal = ((vu)magnitude - (112u << 23) + 0xfffu + (((vu)magnitude >> 13) & 1u)) >> 13;
  /* the step of floats in 0.5..1 is that of FP16 denormals, so this addition rounds like it */
  vu denormal = (vu)((vf)magnitude + 0.5f) - 0x3f000000u;
  vu bits = select_u((vu)(magnitude < 0x38800000), denormal, normal);
  bits = select_u((vu)(magnitude >= 0x47800000), (vu){0} + 0x7c00u, bits);
  bits = select_u((vu)(magnitude > 0x7f800000), (vu){0} + 0x7e00u, bits);
  return __builtin_convertvector(bits | sign, vh);
#endif
}

/* Loads LANES elements of a type that is a constant where this is inlined. */
INLINE vf load_lanes(uint32_t type, const uint8_t *p) {
  if (type == MLK_FP32) {
    vf f;
    memcpy(&f, p, sizeof f);
    return f;
  }
  vh h;
  memcpy(&h, p, sizeof h);
  return type == MLK_BF16 ? bf16_to_f32(h) : fp16_to_f32(h);
}

INLINE vf canonical(vf f) { return (vf)select_u((vu)(f != f), (vu){0} + 0x7fc00000u, (vu)f); }

INLINE void store_lanes(uint32_t type, uint8_t *p, vf f) {
  if (type == MLK_FP32) {
    f = canonical(f);
    memcpy(p, &f, sizeof f);
  } else {
    vh h = type == MLK_BF16 ? f32_to_bf16(f) : f32_to_fp16(f);
    memcpy(p, &h, sizeof h);
  }
}

/* Of 2 * LANES elements of BF16 the even ones (odd: 0) or the odd ones: a word's halves, so that nothing is shuffled. */
INLINE vf load_half(const uint8_t *p, uint32_t odd) {
  vu words;
  memcpy(&words, p, sizeof words);
  return (vf)(odd ? words & 0xffff0000u : words << 16);
}

/* Nearest BF16 in the upper half of each lane, the lower half unspecified; NaN canonical. */
INLINE vu round_upper(vf f) {
  const vu u = (vu)f;
  return select_u((vu)(f != f), (vu){0} + 0x7fc00000u, u + 0x7fffu + ((u >> 16) & 1u));
}

INLINE vf round_lanes(uint32_t type, vf f) {
  if (type == MLK_FP32) return f;
  return type == MLK_BF16 ? (vf)(round_upper(f) & 0xffff0000u) : fp16_to_f32(f32_to_fp16(f));
}

INLINE void store_halves(uint8_t *p, vf even, vf odd) {
  const vu words = round_upper(even) >> 16 | (round_upper(odd) & 0xffff0000u);
  memcpy(p, &words, sizeof words);
}

/* The first n elements, the other lanes zero. */
INLINE vf load_some(uint32_t type, const uint8_t *p, uint64_t n) {
  uint8_t part[4 * LANES] = {0};
  memcpy(part, p, n * type_bytes(type));
  return load_lanes(type, part);
}

INLINE void store_some(uint32_t type, uint8_t *p, vf f, uint64_t n) {
  uint8_t part[4 * LANES];
  store_lanes(type, part, f);
  memcpy(p, part, n * type_bytes(type));
}

#endif
