// The bf16 kernels of AVX-512 BF16. This file exports its table and nothing else (see avx512.cc).
#include "compute/avx512_vector.h"
#include "compute/low_kernels.h"
#include "compute/simd_bf16.h"
#include "compute/simd_kernels.h"

namespace colvec {
namespace {

// Sums products of pairs where Avx512 has products of floats.
struct Avx512Pairs : Avx512 {
  static Reg fma(Reg a, Reg b, Reg c) {
    return _mm512_dpbf16_ps(c, reinterpret_cast<__m512bh>(a), reinterpret_cast<__m512bh>(b));
  }
};

struct Avx512Halves : Avx512 {
  static void store_rounded(std::uint16_t* out, std::size_t count, Reg value) {
    const auto halves = reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(value));
    if (count == kLanes)
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), halves);
    else
      _mm256_mask_storeu_epi16(out, mask(count), halves);
  }
  static __m512i load_halves(const std::uint16_t* x, std::size_t count) {
    return _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(mask(count), x));
  }
  static void store_pairs(std::uint32_t* out, std::size_t count, __m512i first, __m512i second) {
    _mm512_mask_storeu_epi32(out, mask(count),
                             _mm512_or_si512(first, _mm512_slli_epi32(second, 16)));
  }
};

}  // namespace

constinit const Bf16Kernels kAvx512Bf16Kernels = {
    .round = round_rows<Avx512Halves>,
    .round_wide = nullptr,
    .pair_rows = pair_rows<Avx512Halves>,
    .softmax_rows = softmax_rows_rounded<Avx512Halves>,
    .matmul = matmul<Avx512Pairs>};

}  // namespace colvec
