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
