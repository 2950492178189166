#include "base/float_vectors.h"

#include <array>
#include <cmath>
#include <cstddef>

#include "base/check.h"

namespace colvec {

bool is_finite(std::span<const float> values) {
  // A sum of absolute values is finite exactly if all are, but for overflow, which is no less an
  // issue.
  float sum = 0;
  for (const float value : values) sum += std::fabs(value);
  return std::isfinite(sum);
}

float inner_product(std::span<const float> a, std::span<const float> b) {
  constexpr std::size_t kLanes = 16;
  std::array<float, kLanes> sums{};
  const std::size_t whole = a.size() / kLanes * kLanes;
  for (std::size_t i = 0; i < whole; i += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  for (std::size_t half = kLanes / 2; half > 0; half /= 2)
    for (std::size_t lane = 0; lane < half; ++lane) sums[lane] += sums[lane + half];
  float sum = sums[0];
  for (std::size_t i = whole; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

double cosine_of(std::span<const float> a, std::span<const float> b) {
  COLVEC_CHECK(a.size() == b.size());
  double dot = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    dot += static_cast<double>(a[i]) * b[i];
    aa += static_cast<double>(a[i]) * a[i];
    bb += static_cast<double>(b[i]) * b[i];
  }
  return aa > 0 && bb > 0 ? dot / std::sqrt(aa * bb) : (aa == bb ? 1 : 0);
}

}  // namespace colvec
