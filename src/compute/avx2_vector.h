// The vectors of AVX2 (with FMA), as simd_kernels.h wants them.
//
// Only files compiled for AVX2 include this, each into an unnamed namespace of its own (see
// simd_kernels.h).
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace colvec {
namespace {

// A window of 8 over this, `count` before the middle, selects the first `count` lanes.
alignas(32) constexpr int kLaneMasks[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};

struct Avx2 {
  using Reg = __m256;
  static constexpr std::size_t kLanes = 8;
  static constexpr std::size_t kTileVectors =
      12;  // Sums in registers, of 16; the rest hold operands.
  static constexpr std::size_t kStripVectors = 2;

  static __m256i mask(std::size_t count) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kLaneMasks + kLanes - count));
  }
  static Reg set(float value) { return _mm256_set1_ps(value); }
  static Reg load(const float* x) { return _mm256_loadu_ps(x); }
  static void store(float* x, Reg value) { _mm256_storeu_ps(x, value); }
  static Reg load_part(const float* x, std::size_t count) {
    return _mm256_maskload_ps(x, mask(count));
  }
  static Reg load_part_or(const float* x, std::size_t count, float other) {
    return _mm256_blendv_ps(set(other), load_part(x, count), _mm256_castsi256_ps(mask(count)));
  }
  static void store_part(float* x, std::size_t count, Reg value) {
    _mm256_maskstore_ps(x, mask(count), value);
  }
  static Reg keep(Reg value, std::size_t count) {
    return _mm256_and_ps(value, _mm256_castsi256_ps(mask(count)));
  }
  static Reg add(Reg a, Reg b) { return _mm256_add_ps(a, b); }
  static Reg sub(Reg a, Reg b) { return _mm256_sub_ps(a, b); }
  static Reg mul(Reg a, Reg b) { return _mm256_mul_ps(a, b); }
  static Reg div(Reg a, Reg b) { return _mm256_div_ps(a, b); }
  static Reg fma(Reg a, Reg b, Reg c) { return _mm256_fmadd_ps(a, b, c); }
  static Reg fms(Reg a, Reg b, Reg c) { return _mm256_fmsub_ps(a, b, c); }
  static Reg fnma(Reg a, Reg b, Reg c) { return _mm256_fnmadd_ps(a, b, c); }
  static Reg max(Reg a, Reg b) { return _mm256_max_ps(a, b); }
  static Reg min(Reg a, Reg b) { return _mm256_min_ps(a, b); }
  static Reg abs(Reg a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }
  static Reg copy_sign(Reg magnitude, Reg sign) {
    const Reg sign_bit = _mm256_set1_ps(-0.0f);
    return _mm256_or_ps(_mm256_andnot_ps(sign_bit, magnitude), _mm256_and_ps(sign_bit, sign));
  }
  static Reg less_select(Reg a, Reg b, Reg x, Reg y) {
    return _mm256_blendv_ps(y, x, _mm256_cmp_ps(a, b, _CMP_LT_OQ));
  }
  static Reg round(Reg a) {
    return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  // In two steps, since 2^n itself may leave the range of floats where x * 2^n does not.
  static Reg power(Reg x, Reg n) {
    const __m256i whole = _mm256_cvtps_epi32(n);
    const __m256i half = _mm256_srai_epi32(whole, 1);
    return mul(mul(x, power_of_two(half)), power_of_two(_mm256_sub_epi32(whole, half)));
  }
  static Reg power_of_two(__m256i n) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(n, _mm256_set1_epi32(127)), 23));
  }
  static float sum(Reg a) {
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
  }
  static float largest(Reg a) {
    __m128 s = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    s = _mm_max_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_max_ss(s, _mm_movehdup_ps(s)));
  }

  // Sums of integers, see simd_int8.h.
  using Sums = __m256i;
  static Sums no_sums() { return _mm256_setzero_si256(); }
  static Sums group(const std::uint32_t* a) { return _mm256_set1_epi32(static_cast<int>(*a)); }
  static Reg floats(Sums sums) { return _mm256_cvtepi32_ps(sums); }
  static Reg load_sums(const std::int32_t* x, std::size_t count) {
    return floats(_mm256_maskload_epi32(x, mask(count)));
  }

  // The first `count` of 8 numbers, in 16 bits.
  static void store_halves(std::uint16_t* out, std::size_t count, __m256i numbers) {
    const __m256i packed = _mm256_packus_epi32(numbers, numbers);
    const __m128i halves = _mm256_castsi256_si128(_mm256_permute4x64_epi64(packed, 0x08));
    if (count == kLanes) return _mm_storeu_si128(reinterpret_cast<__m128i*>(out), halves);
    alignas(16) std::uint16_t all[kLanes];
    _mm_store_si128(reinterpret_cast<__m128i*>(all), halves);
    for (std::size_t i = 0; i < count; ++i) out[i] = all[i];
  }

  // The 4 floats at `c` of rows i and i + 4, a row per half.
  static Reg halves(const float* const* rows, std::size_t i, std::size_t c) {
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(rows[i] + c)),
                                _mm_loadu_ps(rows[i + 4] + c), 1);
  }
  static void transpose4(const float* const* rows, std::size_t c, std::size_t count, float* out,
                         std::size_t ldout) {
    const Reg r0 = halves(rows, 0, c);
    const Reg r1 = halves(rows, 1, c);
    const Reg r2 = halves(rows, 2, c);
    const Reg r3 = halves(rows, 3, c);
    // 4 x 4 within each half.
    const __m256d low01 = _mm256_castps_pd(_mm256_unpacklo_ps(r0, r1));
    const __m256d low23 = _mm256_castps_pd(_mm256_unpacklo_ps(r2, r3));
    const __m256d high01 = _mm256_castps_pd(_mm256_unpackhi_ps(r0, r1));
    const __m256d high23 = _mm256_castps_pd(_mm256_unpackhi_ps(r2, r3));
    store_part(out, count, _mm256_castpd_ps(_mm256_unpacklo_pd(low01, low23)));
    store_part(out + ldout, count, _mm256_castpd_ps(_mm256_unpackhi_pd(low01, low23)));
    store_part(out + 2 * ldout, count, _mm256_castpd_ps(_mm256_unpacklo_pd(high01, high23)));
    store_part(out + 3 * ldout, count, _mm256_castpd_ps(_mm256_unpackhi_pd(high01, high23)));
  }
};

}  // namespace
}  // namespace colvec
