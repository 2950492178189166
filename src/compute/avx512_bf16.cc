// The bf16 kernels of AVX-512 BF16. This file exports its table and nothing else (see avx512.cc).
#include "compute/avx512_vector.h"
#include "compute/low_kernels.h"
#include "compute/simd_kernels.h"

namespace colvec {
namespace {

// Sums products of pairs where Avx512 has products of floats.
struct Avx512Pairs : Avx512 {
  static Reg fma(Reg a, Reg b, Reg c) {
    return _mm512_dpbf16_ps(c, reinterpret_cast<__m512bh>(a), reinterpret_cast<__m512bh>(b));
  }
};

__m256i rounded(const float* x, std::size_t count) {
  return reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(load_some<Avx512>(x, count)));
}

void round(const float* x, std::size_t ldx, std::size_t rows, std::size_t cols, std::uint16_t* out,
           std::size_t ldout) {
  for (std::size_t r = 0; r < rows; ++r, x += ldx, out += ldout) {
    std::size_t i = 0;
    for (; i + 16 <= cols; i += 16)
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i), rounded(x + i, 16));
    if (i < cols)
      _mm256_mask_storeu_epi16(out + i, Avx512::mask(cols - i), rounded(x + i, cols - i));
  }
}

void pair_rows(const float* x, std::size_t ldx, std::size_t rows, std::size_t cols,
               std::uint32_t* out, std::size_t ldout) {
  for (std::size_t r = 0; r < rows; r += 2, x += 2 * ldx, out += ldout) {
    for (std::size_t i = 0; i < cols; i += 16) {
      const std::size_t count = cols - i < 16 ? cols - i : 16;
      __m512i pairs = _mm512_cvtepu16_epi32(rounded(x + i, count));
      if (r + 1 < rows) {
        const __m512i second = _mm512_cvtepu16_epi32(rounded(x + ldx + i, count));
        pairs = _mm512_or_si512(pairs, _mm512_slli_epi32(second, 16));
      }
      _mm512_mask_storeu_epi32(out + i, Avx512::mask(count), pairs);
    }
  }
}

}  // namespace

constinit const Bf16Kernels kAvx512Bf16Kernels = {
    .round = round, .round_wide = nullptr, .pair_rows = pair_rows, .matmul = matmul<Avx512Pairs>};

}  // namespace colvec
