#include "model/distance_bias.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace colvec {
namespace {

// Distances from here on share the last bucket.
constexpr float kFarthest = 128;

// The slopes for a power of two of heads.
std::vector<double> geometric_slopes(std::size_t heads) {
  std::vector<double> slopes(heads);
  for (std::size_t i = 0; i < heads; ++i)
    slopes[i] = std::exp2(-8.0 * static_cast<double>(i + 1) / static_cast<double>(heads));
  return slopes;
}

std::vector<double> slopes_of(std::size_t heads) {
  const std::size_t power = std::bit_floor(heads);
  std::vector<double> slopes = geometric_slopes(power);
  const std::vector<double> finer = geometric_slopes(2 * power);
  for (std::size_t i = 0; slopes.size() < heads; i += 2) slopes.push_back(finer[i]);
  return slopes;
}

// In float32, as the reference computes it: a distance at the edge of a bucket must fall on the
// same side.
std::size_t bucket_of(std::int64_t distance, std::size_t buckets) {
  const std::size_t half = buckets / 2;
  const std::size_t exact = half / 2;
  const std::size_t side = distance > 0 ? half : 0;
  const auto away = static_cast<std::size_t>(std::abs(distance));
  if (away < exact) return side + away;
  const float ratio = std::log(static_cast<float>(away) / static_cast<float>(exact)) /
                      std::log(kFarthest / static_cast<float>(exact));
  const auto grown = static_cast<std::size_t>(ratio * static_cast<float>(half - exact));
  return side + std::min(exact + grown, half - 1);
}

}  // namespace

std::size_t reach_of(RowStarts row_starts) {
  std::uint32_t longest = 1;
  for (std::size_t s = 0; s + 1 < row_starts.size(); ++s)
    longest = std::max(longest, row_starts[s + 1] - row_starts[s]);
  return longest - 1;
}

DistanceBias alibi_bias(std::size_t heads, std::size_t reach) {
  DistanceBias bias{.values = {}, .heads = heads, .reach = reach};
  bias.values.reserve(heads * (2 * reach + 1));
  for (const double slope : slopes_of(heads)) {
    for (std::size_t i = 0; i <= 2 * reach; ++i) {
      const double away = std::abs(static_cast<double>(i) - static_cast<double>(reach));
      bias.values.push_back(static_cast<float>(-slope * away));
    }
  }
  return bias;
}

DistanceBias bucket_bias(MatView<const float> table, std::size_t reach) {
  DistanceBias bias{.values = {}, .heads = table.cols, .reach = reach};
  std::vector<std::size_t> buckets;
  const auto far = static_cast<std::int64_t>(reach);
  for (std::int64_t distance = -far; distance <= far; ++distance)
    buckets.push_back(bucket_of(distance, table.rows));
  bias.values.reserve(table.cols * buckets.size());
  for (std::size_t h = 0; h < table.cols; ++h)
    for (const std::size_t bucket : buckets) bias.values.push_back(table.row(bucket)[h]);
  return bias;
}

}  // namespace colvec
