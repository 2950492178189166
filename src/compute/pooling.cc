#include "compute/pooling.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/check.h"

namespace colvec {
namespace {

// The sum of the rows [begin, end) of x, each times the factor that `factor_of` gives for its
// index.
template <typename FactorOf>
void sum_rows(const KernelTable& kernels, Mat x, std::size_t begin, std::size_t end,
              FactorOf factor_of, float* out) {
  std::fill(out, out + x.cols, 0.0f);
  for (std::size_t r = begin; r < end; ++r) {
    kernels.add_scaled(x.row(r), factor_of(r), x.cols, out);
  }
}

void copy_row(const float* row, std::size_t cols, float* out) {
  std::memcpy(out, row, cols * sizeof(float));
}

void max_rows(const KernelTable& kernels, Mat x, std::size_t begin, std::size_t end, float* out) {
  if (begin == end) return std::fill(out, out + x.cols, 0.0f);
  copy_row(x.row(begin), x.cols, out);
  for (std::size_t r = begin + 1; r < end; ++r) kernels.max(x.row(r), x.cols, out);
}

// x holds the rows of one sequence; the first `skip` of them do not count.
void pool_sequence(const KernelTable& kernels, Mat x, Pooling mode, std::size_t skip, float* out) {
  const std::size_t begin = std::min(skip, x.rows);
  const auto count = static_cast<float>(x.rows - begin);
  const auto one = [](std::size_t) { return 1.0f; };
  switch (mode) {
    case Pooling::kCls:
      return copy_row(x.row(0), x.cols, out);
    case Pooling::kLastToken:
      return copy_row(x.row(x.rows - 1), x.cols, out);
    case Pooling::kMax:
      return max_rows(kernels, x, begin, x.rows, out);
    case Pooling::kMean:
      sum_rows(kernels, x, begin, x.rows, one, out);
      if (count > 0) kernels.scale(out, x.cols, 1 / count);
      return;
    case Pooling::kMeanSqrtLen:
      sum_rows(kernels, x, begin, x.rows, one, out);
      if (count > 0) kernels.scale(out, x.cols, 1 / std::sqrt(count));
      return;
    case Pooling::kWeightedMean: {
      // Token i of the sequence, from 1, has weight i, whether or not those before it count.
      const auto position = [](std::size_t r) { return static_cast<float>(r + 1); };
      const auto all = static_cast<float>(x.rows);
      const auto skipped = static_cast<float>(begin);
      const float weights = (all * (all + 1) - skipped * (skipped + 1)) / 2;
      sum_rows(kernels, x, begin, x.rows, position, out);
      if (count > 0) kernels.scale(out, x.cols, 1 / weights);
      return;
    }
  }
}

}  // namespace

void pool_rows(const KernelTable& kernels, Mat x, RowStarts row_starts, Pooling mode,
               std::span<const std::uint32_t> skip, Mat out) {
  COLVEC_CHECK(row_starts.size() == out.rows + 1 && x.cols == out.cols);
  COLVEC_CHECK(row_starts.back() <= x.rows);
  COLVEC_CHECK(skip.empty() || skip.size() == out.rows);
  for (std::size_t s = 0; s < out.rows; ++s) {
    const std::size_t length = row_starts[s + 1] - row_starts[s];
    if (length == 0) {
      std::fill(out.row(s), out.row(s) + out.cols, 0.0f);
      continue;
    }
    pool_sequence(kernels, x.row_range(row_starts[s], length), mode, skip.empty() ? 0 : skip[s],
                  out.row(s));
  }
}

}  // namespace colvec
