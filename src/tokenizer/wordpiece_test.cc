#include "tokenizer/wordpiece.h"

#include "base/file.h"
#include "gtest/gtest.h"
#include "testdata.h"
#include "tokenizer_fixture.h"

namespace colvec {
namespace {

TEST(WordPiece, IsFastButForOddAddedTokensAndSteps) {
  struct Case {
    std::string from;
    std::string to;
    bool is_fast;
  };
  const std::string flags = R"("normalized": false)";
  const std::string steps = R"({"type": "BertPreTokenizer"})";
  const Case cases[] = {
      {flags, flags, true},
      {flags, R"("normalized": true)", true},
      {R"("content": "[CLS]", "single_word": false)", R"("content": "x", "single_word": true)",
       true},
      {R"("content": "[CLS]")", R"("content": "a\ufffdb")", false},
      {steps, "null", false},
      {steps, R"({"type": "Whitespace"})", true},
  };
  for (const Case& c : cases)
    EXPECT_EQ(implementations_of(tiny_tokenizer_json({{c.from, c.to}})).is_fast, c.is_fast) << c.to;
  const auto odd = read_file(own_testdata("tokenizer") / "odd" / "tokenizer.json", 1u << 20);
  EXPECT_FALSE(implementations_of(odd.value()).is_fast);
}

TEST(WordPiece, ReadsItsOptions) {
  const Json file = json_of(tiny_tokenizer_json(
      {{R"("continuing_subword_prefix": "##")", R"("continuing_subword_prefix": "@@")"}}));
  const Json model = file.member("model").value();
  const Vocabulary vocabulary = parse_wordpiece_vocabulary(model).value();
  EXPECT_EQ(vocabulary.size(), 12u);
  const auto options = parse_wordpiece_options(model, vocabulary);
  ASSERT_TRUE(options.has_value()) << options.error().message;
  EXPECT_EQ(options->unknown_id, 1u);
  EXPECT_EQ(options->continuing_prefix, "@@");
  EXPECT_EQ(options->word_chars_max, 100u);
}

}  // namespace
}  // namespace colvec
