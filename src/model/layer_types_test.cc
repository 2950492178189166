#include "model/layer_types.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/model_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(LayerTypes, ReadsOneForEachLayer) {
  COLVEC_ASSERT_ASSIGN(
      const std::optional<std::vector<LayerType>> types,
      read_layer_types(json_of(R"({"layer_types":["full_attention","sliding_attention"]})"), 2));
  ASSERT_TRUE(types.has_value());
  EXPECT_THAT(*types, ElementsAre(LayerType::kFull, LayerType::kSliding));
  EXPECT_EQ(text_of(*types), "full,sliding");
  EXPECT_FALSE(read_layer_types(json_of("{}"), 2)->has_value());
  EXPECT_FALSE(read_layer_types(json_of(R"({"layer_types":null})"), 2)->has_value());
}

TEST(LayerTypes, RefusesAnotherNumberAndAnotherType) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"layer_types":["full_attention"]})", "layer_types: not a list of 2 types"},
      {R"({"layer_types":"full_attention"})", "layer_types: not a list of 2 types"},
      {R"({"layer_types":["full_attention","diagonal_attention"]})",
       "layer_types[1]: unknown type of layer: diagonal_attention"},
      {R"({"layer_types":["full_attention",3]})", "layer_types[1]: not a string"},
  };
  for (const auto& [config, expected] : cases) {
    const auto types = read_layer_types(json_of(config), 2);
    ASSERT_FALSE(types.has_value()) << config;
    EXPECT_THAT(types.error().message, HasSubstr(expected));
  }
}

}  // namespace
}  // namespace colvec
