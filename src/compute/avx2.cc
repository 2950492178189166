// The AVX2 kernels (with FMA). This file exports its tables and nothing else, not even an inline
// function: the linker could choose its copy for processors that lack the instructions.
#include <cstdint>

#include "compute/avx2_vector.h"
#include "compute/kernel_table.h"
#include "compute/low_kernels.h"
#include "compute/simd_kernels.h"

namespace colvec {
namespace {

// What one row of quantize_wide() is made with.
RowScale scale_of(const float* x, std::size_t n) {
  __m256 lowest = _mm256_setzero_ps();
  __m256 highest = _mm256_setzero_ps();
  __m256 poison = _mm256_setzero_ps();  // 0, or NaN where a number is not finite.
  for (std::size_t i = 0; i < n; i += 8) {
    const __m256 v = load_some<Avx2>(x + i, n - i < 8 ? n - i : 8);
    lowest = _mm256_min_ps(v, lowest);
    highest = _mm256_max_ps(v, highest);
    poison = _mm256_fmadd_ps(v, _mm256_setzero_ps(), poison);
  }
  const float low = -Avx2::largest(_mm256_sub_ps(_mm256_setzero_ps(), lowest));
  const float range = Avx2::largest(highest) - low;
  const float step = range / 255.0f + Avx2::sum(poison);
  return {.step = step, .zero = step > 0 ? __builtin_rintf(-low / step) : 0.0f};
}

RowScale quantize_wide(const float* x, std::size_t n, std::uint16_t* out) {
  const RowScale scale = scale_of(x, n);
  const __m256 inverse = _mm256_set1_ps(scale.step > 0 ? 1.0f / scale.step : 0.0f);
  const __m256i zero = _mm256_set1_epi32(static_cast<int>(scale.zero));
  for (std::size_t i = 0; i < n; i += 8) {
    const std::size_t count = n - i < 8 ? n - i : 8;
    const __m256 v = _mm256_mul_ps(load_some<Avx2>(x + i, count), inverse);
    const __m256i q =
        _mm256_max_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(v), zero), _mm256_setzero_si256());
    Avx2::store_halves(out + i, count, _mm256_min_epi32(q, _mm256_set1_epi32(255)));
  }
  return scale;
}

void dequantize(const std::int32_t* sums, RowScale row, const ColumnScales& columns, std::size_t n,
                float* y) {
  const __m256 step = _mm256_set1_ps(row.step);
  const __m256 shift = _mm256_set1_ps(-row.step * row.zero);
  for (std::size_t i = 0; i < n; i += 8) {
    const std::size_t count = n - i < 8 ? n - i : 8;
    const __m256i whole = _mm256_maskload_epi32(sums + i, Avx2::mask(count));
    const __m256 scaled = _mm256_mul_ps(
        _mm256_cvtepi32_ps(whole), _mm256_mul_ps(step, load_some<Avx2>(columns.steps + i, count)));
    const __m256 offset = _mm256_fmadd_ps(shift, load_some<Avx2>(columns.sums + i, count),
                                          load_some<Avx2>(columns.bias + i, count));
    store_some<Avx2>(y + i, count, _mm256_add_ps(scaled, offset));
  }
}

// Pairs of a strip that are fetched ahead, as in simd_kernels.h.
constexpr std::size_t kPairsAhead = 128;

// kRows rows of sums from `row` on, all in registers. A pair of weights and one of numbers make one
// 32-bit sum at once: 16 bits hold all that 8 can be, signed or not.
template <int kRows>
inline void multiply_tile(const IntegerProduct& product, std::size_t row) {
  const std::uint16_t* const a = product.a + row * product.lda;
  const std::int8_t* b = product.b;
  __m256i sums[kRows][2];
#pragma GCC unroll 6
  for (int i = 0; i < kRows; ++i) sums[i][0] = sums[i][1] = _mm256_setzero_si256();
  for (std::size_t k = 0; k < product.k; k += 2, b += 2 * kIntegerStripColumns) {
    __builtin_prefetch(b + kPairsAhead * 2 * kIntegerStripColumns);
    const auto* const pairs = reinterpret_cast<const __m128i*>(b);
    const __m256i first = _mm256_cvtepi8_epi16(_mm_load_si128(pairs));
    const __m256i second = _mm256_cvtepi8_epi16(_mm_load_si128(pairs + 1));
#pragma GCC unroll 6
    for (int i = 0; i < kRows; ++i) {
      int pair = 0;
      __builtin_memcpy(&pair, a + static_cast<std::size_t>(i) * product.lda + k, sizeof(pair));
      const __m256i numbers = _mm256_set1_epi32(pair);
      sums[i][0] = _mm256_add_epi32(sums[i][0], _mm256_madd_epi16(numbers, first));
      sums[i][1] = _mm256_add_epi32(sums[i][1], _mm256_madd_epi16(numbers, second));
    }
  }
#pragma GCC unroll 6
  for (int i = 0; i < kRows; ++i) {
    std::int32_t* const c = product.c + (row + static_cast<std::size_t>(i)) * product.ldc;
    if (product.n == kIntegerStripColumns) {
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(c), sums[i][0]);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(c + 8), sums[i][1]);
      continue;
    }
    const std::size_t first = product.n < 8 ? product.n : 8;
    _mm256_maskstore_epi32(c, Avx2::mask(first), sums[i][0]);
    if (product.n > 8) _mm256_maskstore_epi32(c + 8, Avx2::mask(product.n - 8), sums[i][1]);
  }
}

// The tile with `rows` rows, at most kRows.
template <int kRows>
inline void multiply_rows(const IntegerProduct& product, std::size_t rows, std::size_t row) {
  if constexpr (kRows > 1) {
    if (rows < kRows) return multiply_rows<kRows - 1>(product, rows, row);
  }
  multiply_tile<kRows>(product, row);
}

void multiply(const IntegerProduct& product) {
  constexpr int kRowsMax = 6;  // 12 sums; the other 4 registers hold operands.
  const std::size_t tiles = (product.m + kRowsMax - 1) / kRowsMax;
  for (std::size_t i = 0; i < tiles; ++i) {
    const std::size_t row = product.m * i / tiles;
    multiply_rows<kRowsMax>(product, product.m * (i + 1) / tiles - row, row);
  }
}

}  // namespace

constinit const KernelTable kAvx2Kernels = table_of<Avx2>("avx2");
constinit const Int8Kernels kAvx2Int8Kernels = {.quantize = nullptr,
                                                .quantize_wide = quantize_wide,
                                                .multiply = multiply,
                                                .dequantize = dequantize};

}  // namespace colvec
