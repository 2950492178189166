#include "model/weight_visitor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/model_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

bool nothing_unused(std::string_view) { return false; }

TEST(WeightVisitor, LoadsUnderAPrefixAndOldNormNames) {
  const TemporaryFolder folder;
  folder.write("model.safetensors",
               float_safetensors({{"bert.norm.gamma", {2}, {1, 2}},
                                  {"bert.norm.beta", {2}, {3, 4}},
                                  {"bert.words.weight", {2, 2}, {1, 2, 3, 4}}}));
  COLVEC_ASSERT_ASSIGN(const Weights files, Weights::open(folder.path()));
  const std::unique_ptr<Backend> backend = make_cpu_backend();
  WeightLoader loader(files, *backend, "bert.");
  NormWeights norm;
  ASSERT_TRUE(loader.norm("norm", 2, 1e-5f, &norm).has_value());
  EXPECT_THAT(norm.gamma, ElementsAre(1, 2));
  EXPECT_THAT(norm.beta, ElementsAre(3, 4));
  EXPECT_FLOAT_EQ(norm.view().eps, 1e-5f);

  const Status unfinished = loader.finish(nothing_unused);
  ASSERT_FALSE(unfinished.has_value());
  EXPECT_EQ(unfinished.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(unfinished.error().message, HasSubstr("does not use: bert.words.weight"));

  TableWeights words;
  ASSERT_TRUE(loader.table("words", 2, 2, &words).has_value());
  EXPECT_TRUE(loader.finish(nothing_unused).has_value());
}

TEST(WeightVisitor, StacksQueryKeyAndValue) {
  const TemporaryFolder folder;
  folder.write("model.safetensors", float_safetensors({{"q.weight", {1, 2}, {1, 0}},
                                                       {"q.bias", {1}, {10}},
                                                       {"k.weight", {1, 2}, {0, 1}},
                                                       {"k.bias", {1}, {20}},
                                                       {"v.weight", {1, 2}, {1, 1}},
                                                       {"v.bias", {1}, {30}}}));
  COLVEC_ASSERT_ASSIGN(const Weights files, Weights::open(folder.path()));
  const std::unique_ptr<Backend> backend = make_cpu_backend();
  WeightLoader loader(files, *backend, "");
  std::unique_ptr<Linear> qkv;
  ASSERT_TRUE(loader.qkv({"q", "k", "v"}, {.out = 1, .in = 2}, &qkv).has_value());
  const std::unique_ptr<Scratch> scratch = backend->make_scratch();
  const Mat x = scratch->mat(1, 2);
  x.row(0)[0] = 2;
  x.row(0)[1] = 3;
  const Mat y = scratch->mat(1, 3);
  backend->linear(x, *qkv, Activation::kNone, y);
  EXPECT_THAT(std::span<const float>(y.row(0), 3), ElementsAre(12, 23, 35));
}

TEST(WeightVisitor, ListsNamesShapesAndRoles) {
  WeightLister lister;
  ASSERT_TRUE(lister.qkv({"q", "k", "v"}, {.out = 1, .in = 2, .bias = false}, nullptr).has_value());
  ASSERT_TRUE(lister.norm("n", 3, 0, nullptr).has_value());
  const std::vector<WeightSpec> specs = lister.take();
  ASSERT_EQ(specs.size(), 5u);
  EXPECT_EQ(specs[1].name, "k.weight");
  EXPECT_EQ(specs[1].role, WeightRole::kQueryKey);
  EXPECT_EQ(specs[2].role, WeightRole::kMatrix);
  EXPECT_THAT(specs[3].shape, ElementsAre(3u));
}

}  // namespace
}  // namespace colvec
