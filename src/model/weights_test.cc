#include "model/weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "model/model_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::array<std::size_t, 1> kFour = {4};

TEST(Weights, ReadsFloat32Float16AndBfloat16) {
  const TemporaryFolder folder;
  // 1, -2, the smallest subnormal, the largest number; then the first three as bfloat16.
  const std::string half("\x00\x3C\x00\xC0\x01\x00\xFF\x7B", 8);
  const std::string brain("\x80\x3F\x00\xC0\x80\x00\x7F\x7F", 8);
  folder.write("model.safetensors",
               raw_safetensors(R"({"h":{"dtype":"F16","shape":[4],"data_offsets":[0,8]},)"
                               R"("b":{"dtype":"BF16","shape":[4],"data_offsets":[8,16]}})",
                               half + brain));
  COLVEC_ASSERT_ASSIGN(const Weights weights, Weights::open(folder.path()));
  COLVEC_ASSERT_ASSIGN(const std::vector<float> h, weights.floats("h", kFour));
  EXPECT_THAT(h, ElementsAre(1.0f, -2.0f, 0x1p-24f, 65504.0f));
  COLVEC_ASSERT_ASSIGN(const std::vector<float> b, weights.floats("b", kFour));
  EXPECT_THAT(b, ElementsAre(1.0f, -2.0f, 0x1p-126f, 0x1.FEp127f));
}

TEST(Weights, NamesTheTensorThatIsMissingMisshapenOrNotFinite) {
  const TemporaryFolder folder;
  const float infinity = std::numeric_limits<float>::infinity();
  folder.write("model.safetensors", float_safetensors({{"good", {2, 2}, {1, 2, 3, 4}},
                                                       {"bad", {4}, {1, infinity, 3, 4}}}));
  COLVEC_ASSERT_ASSIGN(const Weights weights, Weights::open(folder.path()));
  EXPECT_THAT(weights.floats("none", kFour).error().message, HasSubstr("missing tensor: none"));
  EXPECT_THAT(weights.floats("good", kFour).error().message,
              HasSubstr("good: shape is [2, 2], the configuration asks for [4]"));
  EXPECT_THAT(weights.floats("bad", kFour).error().message,
              HasSubstr("bad: holds a number that is not finite"));
}

TEST(Weights, ReadsShards) {
  const TemporaryFolder folder;
  folder.write("one.safetensors", float_safetensors({{"a", {1}, {1}}}));
  folder.write("two.safetensors", float_safetensors({{"b", {4}, {1, 2, 3, 4}}}));
  folder.write("model.safetensors.index.json",
               R"({"weight_map":{"a":"one.safetensors","b":"two.safetensors"}})");
  COLVEC_ASSERT_ASSIGN(const Weights weights, Weights::open(folder.path()));
  EXPECT_NE(weights.find("a"), nullptr);
  EXPECT_TRUE(weights.floats("b", kFour).has_value());
  EXPECT_EQ(weights.files().size(), 2u);
}

TEST(Weights, RefusesIndexesThatLieOrLeaveTheFolder) {
  const TemporaryFolder folder;
  folder.write("one.safetensors", float_safetensors({{"a", {1}, {1}}}));
  const std::pair<const char*, const char*> cases[] = {
      {R"({"weight_map":{"a":"../one.safetensors"}})", "outside of the model folder"},
      {R"({"weight_map":{"a":"/etc/passwd"}})", "outside of the model folder"},
      {R"({"weight_map":{"b":"one.safetensors"}})", "does not hold b"},
      {R"({"weight_map":{"a":"none.safetensors"}})", "none.safetensors"},
      {R"({"weight_map":{}})", "names no tensor"},
  };
  for (const auto& [index, expected] : cases) {
    folder.write("model.safetensors.index.json", index);
    const auto weights = Weights::open(folder.path());
    ASSERT_FALSE(weights.has_value()) << index;
    EXPECT_THAT(weights.error().message, HasSubstr(expected));
  }
}

TEST(Weights, NeverOpensPickledFiles) {
  const TemporaryFolder folder;
  EXPECT_EQ(Weights::open(folder.path()).error().code, ErrorCode::kNotFound);
  folder.write("pytorch_model.bin", "\x80\x02");
  const auto weights = Weights::open(folder.path());
  ASSERT_FALSE(weights.has_value());
  EXPECT_EQ(weights.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(weights.error().message, HasSubstr("convert it to model.safetensors"));
  EXPECT_THAT(weights.error().message, HasSubstr("weights_only=True"));
  EXPECT_EQ(weights.error().message.find('\n'), std::string::npos);
}

TEST(Weights, ChecksRowNumbers) {
  const TemporaryFolder folder;
  const std::string rows("\x00\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x00\xFF\xFF\xFF\xFF", 16);
  folder.write(
      "model.safetensors",
      raw_safetensors(R"({"all":{"dtype":"I32","shape":[4],"data_offsets":[0,16]}})", rows));
  COLVEC_ASSERT_ASSIGN(const Weights weights, Weights::open(folder.path()));
  EXPECT_THAT(weights.indexes("all", kFour, 3).error().message,
              HasSubstr("row number out of range: -1"));
}

TEST(Weights, KnowsWhichPathsStayInside) {
  for (const char* inside : {"", "a", "a/b", "./a", "..a"})
    EXPECT_TRUE(stays_inside(inside)) << inside;
  for (const char* outside : {"/", "/etc", "..", "../a", "a/../../b", "a/.."})
    EXPECT_FALSE(stays_inside(outside)) << outside;
}

}  // namespace
}  // namespace colvec
