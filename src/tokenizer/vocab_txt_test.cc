#include "tokenizer/vocab_txt.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tokenizer_fixture.h"

namespace colvec {
namespace {

constexpr const char* kLines =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\ncat\n##s\nCat\n\u00E9\n\u4E2D\ne\n\u4E2Dx\n";

std::optional<Json> file_of(std::string_view text, const char* name) {
  if (text.empty()) return {};
  return Json::parse(text, name).value();
}

Result<std::unique_ptr<Tokenizer>> parse(std::string_view config, std::string_view lines = kLines) {
  return parse_vocab_txt(lines, "vocab.txt",
                         TokenizerConfig(file_of(config, "tokenizer_config.json"), {}, {}), {});
}

struct Case {
  const char* config;
  const char* text;
  std::vector<TokenId> ids;
};

class VocabTxt : public testing::TestWithParam<Case> {};

TEST_P(VocabTxt, FollowsItsConfig) {
  const auto tokenizer = parse(GetParam().config);
  ASSERT_TRUE(tokenizer.has_value()) << tokenizer.error().message;
  EXPECT_EQ(encode(**tokenizer, GetParam().text), GetParam().ids);
}

INSTANTIATE_TEST_SUITE_P(
    Tokenizer, VocabTxt,
    testing::Values(Case{"", "Cats", {2, 4, 5, 3}}, Case{"{}", "Cats \u00E9", {2, 4, 5, 9, 3}},
                    Case{R"({"do_lower_case": false})", "Cats \u00E9", {2, 6, 5, 7, 3}},
                    Case{R"({"strip_accents": false})", "\u00E9", {2, 7, 3}},
                    Case{R"({"do_lower_case": false, "strip_accents": true})", "\u00E9", {2, 9, 3}},
                    Case{R"({"tokenize_chinese_chars": false})", "\u4E2Dx", {2, 10, 3}},
                    Case{"{}", "cat[UNK]", {2, 4, 1, 3}},
                    Case{
                        R"({"cls_token": "cat", "sep_token": {"content": "Cat"}})", "e", {4, 9, 6}},
                    Case{R"({"tokenizer_class": "BertTokenizerFast"})", "Cats", {2, 4, 5, 3}},
                    Case{R"({"tokenizer_class": "ElectraTokenizer", "word_tokenizer_type": "basic",
                 "subword_tokenizer_type": "wordpiece"})",
                         "Cats",
                         {2, 4, 5, 3}},
                    // The new token has the next id, and is found before the text is lower case.
                    Case{R"({"added_tokens_decoder": {"11": {"content": "Cats"}}})",
                         "cats Cats",
                         {2, 4, 5, 11, 3}}));

TEST(VocabTxt, HasTheSpecialTokensOfItsClass) {
  const auto tokenizer =
      parse(R"({"tokenizer_class": "MPNetTokenizer"})", "<s>\n<pad>\n</s>\n[UNK]\ncat\n<mask>\n");
  ASSERT_TRUE(tokenizer.has_value()) << tokenizer.error().message;
  EXPECT_EQ(encode(**tokenizer, "cat <mask> dog"), (std::vector<TokenId>{0, 4, 5, 3, 2}));
}

TEST(VocabTxt, ReadsTheOtherFilesOfItsFolder) {
  const TokenizerConfig files(
      {}, file_of(R"({"cls_token": "cat", "sep_token": "[SEP]"})", "special_tokens_map.json"),
      file_of(R"({"model_type": "quark"})", "config.json"),
      file_of(R"({"dog": 11, "[SEP]": 3})", "added_tokens.json"));
  const auto tokenizer = parse_vocab_txt(kLines, "vocab.txt", files, {});
  ASSERT_TRUE(tokenizer.has_value()) << tokenizer.error().message;
  EXPECT_EQ(encode(**tokenizer, "e DOG [SEP]"), (std::vector<TokenId>{4, 9, 11, 3, 3}));
}

TEST(VocabTxt, RefusesTheClassOfAModelThatCutsOtherWords) {
  const TokenizerConfig files({}, {}, file_of(R"({"model_type": "roberta"})", "config.json"));
  const auto tokenizer = parse_vocab_txt(kLines, "vocab.txt", files, {});
  ASSERT_FALSE(tokenizer.has_value());
  EXPECT_EQ(tokenizer.error().message,
            "vocab.txt: unknown tokenizer_class for such a file: RobertaTokenizer");
}

TEST(VocabTxt, TakesWindowsLinesAndTheLastOfEqualTokens) {
  const auto tokenizer = parse("", "[UNK]\r\n[CLS]\r\n[SEP]\r\ncat\r\n\r\ncat\r\ndog");
  ASSERT_TRUE(tokenizer.has_value()) << tokenizer.error().message;
  EXPECT_EQ(encode(**tokenizer, "cat dog"), (std::vector<TokenId>{1, 5, 6, 2}));
}

struct BadCase {
  const char* config;
  const char* lines;
  ErrorCode code;
  const char* message;
};

class BadVocabTxt : public testing::TestWithParam<BadCase> {};

TEST_P(BadVocabTxt, IsRefused) {
  const auto& [config, lines, code, message] = GetParam();
  const auto tokenizer = parse(config, lines);
  ASSERT_FALSE(tokenizer.has_value());
  EXPECT_EQ(tokenizer.error().code, code);
  EXPECT_EQ(tokenizer.error().message, message);
}

INSTANTIATE_TEST_SUITE_P(
    Tokenizer, BadVocabTxt,
    testing::Values(
        BadCase{"", "", ErrorCode::kInvalidArgument, "vocab.txt: unk_token is not in it: [UNK]"},
        BadCase{"", "[UNK]\n[SEP]\n", ErrorCode::kInvalidArgument,
                "vocab.txt: cls_token is not in it: [CLS]"},
        BadCase{"", "[UNK]\n\xFF\n", ErrorCode::kCorruption, "vocab.txt: not valid UTF-8"},
        BadCase{R"({"do_lower_case": "yes"})", kLines, ErrorCode::kInvalidArgument,
                "tokenizer_config.json: do_lower_case: not true or false: \"yes\""},
        BadCase{R"({"do_basic_tokenize": false})", kLines, ErrorCode::kUnsupported,
                "tokenizer_config.json: do_basic_tokenize: false"},
        BadCase{R"({"never_split": ["a"]})", kLines, ErrorCode::kUnsupported,
                "tokenizer_config.json: never_split: [\"a\"]"},
        BadCase{R"({"tokenizer_class": "BertJapaneseTokenizer", "word_tokenizer_type": "mecab"})",
                kLines, ErrorCode::kUnsupported,
                "vocab.txt: unknown tokenizer_class for such a file: BertJapaneseTokenizer"},
        BadCase{R"({"word_tokenizer_type": "mecab"})", kLines, ErrorCode::kUnsupported,
                "tokenizer_config.json: word_tokenizer_type: is not supported: mecab"},
        BadCase{R"({"subword_tokenizer_type": "character"})", kLines, ErrorCode::kUnsupported,
                "tokenizer_config.json: subword_tokenizer_type: is not supported: character"},
        BadCase{R"({"added_tokens_decoder": {"30": {"content": "dog"}}})", kLines,
                ErrorCode::kInvalidArgument,
                "tokenizer_config.json: added_tokens_decoder: 30: is 11 by the vocabulary: dog"},
        BadCase{R"({"cls_token": 5})", kLines, ErrorCode::kInvalidArgument,
                "tokenizer_config.json: cls_token: not a string: 5"}));

}  // namespace
}  // namespace colvec
