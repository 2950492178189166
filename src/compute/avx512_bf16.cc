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
  using Pairs = __m512i;
  static Pairs rounded_pairs(Reg first, Reg second) {
    // All of the first, then all of the second: lane by lane, one of each.
    const __m512i by_turns = _mm512_or_si512(
        _mm512_set1_epi32(16 << 16),
        _mm512_mullo_epi32(
            _mm512_set1_epi32(0x00010001),
            _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)));
    return _mm512_permutexvar_epi16(by_turns,
                                    reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(second, first)));
  }
  static void store_pairs(std::uint32_t* out, std::size_t count, Pairs pairs) {
    _mm512_mask_storeu_epi32(out, mask(count), pairs);
  }
};

}  // namespace

constinit const Bf16Kernels kAvx512Bf16Kernels = {
    .round = round_rows<Avx512Halves>,
    .round_wide = nullptr,
    .pair_rows = pair_rows<Avx512Halves>,
    .softmax_columns = softmax_columns_rounded<Avx512Halves>,
    .matmul = matmul<Avx512Pairs>};

}  // namespace colvec
