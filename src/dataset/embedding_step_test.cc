#include "dataset/embedding_step.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace colvec {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

// A field with a value that is not its default, and the step that it makes of {"model":"m"}.
struct FieldCase {
  std::string_view name;
  std::string_view value;
  std::function<void(EmbeddingStep*)> change;
};

const std::vector<FieldCase>& field_cases() {
  static const std::vector<FieldCase> cases = {
      {"model", "\"other\"", [](auto* step) { step->model = "other"; }},
      {"dimension", "64", [](auto* step) { step->dimension = 64; }},
      {"primary_key_column", "[\"shop\",\"id\"]",
       [](auto* step) {
         step->primary_key_column = {"shop", "id"};
       }},
      {"text_column", "\"body\"", [](auto* step) { step->text_column = "body"; }},
      {"prompt", "\"query: \"", [](auto* step) { step->prompt = "query: "; }},
      {"prompt", "\"\"", [](auto* step) { step->prompt = ""; }},
      {"normalize", "false", [](auto* step) { step->normalize = false; }},
      {"precision", "\"int8\"", [](auto* step) { step->precision = Precision::kInt8; }},
      {"compression", "{\"method\":\"pca\",\"variance\":0.95}",
       [](auto* step) {
         step->compression = {CompressionMethod::kPca, 0.95};
       }},
      {"explode", "true", [](auto* step) { step->explode = true; }},
      {"store_text", "false", [](auto* step) { step->store_text = false; }},
      {"on_null", "\"error\"", [](auto* step) { step->on_null = Policy::kError; }},
      {"on_empty", "\"keep\"", [](auto* step) { step->on_empty = Policy::kKeep; }},
      {"on_truncate", "\"skip\"", [](auto* step) { step->on_truncate = Policy::kSkip; }},
      {"on_bad_vector", "\"skip\"", [](auto* step) { step->on_bad_vector = Policy::kSkip; }},
  };
  return cases;
}

std::string step_with(std::string_view name, std::string_view value) {
  const std::string model = name == "model" ? "" : "\"model\":\"m\",";
  return "{" + model + "\"" + std::string(name) + "\":" + std::string(value) + "}";
}

EmbeddingStep step_of(const FieldCase& field) {
  EmbeddingStep step{.model = "m"};
  field.change(&step);
  return step;
}

TEST(EmbeddingStep, EveryFieldIsReadAndWrittenAsItWas) {
  for (const FieldCase& field : field_cases()) {
    const std::string json = step_with(field.name, field.value);
    const Result<EmbeddingStep> step = parse_embedding_step(json, "text");
    ASSERT_TRUE(step.has_value()) << json << ": " << step.error().message;
    EXPECT_EQ(*step, step_of(field)) << json;
    EXPECT_EQ(to_json(*step), json);
  }
}

TEST(EmbeddingStep, DefaultsAreLeftOut) {
  EXPECT_EQ(to_json(EmbeddingStep{.model = "m"}), "{\"model\":\"m\"}");
  EXPECT_EQ(*parse_embedding_step("{\"model\":\"m\"}", "text"), EmbeddingStep{.model = "m"});
}

TEST(EmbeddingStep, NullCountsAsNotThere) {
  for (const FieldCase& field : field_cases()) {
    if (field.name == "model") continue;
    const Result<EmbeddingStep> step = parse_embedding_step(step_with(field.name, "null"), "text");
    ASSERT_TRUE(step.has_value()) << field.name;
    EXPECT_EQ(*step, EmbeddingStep{.model = "m"}) << field.name;
  }
}

TEST(EmbeddingStep, OneFieldIsChangedAndSetBack) {
  for (const FieldCase& field : field_cases()) {
    const StepChange change{std::string(field.name), std::string(field.value)};
    const Result<EmbeddingStep> changed =
        change_step(EmbeddingStep{.model = "m"}, {change}, "text");
    ASSERT_TRUE(changed.has_value()) << field.name << ": " << changed.error().message;
    EXPECT_EQ(*changed, step_of(field)) << field.name;
    if (field.name == "model") continue;
    EXPECT_EQ(*change_step(changed.value(), {{change.field, "null"}}, "text"),
              EmbeddingStep{.model = "m"})
        << field.name;
  }
}

TEST(EmbeddingStep, AChangeMakesAStepWhereThereIsNone) {
  const Result<EmbeddingStep> step =
      change_step(std::nullopt, {{"model", "\"m\""}, {"dimension", "8"}}, "text");
  ASSERT_TRUE(step.has_value());
  EXPECT_EQ(*step, (EmbeddingStep{.model = "m", .dimension = 8}));
  EXPECT_THAT(change_step(std::nullopt, {{"dimension", "8"}}, "text").error().message,
              StartsWith("column text: embedding: model: missing"));
}

