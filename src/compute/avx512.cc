// The AVX-512 kernels (F, BW, DQ, VL). This file exports its tables and nothing else, not even an
// inline function: the linker could choose its copy for processors that lack the instructions.
#include "compute/avx512_vector.h"
#include "compute/kernel_table.h"
#include "compute/low_kernels.h"
#include "compute/simd_kernels.h"

namespace colvec {
namespace {

// What one row of quantize() is made with.
RowScale scale_of(const float* x, std::size_t n) {
  __m512 lowest = _mm512_setzero_ps();
  __m512 highest = _mm512_setzero_ps();
  __m512 poison = _mm512_setzero_ps();  // 0, or NaN where a number is not finite.
  for (std::size_t i = 0; i < n; i += 16) {
    const __m512 v = load_some<Avx512>(x + i, n - i < 16 ? n - i : 16);
    lowest = _mm512_min_ps(v, lowest);
    highest = _mm512_max_ps(v, highest);
    poison = _mm512_fmadd_ps(v, _mm512_setzero_ps(), poison);
  }
  const float low = _mm512_reduce_min_ps(lowest);
  const float range = _mm512_reduce_max_ps(highest) - low;
  const float step = range / 255.0f + _mm512_reduce_add_ps(poison);
  return {.step = step, .zero = step > 0 ? __builtin_rintf(-low / step) : 0.0f};
}

RowScale quantize(const float* x, std::size_t n, std::uint8_t* out) {
  const RowScale scale = scale_of(x, n);
  const __m512 inverse = _mm512_set1_ps(scale.step > 0 ? 1.0f / scale.step : 0.0f);
  const __m512i zero = _mm512_set1_epi32(static_cast<int>(scale.zero));
  for (std::size_t i = 0; i < n; i += 16) {
    const std::size_t count = n - i < 16 ? n - i : 16;
    const __m512 v = _mm512_mul_ps(load_some<Avx512>(x + i, count), inverse);
    const __m512i q =
        _mm512_max_epi32(_mm512_add_epi32(_mm512_cvtps_epi32(v), zero), _mm512_setzero_si512());
    _mm512_mask_cvtusepi32_storeu_epi8(out + i, Avx512::mask(count), q);
  }
  return scale;
}

void dequantize(const std::int32_t* sums, RowScale row, const ColumnScales& columns, std::size_t n,
                float* y) {
  const __m512 step = _mm512_set1_ps(row.step);
  const __m512 shift = _mm512_set1_ps(-row.step * row.zero);
  for (std::size_t i = 0; i < n; i += 16) {
    const std::size_t count = n - i < 16 ? n - i : 16;
    const __mmask16 mask = Avx512::mask(count);
    const __m512 sum = _mm512_cvtepi32_ps(_mm512_maskz_loadu_epi32(mask, sums + i));
    const __m512 scaled =
        _mm512_mul_ps(sum, _mm512_mul_ps(step, _mm512_maskz_loadu_ps(mask, columns.steps + i)));
    const __m512 offset = _mm512_fmadd_ps(shift, _mm512_maskz_loadu_ps(mask, columns.sums + i),
                                          _mm512_maskz_loadu_ps(mask, columns.bias + i));
    _mm512_mask_storeu_ps(y + i, mask, _mm512_add_ps(scaled, offset));
  }
}

}  // namespace

constinit const KernelTable kAvx512Kernels = table_of<Avx512>("avx512");
constinit const Int8Kernels kAvx512Int8Kernels = {
    .quantize = quantize, .quantize_wide = nullptr, .multiply = nullptr, .dequantize = dequantize};

}  // namespace colvec
