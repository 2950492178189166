#include "model/weight_visitor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

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
  ASSERT_TRUE(loader.norm("norm", {.width = 2, .eps = 1e-5f}, &norm).has_value());
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
  ASSERT_TRUE(loader.stacked(query_key_value({"q", "k", "v"}, 1, 1), 2, true, &qkv).has_value());
  const std::unique_ptr<Scratch> scratch = backend->make_scratch();
  const Mat x = scratch->mat(1, 2);
  x.row(0)[0] = 2;
  x.row(0)[1] = 3;
  const Mat y = scratch->mat(1, 3);
  backend->linear(x, *qkv, Activation::kNone, y);
  EXPECT_THAT(std::span<const float>(y.row(0), 3), ElementsAre(12, 23, 35));
}

TEST(WeightVisitor, TakesNormsOfEveryKind) {
  const TemporaryFolder folder;
  folder.write("model.safetensors", float_safetensors({{"n.weight", {2}, {1, 2}}}));
  COLVEC_ASSERT_ASSIGN(const Weights files, Weights::open(folder.path()));
  const std::unique_ptr<Backend> backend = make_cpu_backend();
  WeightLoader loader(files, *backend, "");
  NormWeights norm;
  ASSERT_TRUE(loader.norm("n", {.width = 2, .bias = false}, &norm).has_value());
  EXPECT_THAT(norm.beta, ElementsAre(0, 0));
  ASSERT_TRUE(
      loader.norm("n", {.width = 2, .kind = NormKind::kRms, .offset = 1}, &norm).has_value());
  EXPECT_THAT(norm.gamma, ElementsAre(2, 3));
  EXPECT_EQ(norm.view().kind, NormKind::kRms);
  const Status without = loader.norm("n", {.width = 2}, &norm);
  ASSERT_FALSE(without.has_value());
  EXPECT_THAT(without.error().message, HasSubstr("missing tensor: n.bias"));
}

TEST(WeightVisitor, CutsATensorIntoSlices) {
  const TemporaryFolder folder;
  folder.write("model.safetensors",
               float_safetensors({{"w1", {4, 3}, {1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1}},
                                  {"w2", {6, 2}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}},
                                  {"bias", {2}, {5, 6}}}));
  COLVEC_ASSERT_ASSIGN(const Weights files, Weights::open(folder.path()));
  const std::unique_ptr<Backend> backend = make_cpu_backend();
  WeightLoader loader(files, *backend, "");
  std::vector<std::unique_ptr<Linear>> plain, turned;
  ASSERT_TRUE(loader.slices("w1", 2, {.out = 2, .in = 3}, false, &plain).has_value());
  ASSERT_TRUE(loader.slices("w2", 2, {.out = 2, .in = 3}, true, &turned).has_value());
  ASSERT_EQ(plain.size(), 2u);
  ASSERT_EQ(turned.size(), 2u);
  const std::unique_ptr<Scratch> scratch = backend->make_scratch();
  const Mat x = scratch->mat(1, 3);
  const Mat y = scratch->mat(1, 2);
  std::iota(x.row(0), x.row(0) + 3, 1.0f);
  backend->linear(x, *plain[1], Activation::kNone, y);
  EXPECT_THAT(std::span<const float>(y.row(0), 2), ElementsAre(3, 6));
  backend->linear(x, *turned[1], Activation::kNone, y);  // The rows of w2 are inputs.
  EXPECT_THAT(std::span<const float>(y.row(0), 2), ElementsAre(7 + 18 + 33, 8 + 20 + 36));
  std::vector<float> bias;
  ASSERT_TRUE(loader.vector("bias", 2, WeightRole::kBias, &bias).has_value());
  EXPECT_THAT(bias, ElementsAre(5, 6));
  EXPECT_TRUE(loader.finish(nothing_unused).has_value());
}

TEST(WeightVisitor, FindsThePrefixOfAFile) {
  const TemporaryFolder folder;
  folder.write("model.safetensors", float_safetensors({{"xlm.words.weight", {1}, {1}}}));
  COLVEC_ASSERT_ASSIGN(const Weights files, Weights::open(folder.path()));
  EXPECT_EQ(find_prefix(files, {"bert.", "xlm."}, "words.weight"), "xlm.");
  EXPECT_EQ(find_prefix(files, {"bert."}, "words.weight"), "");
}

TEST(WeightVisitor, ListsNamesShapesAndRoles) {
  WeightLister lister;
  ASSERT_TRUE(
      lister.stacked(query_key_value({"q", "k", "v"}, 4, 1), 2, false, nullptr).has_value());
  ASSERT_TRUE(lister.norm("n", {.width = 3}, nullptr).has_value());
  ASSERT_TRUE(
      lister.norm("r", {.width = 3, .kind = NormKind::kRms, .offset = 1}, nullptr).has_value());
  ASSERT_TRUE(lister.slices("w2", 5, {.out = 2, .in = 3}, true, nullptr).has_value());
  const std::vector<WeightSpec> specs = lister.take();
  ASSERT_EQ(specs.size(), 7u);
  EXPECT_THAT(specs[0].shape, ElementsAre(4u, 2u));
  EXPECT_EQ(specs[1].name, "k.weight");
  EXPECT_THAT(specs[1].shape, ElementsAre(1u, 2u));
  EXPECT_EQ(specs[1].role, WeightRole::kQueryKey);
  EXPECT_EQ(specs[2].role, WeightRole::kMatrix);
  EXPECT_THAT(specs[3].shape, ElementsAre(3u));
  EXPECT_EQ(specs[5].role, WeightRole::kGammaOffset);
  EXPECT_THAT(specs[6].shape, ElementsAre(15u, 2u));
}

}  // namespace
}  // namespace colvec
