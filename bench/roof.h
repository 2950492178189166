// What the arithmetic of a processor can do at most: loops of nothing but multiply-adds, whose rate
// is the roof that kernels and engines are set against.
//
// Thread-safety: pure functions.
#pragma once

#include <immintrin.h>

#include <cstddef>

#include "colvec/precision.h"
#include "compute/kernels.h"

namespace colvec {

// Twelve chains, more than the latency of an instruction times the units for it. Not of zeros, with
// which a processor takes less power, and runs faster, than with numbers.
#define COLVEC_ROOF_LOOP(name, instruction, features, Register, set, x_bits, y_bits)       \
  __attribute__((target(features))) inline void name(std::size_t rounds) {                 \
    const Register x = set(x_bits);                                                        \
    const Register y = set(y_bits);                                                        \
    Register s0 = x, s1 = x, s2 = x, s3 = x, s4 = x, s5 = x;                               \
    Register s6 = x, s7 = x, s8 = x, s9 = x, s10 = x, s11 = x;                             \
    for (std::size_t i = 0; i < rounds; ++i)                                               \
      asm volatile(instruction " %12, %13, %0\n" instruction " %12, %13, %1\n" instruction \
                               " %12, %13, %2\n" instruction " %12, %13, %3\n" instruction \
                               " %12, %13, %4\n" instruction " %12, %13, %5\n" instruction \
                               " %12, %13, %6\n" instruction " %12, %13, %7\n" instruction \
                               " %12, %13, %8\n" instruction " %12, %13, %9\n" instruction \
                               " %12, %13, %10\n" instruction " %12, %13, %11"             \
                   : "+v"(s0), "+v"(s1), "+v"(s2), "+v"(s3), "+v"(s4), "+v"(s5), "+v"(s6), \
                     "+v"(s7), "+v"(s8), "+v"(s9), "+v"(s10), "+v"(s11)                    \
                   : "v"(x), "v"(y));                                                      \
  }
#define COLVEC_ROOF_LOOP_512(name, instruction, x_bits, y_bits) \
  COLVEC_ROOF_LOOP(name, instruction, "avx512f", __m512i, _mm512_set1_epi32, x_bits, y_bits)
#define COLVEC_ROOF_LOOP_256(name, instruction, x_bits, y_bits) \
  COLVEC_ROOF_LOOP(name, instruction, "avx2", __m256i, _mm256_set1_epi32, x_bits, y_bits)

// About 1 and 1/2, and 1 and 2.
COLVEC_ROOF_LOOP_512(roof_f32_512, "vfmadd231ps", 0x3f7fbe77, 0x3f000000)
COLVEC_ROOF_LOOP_512(roof_bf16_512, "vdpbf16ps", 0x3f803f80, 0x3f003f00)
COLVEC_ROOF_LOOP_512(roof_int8_512, "vpdpbusd", 0x01010101, 0x02010102)
COLVEC_ROOF_LOOP_256(roof_f32_256, "vfmadd231ps", 0x3f7fbe77, 0x3f000000)
COLVEC_ROOF_LOOP_256(roof_int8_256, "%{vex%} vpdpbusd", 0x01010101, 0x02010102)
#undef COLVEC_ROOF_LOOP_256
#undef COLVEC_ROOF_LOOP_512
#undef COLVEC_ROOF_LOOP

struct RoofLoop {
  void (*run)(std::size_t rounds) = nullptr;  // Null: what the roof is, no loop of ours says.
  double operations = 0;                      // Of a round, on one thread.
};

// The loop of the instruction that `kernels` multiply with in this precision; of f32, where they
// have none that multiplies more at once. Null for scalar kernels, and where matrix units multiply.
inline RoofLoop roof_loop(const CpuKernels& kernels, Precision precision) {
  constexpr double kChains = 12;
  constexpr double kOperations512 = kChains * 2 * 16;  // A multiplication and an addition, in f32.
  constexpr double kOperations256 = kChains * 2 * 8;
  const bool is_low = precision == Precision::kBf16 || precision == Precision::kInt8;
  if (kernels.f32 == &kScalarKernels || (is_low && kernels.has_amx)) return {};
  if (precision == Precision::kBf16 && kernels.has_fast_bf16())
    return {roof_bf16_512, 2 * kOperations512};
  if (precision == Precision::kInt8 && kernels.int8 == &kAvx512Int8Kernels)
    return {roof_int8_512, 4 * kOperations512};
  if (precision == Precision::kInt8 && kernels.int8 == &kAvxVnniInt8Kernels)
    return {roof_int8_256, 4 * kOperations256};
  if (kernels.f32 == &kAvx512Kernels) return {roof_f32_512, kOperations512};
  return {roof_f32_256, kOperations256};
}

}  // namespace colvec
