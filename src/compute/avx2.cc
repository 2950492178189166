// The AVX2 kernels (with FMA). This file exports its tables and nothing else, not even an inline
// function: the linker could choose its copy for processors that lack the instructions.
#include <cstdint>

#include "compute/avx2_vector.h"
#include "compute/kernel_table.h"
#include "compute/low_kernels.h"
#include "compute/simd_int8.h"
#include "compute/simd_kernels.h"

namespace colvec {
namespace {

// Pairs of a strip that are fetched ahead, as in simd_kernels.h.
constexpr std::size_t kPairsAhead = 128;

// kRows rows of sums from `row` on, all in registers. A pair of weights and one of numbers make one
// 32-bit sum at once: 16 bits hold all that 8 can be, signed or not.
template <size_t kRows>
inline void multiply_tile(const IntegerProduct& product, std::size_t row) {
  const std::uint16_t* const a = product.a + row * product.lda;
  const std::int8_t* b = product.b;
  __m256i sums[kRows][2];
#pragma GCC unroll 6
  for (size_t i = 0; i < kRows; ++i) sums[i][0] = sums[i][1] = _mm256_setzero_si256();
  for (std::size_t k = 0; k < product.k; k += 2, b += 2 * kIntegerStripColumns) {
    __builtin_prefetch(b + kPairsAhead * 2 * kIntegerStripColumns);
    const auto* const pairs = reinterpret_cast<const __m128i*>(b);
    const __m256i first = _mm256_cvtepi8_epi16(_mm_load_si128(pairs));
    const __m256i second = _mm256_cvtepi8_epi16(_mm_load_si128(pairs + 1));
#pragma GCC unroll 6
    for (size_t i = 0; i < kRows; ++i) {
      int pair = 0;
      __builtin_memcpy(&pair, a + i * product.lda + k, sizeof(pair));
      const __m256i numbers = _mm256_set1_epi32(pair);
      sums[i][0] = _mm256_add_epi32(sums[i][0], _mm256_madd_epi16(numbers, first));
      sums[i][1] = _mm256_add_epi32(sums[i][1], _mm256_madd_epi16(numbers, second));
    }
  }
#pragma GCC unroll 6
  for (size_t i = 0; i < kRows; ++i) {
    std::int32_t* const c = product.c + (row + i) * product.ldc;
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

void multiply(const IntegerProduct& product) {
  constexpr size_t kRowsMax = 6;  // 12 sums; the other 4 registers hold operands.
  for_tiles<kRowsMax>(product.m,
                      [&]<size_t kRows>(size_t row) { multiply_tile<kRows>(product, row); });
}

}  // namespace

constinit const KernelTable kAvx2Kernels = table_of<Avx2>("avx2");
constinit const Int8Kernels kAvx2Int8Kernels = {.quantize = nullptr,
                                                .quantize_wide = quantize<Avx2>,
                                                .multiply = multiply,
                                                .dequantize = dequantize<Avx2>};

}  // namespace colvec
