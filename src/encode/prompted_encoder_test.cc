#include "encode/prompted_encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "encode/golden_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

using ::testing::HasSubstr;

std::vector<TextLine> lines_with(const std::vector<std::string>& prompt_names) {
  std::vector<TextLine> lines;
  for (const std::string& name : prompt_names)
    lines.push_back({.text = "hello",
                     .prompt_name = name,
                     .where = "line " + std::to_string(lines.size() + 1)});
  return lines;
}

std::vector<float> row_of(const EncodedLines& encoded, std::size_t row, std::size_t dimension) {
  const auto begin = encoded.vectors.begin() + static_cast<std::ptrdiff_t>(row * dimension);
  return {begin, begin + static_cast<std::ptrdiff_t>(dimension)};
}

TEST(PromptedEncoder, GivesEachLineItsPrompt) {
  const std::string model = own_testdata("models/tiny-bert/model").string();
  COLVEC_ASSERT_ASSIGN(PromptedEncoder encoder, PromptedEncoder::open(model, {}));
  COLVEC_ASSERT_ASSIGN(const EncodedLines mixed,
                       encoder.encode(lines_with({"", "query", "document", "query"})));
  const std::size_t dimension = encoder.dimension();
  COLVEC_ASSERT_ASSIGN(const std::unique_ptr<Encoder> query,
                       open_encoder(model, {.prompt_name = "query"}));
  const std::vector<float> expected = encode_all(*query, {"hello"});
  EXPECT_EQ(row_of(mixed, 1, dimension), expected);
  EXPECT_EQ(row_of(mixed, 3, dimension), expected);
  EXPECT_NE(row_of(mixed, 0, dimension), expected);
  // The default prompt of the model.
  EXPECT_EQ(row_of(mixed, 0, dimension), row_of(mixed, 2, dimension));
  EXPECT_GT(mixed.reports[1].token_count, 2u);
}

TEST(PromptedEncoder, NamesTheLineWhosePromptIsUnknown) {
  COLVEC_ASSERT_ASSIGN(PromptedEncoder encoder,
                       PromptedEncoder::open(own_testdata("models/tiny-bert/model").string(), {}));
  const auto encoded = encoder.encode(lines_with({"", "title"}));
  ASSERT_FALSE(encoded.has_value());
  EXPECT_THAT(encoded.error().message, HasSubstr("line 2: no such prompt_name: title"));
}

TEST(PromptedEncoder, LetsAGivenPromptWin) {
  COLVEC_ASSERT_ASSIGN(PromptedEncoder encoder,
                       PromptedEncoder::open(own_testdata("models/tiny-bert/model").string(),
                                             {.prompt = "", .has_prompt = true}));
  COLVEC_ASSERT_ASSIGN(const EncodedLines encoded, encoder.encode(lines_with({"", "query"})));
  EXPECT_EQ(row_of(encoded, 0, encoder.dimension()), row_of(encoded, 1, encoder.dimension()));
}

}  // namespace
}  // namespace colvec
