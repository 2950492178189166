#include "model/config_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/model_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kShape =
    R"({"vocab_size":30,"hidden_size":8,"num_hidden_layers":2,"num_attention_heads":2,)"
    R"("intermediate_size":12})";

TEST(ConfigReader, ReadsCountsWithinTheirBounds) {
  const Json config = json_of(R"({"a":3,"none":null,"zero":0,"text":"3","part":1.5})");
  EXPECT_EQ(*read_count(config, "a", 3), 3u);
  EXPECT_EQ(*read_count_or(config, "none", 3, 7), 7u);
  EXPECT_EQ(*read_count_or(config, "missing", 3, 7), 7u);
  EXPECT_THAT(read_count(config, "a", 2).error().message, HasSubstr("a: not between 1 and 2"));
  EXPECT_FALSE(read_count(config, "missing", 3).has_value());
  for (const char* key : {"zero", "text", "part"})
    EXPECT_FALSE(read_count_or(config, key, 3, 1).has_value()) << key;
}

TEST(ConfigReader, ReadsNumbersThatMustBePositive) {
  const Json config = json_of(R"({"a":0.5,"none":null,"zero":0,"minus":-1,"text":"x","big":11})");
  EXPECT_EQ(*read_positive_or(config, "a", 10, 1), 0.5);
  EXPECT_EQ(*read_positive_or(config, "none", 10, 4), 4);
  for (const char* key : {"zero", "minus", "text", "big"})
    EXPECT_FALSE(read_positive_or(config, key, 10, 1).has_value()) << key;
}

TEST(ConfigReader, ReadsWhatIsAddedToAVariance) {
  const Json config = json_of(R"({"a":1e-7,"zero":0,"none":null,"big":2})");
  EXPECT_FLOAT_EQ(*read_eps(config, "a", 1), 1e-7f);
  EXPECT_EQ(*read_eps(config, "zero", 1), 0);
  EXPECT_FLOAT_EQ(*read_eps(config, "missing", 1e-5f), 1e-5f);
  EXPECT_FALSE(read_eps(config, "none", 1e-5f).has_value());
  EXPECT_FALSE(read_eps(config, "big", 1e-5f).has_value());
}

TEST(ConfigReader, RefusesSettingsThatAreComputedInOneWayOnly) {
  const Json config = json_of(R"({"yes":true,"name":"rope","five":5,"none":null})");
  EXPECT_TRUE(require_boolean(config, "yes", true).has_value());
  EXPECT_TRUE(require_boolean(config, "missing", true).has_value());
  EXPECT_TRUE(require_boolean(config, "none", true).has_value());
  EXPECT_TRUE(require_string(config, "name", "rope").has_value());
  EXPECT_TRUE(require_count(config, "five", 5).has_value());
  EXPECT_TRUE(require_null(config, "none").has_value());
  EXPECT_EQ(require_boolean(config, "yes", false).error().message,
            "config.json: yes: is not supported: true (only false)");
  EXPECT_EQ(require_boolean(config, "yes", false).error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(require_string(config, "name", "alibi").error().message,
            "config.json: name: is not supported: \"rope\" (only alibi)");
  EXPECT_FALSE(require_count(config, "five", 6).has_value());
  EXPECT_FALSE(require_null(config, "five").has_value());
  EXPECT_EQ(require_boolean(config, "name", false).error().code, ErrorCode::kInvalidArgument);
}

TEST(ConfigReader, ReadsTheWidthsOfATransformer) {
  COLVEC_ASSERT_ASSIGN(const TransformerShape shape, read_shape(json_of(kShape)));
  EXPECT_EQ(shape.head_dim, 4u);
  EXPECT_EQ(shape.key_heads, 2u);
  EXPECT_EQ(shape.attention().qkv_width(), 24u);
  const BadConfig cases[] = {
      {"hidden_size", "", "missing key: hidden_size"},
      {"hidden_size", "65537", "hidden_size: not between 1 and 65536"},
      {"vocab_size", "99999999999", "vocab_size: not between"},
      {"num_hidden_layers", "2000000000", "num_hidden_layers: not between 1 and 1024"},
      {"num_attention_heads", "3", "num_attention_heads does not divide hidden_size: 3 and 8"},
  };
  expect_refusals(kShape, cases, [](const Json& config) -> Status {
    COLVEC_TRY(read_shape(config));
    return {};
  });
}

TEST(ConfigReader, ReadsGroupedHeadsOfAWidthOfTheirOwn) {
  const std::string base = patched(kShape, "head_dim", "6").dump();
  const Json config = patched(base, "num_key_value_heads", "1");
  COLVEC_ASSERT_ASSIGN(const TransformerShape shape, read_grouped_shape(config));
  EXPECT_EQ(shape.head_dim, 6u);
  EXPECT_EQ(shape.key_heads, 1u);
  EXPECT_EQ(shape.attention().qkv_width(), 24u);
  EXPECT_EQ(read_grouped_shape(json_of(kShape))->head_dim, 4u);
  const BadConfig cases[] = {
      {"num_key_value_heads", "3", "num_key_value_heads does not divide num_attention_heads"},
      {"num_key_value_heads", "0", "num_key_value_heads: not between"},
      {"head_dim", "65536", "head_dim: too wide for 2 heads"},
  };
  expect_refusals(base, cases, [](const Json& json) -> Status {
    COLVEC_TRY(read_grouped_shape(json));
    return {};
  });
}

}  // namespace
}  // namespace colvec
