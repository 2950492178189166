#include "model/tail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "model/model_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;

class TailTest : public ::testing::Test {
 protected:
  // Runs the tail over two sequences of 2 and 1 rows of width 2.
  std::vector<std::vector<float>> run(const Tail& tail, std::vector<std::uint32_t> skip = {}) {
    const std::unique_ptr<Scratch> scratch = backend_->make_scratch();
    const Mat rows = scratch->mat(3, 2);
    const float values[] = {1, 2, 3, 6, -3, 4};
    for (std::size_t r = 0; r < 3; ++r) std::copy_n(values + 2 * r, 2, rows.row(r));
    const std::vector<std::uint32_t> starts = {0, 2, 3};
    const Mat vectors = tail.run(rows, starts, skip, *scratch);
    std::vector<std::vector<float>> result;
    for (std::size_t r = 0; r < vectors.rows; ++r)
      result.emplace_back(vectors.row(r), vectors.row(r) + vectors.cols);
    return result;
  }

  std::unique_ptr<Backend> backend_ = make_cpu_backend();
  ModelFolder folder_;
};

TEST_F(TailTest, ConcatenatesPoolingModes) {
  folder_.pooling.modes = {Pooling::kCls, Pooling::kMean};
  COLVEC_ASSERT_ASSIGN(const Tail tail, Tail::load(folder_, 2, *backend_));
  EXPECT_EQ(tail.dimension(), 4u);
  EXPECT_THAT(run(tail), ElementsAre(ElementsAre(1, 2, 2, 4), ElementsAre(-3, 4, -3, 4)));
  EXPECT_THAT(run(tail, {1, 0})[0], ElementsAre(1, 2, 3, 6));
}

TEST_F(TailTest, TakesOneRowOfEachSequenceWherePoolingDoes) {
  const std::vector<std::uint32_t> starts = {0, 2, 2, 5};
  const auto rows_of = [&](std::vector<Pooling> modes) {
    folder_.pooling.modes = std::move(modes);
    return Tail::load(folder_, 2, *backend_)->pooled_rows(starts);
  };
  for (const bool twice : {false, true}) {
    using Modes = std::vector<Pooling>;
    const std::size_t count = twice ? 2 : 1;
    const PooledRows first = rows_of(Modes(count, Pooling::kCls));
    EXPECT_THAT(first.rows, ElementsAre(0, 2));
    EXPECT_THAT(first.row_starts, ElementsAre(0, 1, 1, 2));
    const PooledRows last = rows_of(Modes(count, Pooling::kLastToken));
    EXPECT_THAT(last.rows, ElementsAre(1, 4));
    EXPECT_THAT(last.row_starts, ElementsAre(0, 1, 1, 2));
  }
  for (const auto& modes : {std::vector{Pooling::kMean},
                            {Pooling::kCls, Pooling::kMean},
                            {Pooling::kCls, Pooling::kLastToken}}) {
    EXPECT_THAT(rows_of(modes).rows, ElementsAre());
    EXPECT_EQ(rows_of(modes).row_starts, starts);
  }
}

TEST_F(TailTest, RunsDenseAndNormalizeInTheirOrder) {
  const TemporaryFolder dense;
  dense.write("model.safetensors", float_safetensors({{"linear.weight", {1, 2}, {0.5f, 0.25f}},
                                                      {"linear.bias", {1}, {-1}}}));
  folder_.pooling.modes = {Pooling::kMean};
  folder_.tail.push_back({});
  folder_.tail.push_back(
      {.kind = ModuleKind::kDense, .dense = {.in = 2, .out = 1}, .path = dense.path()});
  COLVEC_ASSERT_ASSIGN(const Tail tail, Tail::load(folder_, 2, *backend_));
  EXPECT_FALSE(tail.ends_normalized());
  EXPECT_EQ(tail.settings(), R"(["pool:mean","normalize","dense:2x1:tanh"])");
  // (-3, 4) has length 5.
  EXPECT_THAT(run(tail)[1][0], FloatNear(std::tanh(-0.6f * 0.5f + 0.8f * 0.25f - 1), 1e-6f));
}

TEST_F(TailTest, AddsTheInputOfADenseStepToItsResult) {
  const TemporaryFolder same;
  same.write("model.safetensors", float_safetensors({{"linear.weight", {2, 2}, {0, 1, 1, 0}}}));
  const TemporaryFolder other;
  other.write("model.safetensors", float_safetensors({{"linear.weight", {1, 2}, {1, 1}},
                                                      {"residual.weight", {1, 2}, {10, 100}}}));
  folder_.pooling.modes = {Pooling::kMean};
  folder_.tail.push_back(
      {.kind = ModuleKind::kDense,
       .dense =
           {.in = 2, .out = 2, .bias = false, .activation = Activation::kRelu, .residual = true},
       .path = same.path()});
  folder_.tail.push_back(
      {.kind = ModuleKind::kDense,
       .dense =
           {.in = 2, .out = 1, .bias = false, .activation = Activation::kNone, .residual = true},
       .path = other.path()});
  COLVEC_ASSERT_ASSIGN(const Tail tail, Tail::load(folder_, 2, *backend_));
  EXPECT_EQ(tail.settings(),
            R"(["pool:mean","dense:2x2:relu:residual","dense:2x1:none:residual"])");
  // (-3, 4) + relu(4, -3) = (1, 4), of which the sum is 5, and 10 and 100 times as much 410.
  EXPECT_THAT(run(tail)[1], ElementsAre(415));
}

TEST_F(TailTest, NormalizesByALayerNormModule) {
  const TemporaryFolder norm;
  norm.write("model.safetensors",
             float_safetensors({{"norm.weight", {2}, {2, 3}}, {"norm.bias", {2}, {10, 20}}}));
  folder_.pooling.modes = {Pooling::kCls};
  folder_.tail.push_back({.kind = ModuleKind::kLayerNorm, .width = 2, .path = norm.path()});
  COLVEC_ASSERT_ASSIGN(const Tail tail, Tail::load(folder_, 2, *backend_));
  EXPECT_EQ(tail.settings(), R"(["pool:cls","layer_norm"])");
  EXPECT_FALSE(tail.ends_normalized());
  EXPECT_EQ(tail.weights().size(), 1u);
  // (-3, 4) has mean 1/2 and deviation 7/2.
  EXPECT_THAT(run(tail)[1], ElementsAre(FloatNear(8, 1e-5f), FloatNear(23, 1e-5f)));
  folder_.tail[0].width = 3;
  EXPECT_THAT(Tail::load(folder_, 2, *backend_).error().message,
              HasSubstr("config.json: dimension is 3, but the step before gives 2"));
}

TEST_F(TailTest, RefusesWidthsThatDoNotFit) {
  folder_.pooling.modes = {Pooling::kMean};
  folder_.pooling.dimension = 3;
  EXPECT_THAT(Tail::load(folder_, 2, *backend_).error().message,
              HasSubstr("the pooling config is for width 3, but hidden_size is 2"));
  folder_.pooling.dimension = 2;
  folder_.tail.push_back(
      {.kind = ModuleKind::kDense, .dense = {.in = 4, .out = 1}, .path = "2_Dense"});
  EXPECT_THAT(Tail::load(folder_, 2, *backend_).error().message,
              HasSubstr("2_Dense/config.json: in_features is 4, but the step before gives 2"));
}

}  // namespace
}  // namespace colvec
