// The int8 kernels of AVX-512 VNNI. This file exports its table and nothing else (see avx512.cc).
#include "compute/avx512_vector.h"
#include "compute/low_kernels.h"
#include "compute/simd_int8.h"

namespace colvec {
namespace {

struct Avx512Integers : Avx512 {
  using Number = std::uint8_t;
  static constexpr std::size_t kGroup = 4;

  static Sums weights(const std::int8_t* b) { return _mm512_load_si512(b); }
  // _mm512_dpbusd_epi32(sums, a, b), of which GCC 12 keeps the sums in memory.
  static Sums dot(Sums sums, Sums a, Sums b) {
    asm("vpdpbusd %2, %1, %0" : "+v"(sums) : "v"(a), "v"(b));
    return sums;
  }
  // Sums beyond 255 and below 0, as which NaN comes, are brought within by the two packs.
  static constexpr std::size_t kStored = 4;
  static void store_row_part(Number* out, const Reg (&values)[kStored], Reg zero) {
    const __m512i shift = _mm512_cvtps_epi32(zero);
    const auto number = [&](std::size_t j) {
      return _mm512_add_epi32(_mm512_cvtps_epi32(values[j]), shift);
    };
    const __m512i halves01 = _mm512_packs_epi32(number(0), number(1));
    const __m512i halves23 = _mm512_packs_epi32(number(2), number(3));
    // The packs work in each quarter: four numbers of each vector side by side.
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    _mm512_storeu_si512(out,
                        _mm512_permutexvar_epi32(order, _mm512_packus_epi16(halves01, halves23)));
  }
  // What is no number becomes 0: see max.
  static void store_numbers(Number* out, std::size_t count, Reg value) {
    const __m512i numbers = _mm512_cvtps_epi32(max(value, set(0)));
    const __m128i bytes = _mm512_cvtusepi32_epi8(numbers);
    if (count == kLanes)
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out), bytes);
    else
      _mm_mask_storeu_epi8(out, mask(count), bytes);
  }
};

}  // namespace

constinit const Int8Kernels kAvx512Int8Kernels = int8_kernels_of<Avx512Integers>();

}  // namespace colvec
