// The int8 kernels of AVX-VNNI, which processors without AVX-512 have. This file exports its table
// and nothing else (see avx2.cc).
#include "compute/avx2_vector.h"
#include "compute/low_kernels.h"
#include "compute/simd_int8.h"

namespace colvec {
namespace {

struct AvxVnniIntegers : Avx2 {
  using Number = std::uint8_t;
  static constexpr std::size_t kGroup = 4;

  static Sums weights(const std::int8_t* b) {
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(b));
  }
  // _mm256_dpbusd_avx_epi32(sums, a, b): see avx512_int8.cc.
  static Sums dot(Sums sums, Sums a, Sums b) {
    asm("%{vex%} vpdpbusd %2, %1, %0" : "+x"(sums) : "x"(a), "x"(b));
    return sums;
  }
  static constexpr std::size_t kStored = 1;
  static void store_row_part(Number* out, const Reg (&values)[kStored], Reg zero) {
    store_numbers(out, kLanes, add(round(values[0]), zero));
  }
  // What is no number becomes 0: see max.
  static void store_numbers(Number* out, std::size_t count, Reg value) {
    const __m256i numbers = _mm256_cvtps_epi32(min(max(value, set(0)), set(255)));
    const __m128i halves =
        _mm_packus_epi32(_mm256_castsi256_si128(numbers), _mm256_extracti128_si256(numbers, 1));
    alignas(8) Number all[kLanes];
    _mm_storel_epi64(reinterpret_cast<__m128i*>(all), _mm_packus_epi16(halves, halves));
    __builtin_memcpy(out, all, count);
  }
};

}  // namespace

constinit const Int8Kernels kAvxVnniInt8Kernels = int8_kernels_of<AvxVnniIntegers>();

}  // namespace colvec
