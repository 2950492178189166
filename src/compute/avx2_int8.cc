// The int8 kernels of processors without VNNI (docs/decisions/012). This file exports its table and
// nothing else (see avx2.cc).
#include "compute/avx2_vector.h"
#include "compute/low_kernels.h"
#include "compute/simd_int8.h"

namespace colvec {
namespace {

// Numbers have 16 bits, so that the products of a pair and their sum are exact.
struct Avx2Integers : Avx2 {
  using Number = std::uint16_t;
  static constexpr std::size_t kGroup = 2;

  static Sums weights(const std::int8_t* b) {
    return _mm256_cvtepi8_epi16(_mm_load_si128(reinterpret_cast<const __m128i*>(b)));
  }
  static Sums dot(Sums sums, Sums a, Sums b) {
    sums = _mm256_add_epi32(sums, _mm256_madd_epi16(a, b));
    // Keeps the order: GCC 12 makes the products of all rows first, and the sums go to the stack.
    __asm__ volatile("" : "+x"(sums));
    return sums;
  }
  static constexpr std::size_t kStored = 1;
  static void store_row_part(Number* out, const Reg (&values)[kStored], Reg zero) {
    store_numbers(out, kLanes, add(round(values[0]), zero));
  }
  // What is no number becomes 0: see max.
  static void store_numbers(Number* out, std::size_t count, Reg value) {
    store_halves(out, count, _mm256_cvtps_epi32(min(max(value, set(0)), set(255))));
  }
};

}  // namespace

constinit const Int8Kernels kAvx2Int8Kernels = int8_kernels_of<Avx2Integers>();

}  // namespace colvec
