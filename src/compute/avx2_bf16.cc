// The bf16 kernels of processors that have no bf16: the same numbers at the speed of floats. This
// file exports its table and nothing else (see avx2.cc).
#include "compute/avx2_vector.h"
#include "compute/low_kernels.h"
#include "compute/simd_bf16.h"
#include "compute/simd_kernels.h"

namespace colvec {
namespace {

// A pair has the bits of two floats, but for the lower halves.
__m256 first_of(__m256 pairs) {
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(pairs), 16));
}
__m256 second_of(__m256 pairs) {
  return _mm256_and_ps(pairs, _mm256_castsi256_ps(_mm256_set1_epi32(-65536)));
}

// Sums products of pairs where Avx2 has products of floats.
struct Avx2Pairs : Avx2 {
  static Reg fma(Reg a, Reg b, Reg c) {
    return Avx2::fma(second_of(a), second_of(b), Avx2::fma(first_of(a), first_of(b), c));
  }
};

// Rounded, as floats: half of what is cut off is added first, less one where the number that stays
// is even.
__m256i rounded(__m256 x) {
  const __m256i bits = _mm256_castps_si256(x);
  const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
  const __m256i sum = _mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7FFF)));
  const __m256 kept = second_of(_mm256_castsi256_ps(sum));
  // Numbers too small to be normal floats leave their sign.
  const __m256 smallest = _mm256_castsi256_ps(_mm256_set1_epi32(0x00800000));
  const __m256 sign = _mm256_and_ps(x, _mm256_set1_ps(-0.0f));
  const __m256 flushed = Avx2::less_select(Avx2::abs(x), smallest, sign, kept);
  const __m256 no_number = _mm256_castsi256_ps(_mm256_set1_epi32(0x7FC00000));
  return _mm256_castps_si256(
      _mm256_blendv_ps(flushed, no_number, _mm256_cmp_ps(x, x, _CMP_UNORD_Q)));
}

void round_wide(const float* x, std::size_t n, float* out) {
  for (std::size_t i = 0; i < n; i += Avx2::kLanes) {
    const std::size_t count = lanes_of<Avx2>(n - i);
    store_some<Avx2>(out + i, count, _mm256_castsi256_ps(rounded(load_some<Avx2>(x + i, count))));
  }
}

struct Avx2Halves : Avx2 {
  static void store_rounded(std::uint16_t* out, std::size_t count, Reg value) {
    store_halves(out, count, _mm256_srli_epi32(rounded(value), 16));
  }
  using Pairs = __m256i;
  static Pairs rounded_pairs(Reg first, Reg second) {
    return _mm256_or_si256(_mm256_srli_epi32(rounded(first), 16), rounded(second));
  }
  static void store_pairs(std::uint32_t* out, std::size_t count, Pairs pairs) {
    _mm256_maskstore_epi32(reinterpret_cast<int*>(out), mask(count), pairs);
  }
};

}  // namespace

constinit const Bf16Kernels kAvx2Bf16Kernels = {
    .round = round_rows<Avx2Halves>,
    .round_wide = round_wide,
    .pair_rows = pair_rows<Avx2Halves>,
    .softmax_columns = softmax_columns_rounded<Avx2Halves>,
    .matmul = matmul<Avx2Pairs>};

}  // namespace colvec
