#include "model/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/model_fixture.h"

namespace colvec {
namespace {

using ::testing::HasSubstr;

TEST(Model, FindsTheFamilyByModelType) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"model_type":"bert"})", "bert"},
      {R"({"model_type":"bert","position_embedding_type":"absolute"})", "bert"},
      {R"({"model_type":"bert","position_embedding_type":"alibi"})", "jina_bert"},
      {R"({"model_type":"bert","_name_or_path":"jinaai/jina-bert-implementation"})", "jina_bert"},
      {R"({"model_type":"xlm-roberta"})", "roberta"},
      {R"({"model_type":"new"})", "gte"},
      {R"({"model_type":"gte"})", "gte"},
      {R"({"model_type":"gemma3_text"})", "gemma3"},
  };
  for (const auto& [config, name] : cases) {
    const Result<const Family*> family = find_family(json_of(config));
    ASSERT_TRUE(family.has_value()) << config;
    EXPECT_EQ((*family)->name, name) << config;
  }
}

TEST(Model, RefusesFamiliesThatItDoesNotHaveByName) {
  const Result<const Family*> unknown = find_family(json_of(R"({"model_type":"quantumbert"})"));
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(unknown.error().message,
              HasSubstr("model_type is not supported: quantumbert (supported: bert"));
  EXPECT_THAT(find_family(json_of("{}")).error().message, HasSubstr("missing key: model_type"));
}

}  // namespace
}  // namespace colvec
