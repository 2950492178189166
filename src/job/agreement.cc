#include "job/agreement.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <numeric>
#include <vector>

#include "base/check.h"
#include "base/float_vectors.h"
#include "base/parallel.h"

namespace colvec {
namespace {

// The cosines of all rows with all, (rows, rows).
std::vector<float> cosines_of(const UnitRows& rows) {
  const std::size_t count = rows.rows();
  const std::size_t dimension = rows.dimension;
  std::vector<float> cosines(count * count);
  parallel_for(count, [&](std::size_t i) {
    for (std::size_t j = 0; j < count; ++j)
      cosines[i * count + j] = inner_product(rows.values.subspan(i * dimension, dimension),
                                             rows.values.subspan(j * dimension, dimension));
  });
  return cosines;
}

// The others that are nearest to row i; of equal ones the first.
std::vector<std::size_t> nearest_of(std::span<const float> cosines, std::size_t i,
                                    std::size_t neighbours) {
  std::vector<std::size_t> others;
  for (std::size_t j = 0; j < cosines.size(); ++j)
    if (j != i) others.push_back(j);
  std::partial_sort(others.begin(), others.begin() + static_cast<std::ptrdiff_t>(neighbours),
                    others.end(), [&](std::size_t x, std::size_t y) {
                      return cosines[x] != cosines[y] ? cosines[x] > cosines[y] : x < y;
                    });
  others.resize(neighbours);
  std::sort(others.begin(), others.end());
  return others;
}

double overlap_of(const std::vector<float>& a, const std::vector<float>& b, std::size_t rows,
                  std::size_t neighbours) {
  std::vector<std::size_t> shared(rows);
  parallel_for(rows, [&](std::size_t i) {
    const auto of_a = nearest_of(std::span(a).subspan(i * rows, rows), i, neighbours);
    const auto of_b = nearest_of(std::span(b).subspan(i * rows, rows), i, neighbours);
    std::vector<std::size_t> both;
    std::set_intersection(of_a.begin(), of_a.end(), of_b.begin(), of_b.end(),
                          std::back_inserter(both));
    shared[i] = both.size();
  });
  const auto all = std::accumulate(shared.begin(), shared.end(), std::size_t{0});
  return static_cast<double>(all) / static_cast<double>(rows * neighbours);
}

// Of each pair i < j: the place of its cosine among all, equal ones sharing the mean.
std::vector<double> ranks_of(const std::vector<float>& cosines, std::size_t rows) {
  std::vector<float> pairs;
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = i + 1; j < rows; ++j) pairs.push_back(cosines[i * rows + j]);
  std::vector<std::uint32_t> order(pairs.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(),
            [&](std::uint32_t x, std::uint32_t y) { return pairs[x] < pairs[y]; });
  std::vector<double> ranks(pairs.size());
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    while (end < order.size() && pairs[order[end]] == pairs[order[begin]]) ++end;
    const double mean = static_cast<double>(begin + end - 1) / 2;
    for (std::size_t k = begin; k < end; ++k) ranks[order[k]] = mean;
  }
  return ranks;
}

double correlation_of(const std::vector<double>& x, const std::vector<double>& y) {
  // The mean of ranks is that of 0 to n - 1.
  const double mean = (static_cast<double>(x.size()) - 1) / 2;
  double xx = 0;
  double yy = 0;
  double xy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mean) * (x[i] - mean);
    yy += (y[i] - mean) * (y[i] - mean);
    xy += (x[i] - mean) * (y[i] - mean);
  }
  return xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : 0;
}

}  // namespace

Agreement agreement_of(const UnitRows& a, const UnitRows& b, std::size_t neighbours) {
  const std::size_t rows = a.rows();
  COLVEC_CHECK(rows >= 2 && rows == b.rows() && neighbours > 0);
  const std::vector<float> of_a = cosines_of(a);
  const std::vector<float> of_b = cosines_of(b);
  return {.neighbour_overlap = overlap_of(of_a, of_b, rows, std::min(neighbours, rows - 1)),
          .rank_correlation = correlation_of(ranks_of(of_a, rows), ranks_of(of_b, rows))};
}

}  // namespace colvec
