// Numbers of 16 bits, on the host and on the device: bfloat16 and IEEE half.
//
// Conversion from float rounds to the nearest, ties to even; what is too large for a half becomes
// infinity. On the host in plain integer arithmetic, so that an emulator and the packing of weights
// give the bits that a GPU gives.
//
// Thread-safety: values and pure functions.
#pragma once

#include <cstdint>
#include <cstring>

#ifdef __CUDACC__
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#define COLVEC_BOTH __host__ __device__ inline
#else
#define COLVEC_BOTH inline
#endif

namespace colvec {

struct Bf16 {
  std::uint16_t bits;
};
struct F16 {
  std::uint16_t bits;
};

namespace numbers {

COLVEC_BOTH std::uint32_t bits_of(float value) {
  std::uint32_t bits;
  memcpy(&bits, &value, sizeof(bits));
  return bits;
}

COLVEC_BOTH float float_of(std::uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof(value));
  return value;
}

COLVEC_BOTH std::uint16_t bf16_bits(float value) {
  const std::uint32_t bits = bits_of(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u)
    return static_cast<std::uint16_t>((bits >> 16) | 0x40);  // A NaN stays one.
  return static_cast<std::uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

COLVEC_BOTH float of_f16_bits(std::uint32_t half) {
  const std::uint32_t sign = (half & 0x8000) << 16;
  const std::uint32_t exponent = (half >> 10) & 31;
  const std::uint32_t fraction = half & 0x3ff;
  if (exponent == 31) return float_of(sign | 0x7f800000 | (fraction << 13));
  if (exponent != 0) return float_of(sign | ((exponent + 112) << 23) | (fraction << 13));
  const float small = static_cast<float>(fraction) * 5.9604644775390625e-08f;  // 2^-24
  return sign != 0 ? -small : small;
}

COLVEC_BOTH std::uint16_t f16_bits(float value) {
  const std::uint32_t bits = bits_of(value);
  const std::uint32_t sign = (bits >> 16) & 0x8000;
  const std::uint32_t size = bits & 0x7fffffff;
  if (size > 0x7f800000) return static_cast<std::uint16_t>(sign | 0x7e00);
  if (size >= 0x477ff000) return static_cast<std::uint16_t>(sign | 0x7c00);  // From 65,520 on.
  if (size < 0x38800000) {
    // Below 2^-14: a multiple of 2^-24. The float next to 0.5 has its steps there.
    const std::uint32_t steps = bits_of(float_of(size) + 0.5f) - bits_of(0.5f);
    return static_cast<std::uint16_t>(sign | steps);
  }
  const std::uint32_t rounded = size + 0xfff + ((size >> 13) & 1);
  return static_cast<std::uint16_t>(sign | ((rounded >> 13) - (112u << 10)));
}

}  // namespace numbers

COLVEC_BOTH float to_float(float value) { return value; }
COLVEC_BOTH float to_float(Bf16 value) {
  return numbers::float_of(static_cast<std::uint32_t>(value.bits) << 16);
}
COLVEC_BOTH float to_float(F16 value) {
#ifdef __CUDA_ARCH__
  return __half2float(__ushort_as_half(value.bits));
#else
  return numbers::of_f16_bits(value.bits);
#endif
}

COLVEC_BOTH void set(float value, float* out) { *out = value; }
COLVEC_BOTH void set(float value, Bf16* out) {
#ifdef __CUDA_ARCH__
  out->bits = __bfloat16_as_ushort(__float2bfloat16_rn(value));
#else
  out->bits = numbers::bf16_bits(value);
#endif
}
COLVEC_BOTH void set(float value, F16* out) {
#ifdef __CUDA_ARCH__
  out->bits = __half_as_ushort(__float2half_rn(value));
#else
  out->bits = numbers::f16_bits(value);
#endif
}

}  // namespace colvec