TEST(EmbeddingStep, WrongValuesAreNamedWithColumnFieldValueAndWhatIsAllowed) {
  struct Wrong {
    std::string_view field;
    std::string_view value;
    std::string_view allowed;
  };
  for (const Wrong& wrong : std::vector<Wrong>{
           {"model", "1", "string"},
           {"model", "\"\"", "must not be empty"},
           {"dimension", "0", "from 1 to 65536"},
           {"dimension", "65537", "from 1 to 65536"},
           {"dimension", "-1", "from 1 to 65536"},
           {"dimension", "1.5", "from 1 to 65536"},
           {"dimension", "\"64\"", "from 1 to 65536"},
           {"primary_key_column", "[]", "a list of 1 to 64 column names"},
           {"primary_key_column", "7", "a list of 1 to 64 column names"},
           {"text_column", "\"\"", "must not be empty"},
           {"text_column", "[\"a\"]", "string"},
           {"prompt", "5", "string"},
           {"normalize", "\"yes\"", "not true or false"},
           {"precision", "\"fp16\"", "auto, f32, bf16, f16, int8"},
           {"compression", "\"pca\"", "an object with method and variance"},
           {"explode", "1", "not true or false"},
           {"store_text", "0", "not true or false"},
           {"on_null", "\"drop\"", "skip, keep, error"},
           {"on_empty", "true", "skip, keep, error"},
           {"on_truncate", "\"\"", "skip, keep, error"},
           {"on_bad_vector", "[]", "skip, keep, error"},
       }) {
    const Result<EmbeddingStep> step =
        parse_embedding_step(step_with(wrong.field, wrong.value), "text");
    ASSERT_FALSE(step.has_value()) << wrong.field << " " << wrong.value;
    EXPECT_EQ(step.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(step.error().message,
                AllOf(StartsWith("column text: embedding: " + std::string(wrong.field) + ": "),
                      HasSubstr(std::string(wrong.allowed)), HasSubstr(std::string(wrong.value))))
        << wrong.field << " " << wrong.value;
    // A single changed field is told in the same words.
    EXPECT_EQ(change_step(EmbeddingStep{.model = "m"},
                          {{std::string(wrong.field), std::string(wrong.value)}}, "text")
                  .error()
                  .message,
              step.error().message);
  }
}

TEST(EmbeddingStep, CompressionsAreRefusedByTheirField) {
  for (const auto& [json, message] : std::vector<std::pair<std::string, std::string>>{
           {"{\"method\":\"zip\"}", "compression: method: must be one of auto, truncate, pca"},
           {"{\"variance\":0}", "compression: variance: must be a number between 0 and 1: 0"},
           {"{\"variance\":1}", "compression: variance: must be a number between 0 and 1: 1"},
           {"{\"variance\":\"0.5\"}", "compression: variance: must be a number between 0 and 1"},
           {"{\"methods\":\"pca\"}", "compression: unknown key: methods (did you mean method?)"},
           {"{\"method\":\"truncate\",\"variance\":0.5}", "variance goes with the method pca"},
       }) {
    const Result<EmbeddingStep> step = parse_embedding_step(step_with("compression", json), "text");
    ASSERT_FALSE(step.has_value()) << json;
    EXPECT_THAT(step.error().message,
                AllOf(StartsWith("column text: embedding: "), HasSubstr(message)));
  }
  // A variance alone is a PCA.
  EXPECT_EQ(
      parse_embedding_step(step_with("compression", "{\"variance\":0.5}"), "text")->compression,
      (Compression{CompressionMethod::kPca, 0.5}));
}

TEST(EmbeddingStep, FieldsThatDoNotGoTogetherAreRefused) {
  for (const auto& [json, message] : std::vector<std::pair<std::string, std::string>>{
           {R"({"dimension":8})", "model: missing"},
           {R"({"model":"m","compression":{"method":"truncate"}})", "truncate needs a dimension"},
           {R"({"model":"m","compression":{"method":"pca"}})", "needs a dimension or a variance"},
           {R"({"model":"m","dimension":8,"compression":{"variance":0.9}})",
            "either dimension or variance, not both"},
       }) {
    const Result<EmbeddingStep> step = parse_embedding_step(json, "text");
    ASSERT_FALSE(step.has_value()) << json;
    EXPECT_EQ(step.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(step.error().message,
                AllOf(StartsWith("column text: embedding: "), HasSubstr(message)));
  }
}

TEST(EmbeddingStep, AnUnknownFieldNamesTheNearest) {
  const std::string message =
      "column text: embedding: unknown key: dimensions (did you mean dimension?)";
  EXPECT_EQ(parse_embedding_step(step_with("dimensions", "8"), "text").error().message, message);
  EXPECT_EQ(change_step(EmbeddingStep{.model = "m"}, {{"dimensions", "8"}}, "text").error().message,
            message);
  EXPECT_THAT(parse_embedding_step("[]", "text").error().message,
              HasSubstr("must be an object with model, dimension"));
}

TEST(EmbeddingStep, OnlySomeFieldsDecideTheVectors) {
  constexpr std::array<std::string_view, 6> kDeciding = {"model",     "dimension", "prompt",
                                                         "normalize", "precision", "compression"};
  const std::string before = vector_settings(EmbeddingStep{.model = "m"});
  EXPECT_EQ(before, "{\"model\":\"m\"}");
  for (const FieldCase& field : field_cases()) {
    const bool decides =
        std::find(kDeciding.begin(), kDeciding.end(), field.name) != kDeciding.end();
    EXPECT_EQ(vector_settings(step_of(field)) != before, decides) << field.name;
  }
  // An empty prompt is none of the model's own.
  EXPECT_NE(vector_settings({.model = "m", .prompt = ""}), before);
}

}  // namespace
}  // namespace colvec
