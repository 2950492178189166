#include "compute/attention.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "base/parallel.h"
#include "compute/kernels.h"
#include "compute/matrix_fixture.h"

namespace colvec {
namespace {

struct AttentionCase {
  const char* name;
  const KernelTable* kernels;
  const Bf16Kernels* bf16;
};

// Each table, and the tables with their bf16 kernels; the scalar ones are the reference of both.
std::vector<AttentionCase> attention_cases() {
  std::vector<AttentionCase> cases;
  for (const KernelTable* table : supported_kernels()) {
    cases.push_back({table->name, table, nullptr});
    if (kernels_with(*table).bf16 != nullptr)
      cases.push_back({"avx512_bf16", table, kernels_with(*table).bf16});
  }
  cases.push_back({"scalar_bf16", &kScalarKernels, &kScalarBf16Kernels});
  return cases;
}

class Attention : public testing::TestWithParam<AttentionCase> {
 protected:
  // The context of a batch of sequences of these lengths.
  OwnedMat attend(OwnedMat& qkv, const std::vector<std::uint32_t>& starts,
                  std::size_t heads) const {
    OwnedMat context(qkv.rows, qkv.cols / 3);
    attention(*GetParam().kernels, GetParam().bf16, qkv.view(), starts, heads, context.view());
    return context;
  }

  // bf16 has 8 bits: numbers around 1 and their sums are off by a hundredth.
  double tolerance(double f32) const { return GetParam().bf16 == nullptr ? f32 : 0.03; }
};

INSTANTIATE_TEST_SUITE_P(All, Attention, testing::ValuesIn(attention_cases()),
                         [](const auto& given) { return std::string(given.param.name); });

std::vector<std::uint32_t> starts_of(const std::vector<std::uint32_t>& lengths) {
  std::vector<std::uint32_t> starts = {0};
  for (const std::uint32_t length : lengths) starts.push_back(starts.back() + length);
  return starts;
}

// The context of token `query` and head `head` of the sequence [begin, end), in float64.
std::vector<double> attend_one(const OwnedMat& qkv, std::size_t begin, std::size_t end,
                               std::size_t query, std::size_t head, std::size_t head_dim) {
  const std::size_t hidden = qkv.cols / 3;
  const auto at = [&](std::size_t row, std::size_t part, std::size_t d) {
    return static_cast<double>(qkv.values[row * qkv.cols + part * hidden + head * head_dim + d]);
  };
  std::vector<double> weights;
  double largest = -std::numeric_limits<double>::infinity();
  for (std::size_t k = begin; k < end; ++k) {
    double score = 0;
    for (std::size_t d = 0; d < head_dim; ++d) score += at(query, 0, d) * at(k, 1, d);
    weights.push_back(score / std::sqrt(static_cast<double>(head_dim)));
    largest = std::max(largest, weights.back());
  }
  double sum = 0;
  for (double& weight : weights) sum += weight = std::exp(weight - largest);
  std::vector<double> context(head_dim);
  for (std::size_t k = begin; k < end; ++k) {
    for (std::size_t d = 0; d < head_dim; ++d) context[d] += weights[k - begin] / sum * at(k, 2, d);
  }
  return context;
}

TEST_P(Attention, AgreesWithTheFormulaForAllLengths) {
  for (const std::size_t head_dim : {7u, 24u, 26u, 32u, 64u}) {
    const std::size_t heads = 3;
    const std::vector<std::uint32_t> starts =
        starts_of({1, 2, 7, 8, 15, 16, 17, 25, 48, 100, 128, 129, 257, 600});
    OwnedMat qkv(starts.back(), 3 * heads * head_dim, 1);
    const OwnedMat context = attend(qkv, starts, heads);
    for (std::size_t s = 0; s + 1 < starts.size(); ++s) {
      const std::size_t step = std::max(1u, (starts[s + 1] - starts[s]) / 7);
      for (std::size_t query = starts[s]; query < starts[s + 1]; query += step) {
        for (std::size_t head = 0; head < heads; ++head) {
          const std::vector<double> want =
              attend_one(qkv, starts[s], starts[s + 1], query, head, head_dim);
          for (std::size_t d = 0; d < head_dim; ++d) {
            ASSERT_NEAR(context.row(query)[head * head_dim + d], want[d], tolerance(1e-6))
                << "length " << starts[s + 1] - starts[s] << ", head_dim " << head_dim;
          }
        }
      }
    }
  }
}

TEST_P(Attention, LargeScoresDoNotOverflow) {
  if (GetParam().bf16 != nullptr) GTEST_SKIP() << "SKIPPED: rounded scores choose other keys";
  OwnedMat qkv(40, 3 * 32, 2, 100);
  const OwnedMat context = attend(qkv, {0, 40}, 1);
  for (std::size_t query = 0; query < 40; ++query) {
    const std::vector<double> want = attend_one(qkv, 0, 40, query, 0, 32);
    for (std::size_t d = 0; d < 32; ++d) ASSERT_NEAR(context.row(query)[d], want[d], 0.3);
  }
}

TEST_P(Attention, ASequenceHasTheSameBitsAloneAndInABatch) {
  const std::vector<std::uint32_t> starts = starts_of({30, 1, 200, 17, 300, 64, 5});
  constexpr std::size_t kHeads = 2, kHeadDim = 32;
  OwnedMat qkv(starts.back(), 3 * kHeads * kHeadDim, 3);
  const OwnedMat batch = attend(qkv, starts, kHeads);
  for (std::size_t s = 0; s + 1 < starts.size(); ++s) {
    const std::uint32_t length = starts[s + 1] - starts[s];
    OwnedMat alone(length, qkv.cols);
    std::memcpy(alone.values.data(), qkv.view().row(starts[s]),
                alone.values.size() * sizeof(float));
    const OwnedMat context = attend(alone, {0, length}, kHeads);
    EXPECT_EQ(std::memcmp(context.values.data(), batch.values.data() + starts[s] * batch.cols,
                          context.values.size() * sizeof(float)),
              0)
        << "sequence " << s;
  }
}

TEST_P(Attention, ThreadsDoNotChangeABit) {
  const std::vector<std::uint32_t> starts = starts_of({500, 3, 40, 40, 40, 129});
  OwnedMat qkv(starts.back(), 3 * 4 * 64, 4);
  const auto with_threads = [&](std::size_t count) {
    const ThreadLimit limit(count);
    return attend(qkv, starts, 4).values;
  };
  EXPECT_EQ(with_threads(1), with_threads(4));
}

TEST_P(Attention, EmptySequencesAndBatchesAreFine) {
  OwnedMat none(0, 96);
  EXPECT_TRUE(attend(none, {0}, 1).values.empty());
  OwnedMat qkv(5, 96, 5);
  EXPECT_EQ(attend(qkv, {0, 0, 5, 5}, 1).values, attend(qkv, {0, 5}, 1).values);
}

}  // namespace
}  // namespace colvec
