// The vectors of AVX-512 (F, BW, DQ, VL), as simd_kernels.h wants them.
//
// Only files compiled for AVX-512 include this, each into an unnamed namespace of its own (see
// simd_kernels.h).
#pragma once

#if defined(__GNUC__) && !defined(__clang__)
// GCC 12 takes the deliberately undefined operands inside its own intrinsics for a mistake of ours.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace colvec {
namespace {

struct Avx512 {
  using Reg = __m512;
  static constexpr std::size_t kLanes = 16;
  static constexpr std::size_t kTileVectors =
      24;  // Sums in registers, of 32; the rest hold operands.
  static constexpr std::size_t kStripVectors = 4;

  static __mmask16 mask(std::size_t count) { return static_cast<__mmask16>((1u << count) - 1); }
  static Reg set(float value) { return _mm512_set1_ps(value); }
  static Reg load(const float* x) { return _mm512_loadu_ps(x); }
  static void store(float* x, Reg value) { _mm512_storeu_ps(x, value); }
  static Reg load_part(const float* x, std::size_t count) {
    return _mm512_maskz_loadu_ps(mask(count), x);
  }
  static Reg load_part_or(const float* x, std::size_t count, float other) {
    return _mm512_mask_loadu_ps(set(other), mask(count), x);
  }
  static void store_part(float* x, std::size_t count, Reg value) {
    _mm512_mask_storeu_ps(x, mask(count), value);
  }
  static Reg keep(Reg value, std::size_t count) { return _mm512_maskz_mov_ps(mask(count), value); }
  static Reg add(Reg a, Reg b) { return _mm512_add_ps(a, b); }
  static Reg sub(Reg a, Reg b) { return _mm512_sub_ps(a, b); }
  static Reg mul(Reg a, Reg b) { return _mm512_mul_ps(a, b); }
  static Reg div(Reg a, Reg b) { return _mm512_div_ps(a, b); }
  static Reg fma(Reg a, Reg b, Reg c) { return _mm512_fmadd_ps(a, b, c); }
  static Reg fms(Reg a, Reg b, Reg c) { return _mm512_fmsub_ps(a, b, c); }
  static Reg fnma(Reg a, Reg b, Reg c) { return _mm512_fnmadd_ps(a, b, c); }
  static Reg max(Reg a, Reg b) { return _mm512_max_ps(a, b); }
  static Reg min(Reg a, Reg b) { return _mm512_min_ps(a, b); }
  static Reg abs(Reg a) { return _mm512_abs_ps(a); }
  static Reg copy_sign(Reg magnitude, Reg sign) {
    const Reg sign_bit = _mm512_set1_ps(-0.0f);
    return _mm512_or_ps(_mm512_andnot_ps(sign_bit, magnitude), _mm512_and_ps(sign_bit, sign));
  }
  static Reg less_select(Reg a, Reg b, Reg x, Reg y) {
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), y, x);
  }
  static Reg round(Reg a) {
    return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  static Reg power(Reg x, Reg n) { return _mm512_scalef_ps(x, n); }
  static float sum(Reg a) { return _mm512_reduce_add_ps(a); }
  static float largest(Reg a) { return _mm512_reduce_max_ps(a); }

  // Sums of integers, see simd_int8.h.
  using Sums = __m512i;
  static Sums no_sums() { return _mm512_setzero_si512(); }
  static Sums group(const std::uint32_t* a) { return _mm512_set1_epi32(static_cast<int>(*a)); }
  static Reg floats(Sums sums) { return _mm512_cvtepi32_ps(sums); }
  static Reg load_sums(const std::int32_t* x, std::size_t count) {
    return floats(_mm512_maskz_loadu_epi32(mask(count), x));
  }

  // The 4 floats at `c` of rows i, i + 4, i + 8 and i + 12, a row per quarter.
  static Reg quarters(const float* const* rows, std::size_t i, std::size_t c) {
    Reg reg = _mm512_castps128_ps512(_mm_loadu_ps(rows[i] + c));
    reg = _mm512_mask_broadcast_f32x4(reg, 0x00F0, _mm_loadu_ps(rows[i + 4] + c));
    reg = _mm512_mask_broadcast_f32x4(reg, 0x0F00, _mm_loadu_ps(rows[i + 8] + c));
    return _mm512_mask_broadcast_f32x4(reg, 0xF000, _mm_loadu_ps(rows[i + 12] + c));
  }
  static void transpose4(const float* const* rows, std::size_t c, std::size_t count, float* out,
                         std::size_t ldout) {
    const Reg r0 = quarters(rows, 0, c);
    const Reg r1 = quarters(rows, 1, c);
    const Reg r2 = quarters(rows, 2, c);
    const Reg r3 = quarters(rows, 3, c);
    // 4 x 4 within each quarter.
    const __m512d low01 = _mm512_castps_pd(_mm512_unpacklo_ps(r0, r1));
    const __m512d low23 = _mm512_castps_pd(_mm512_unpacklo_ps(r2, r3));
    const __m512d high01 = _mm512_castps_pd(_mm512_unpackhi_ps(r0, r1));
    const __m512d high23 = _mm512_castps_pd(_mm512_unpackhi_ps(r2, r3));
    store_part(out, count, _mm512_castpd_ps(_mm512_unpacklo_pd(low01, low23)));
    store_part(out + ldout, count, _mm512_castpd_ps(_mm512_unpackhi_pd(low01, low23)));
    store_part(out + 2 * ldout, count, _mm512_castpd_ps(_mm512_unpacklo_pd(high01, high23)));
    store_part(out + 3 * ldout, count, _mm512_castpd_ps(_mm512_unpackhi_pd(high01, high23)));
  }
};

}  // namespace
}  // namespace colvec
