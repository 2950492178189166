#include "tokenizer/tokenizer_json.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tokenizer_fixture.h"

namespace colvec {
namespace {

TEST(TokenizerJson, MakesATokenizer) {
  const auto tokenizer = parse_tokenizer_json(tiny_tokenizer_json(), "t", {});
  ASSERT_TRUE(tokenizer.has_value()) << tokenizer.error().message;
  EXPECT_EQ(encode(**tokenizer, "Unaffable cats. zebra"),
            (std::vector<TokenId>{2, 4, 5, 6, 7, 8, 9, 1, 3}));
  EXPECT_EQ((*tokenizer)->special_count(), 2u);
  EXPECT_EQ((*tokenizer)->id_max(), 11u);
  EXPECT_EQ((*tokenizer)->unknown_id(), 1u);
}

TEST(TokenizerJson, LeavesTruncationToTheCallerAndIgnoresPadding) {
  const std::string text = tiny_tokenizer_json(
      {{R"("truncation": null, "padding": null)",
        R"("truncation": {"max_length": 3}, "padding": {"strategy": {"Fixed": 128}})"}});
  const auto tokenizer = parse_tokenizer_json(text, "t", {});
  ASSERT_TRUE(tokenizer.has_value()) << tokenizer.error().message;
  EXPECT_EQ(encode(**tokenizer, "cat cat cat cat").size(), 6u);
  EXPECT_EQ((*tokenizer)->file_tokens_max(), 3u);
  EXPECT_EQ(parse_tokenizer_json(tiny_tokenizer_json(), "t", {}).value()->file_tokens_max(),
            kNoTokenLimit);
}

// The files of roberta-base, xlm-roberta-base and the first BERTs say no type.
TEST(TokenizerJson, KnowsAModelWithoutTypeByItsMembers) {
  const std::pair<std::string, std::vector<TokenId>> cases[] = {
      {R"({"vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]})", {2, 2}},
      {R"({"vocab": [["<unk>", 0], ["ab", -1], ["abab", -3]], "unk_id": 0})", {1, 1}},
      {R"({"vocab": {"[U]": 0, "abab": 1}, "unk_token": "[U]", "continuing_subword_prefix": "##",
           "max_input_chars_per_word": 9})",
       {1}}};
  for (const auto& [model, ids] : cases) {
    const auto tokenizer = parse_tokenizer_json(bare_tokenizer_json(model), "t", {});
    ASSERT_TRUE(tokenizer.has_value()) << tokenizer.error().message;
    EXPECT_EQ(encode(**tokenizer, "abab"), ids) << model;
  }
  const auto words = parse_tokenizer_json(
      bare_tokenizer_json(R"({"vocab": {"<unk>": 0}, "unk_token": "<unk>"})"), "t", {});
  ASSERT_FALSE(words.has_value());
  EXPECT_EQ(words.error().message, "t: model: unknown type: WordLevel");
}

struct BadFile {
  const char* from;  // Of tiny_tokenizer_json().
  const char* to;
  ErrorCode code;
  const char* message;
};

class BadTokenizerJson : public testing::TestWithParam<BadFile> {};

TEST_P(BadTokenizerJson, IsRefusedByFieldAndValue) {
  const auto& [from, to, code, message] = GetParam();
  const auto tokenizer = parse_tokenizer_json(tiny_tokenizer_json({{from, to}}), "t", {});
  ASSERT_FALSE(tokenizer.has_value());
  EXPECT_EQ(tokenizer.error().code, code);
  EXPECT_THAT(tokenizer.error().message, testing::StartsWith(message));
}

constexpr ErrorCode kInvalid = ErrorCode::kInvalidArgument;
constexpr ErrorCode kUnsupported = ErrorCode::kUnsupported;

INSTANTIATE_TEST_SUITE_P(
    Tokenizer, BadTokenizerJson,
    testing::Values(
        BadFile{"\"version\"", "version", ErrorCode::kCorruption, "t: not valid JSON near "},
        BadFile{R"("1.0")", R"("2.0")", kUnsupported, "t: unknown version: 2.0"},
        BadFile{R"("model":)", R"("modal":)", kInvalid, "t: missing key: model"},
        BadFile{R"("truncation": null)", R"("truncation": {"max_length": 3, "direction": "Left"})",
                kUnsupported, "t: truncation: direction: is not supported: Left"},
        BadFile{R"("truncation": null)", R"("truncation": {"max_length": 0})", kInvalid,
                "t: truncation: max_length: not a number of tokens: 0"},
        BadFile{R"("WordPiece")", R"("Quark")", kUnsupported, "t: model: unknown type: Quark"},
        BadFile{R"("WordPiece")", "7", kInvalid, "t: model: type: not a string: 7"},
        BadFile{R"("[UNK]", "con)", R"("[NO]", "con)", kInvalid,
                "t: model: unk_token: not in the vocabulary: [NO]"},
        BadFile{R"("cat": 7)", R"("cat": -7)", kInvalid,
                "t: model: vocab: cat: not a whole number of 0 or more: -7"},
        BadFile{R"("cat": 7)", R"("cat": 7.5)", kInvalid,
                "t: model: vocab: cat: not a whole number of 0 or more: 7.5"},
        BadFile{R"("cat": 7)", R"("cat": 4294967295)", kInvalid,
                "t: model: vocab: cat: not a token id: 4294967295"},
        BadFile{R"("cat": 7)", R"("cat": 7, "cat": 8)", ErrorCode::kCorruption,
                "t: key appears twice: cat"},
        BadFile{"100", "\"100\"", kInvalid,
                "t: model: max_input_chars_per_word: not a whole number of 0 or more: \"100\""},
        BadFile{"100", "100000", kInvalid, "t: model: max_input_chars_per_word: too large: 100000"},
        BadFile{R"("continuing_subword_prefix": "##",)", "", kInvalid,
                "t: model: missing key: continuing_subword_prefix"},
        BadFile{R"("BertPreTokenizer")", R"("Morpheme")", kUnsupported,
                "t: pre_tokenizer: unknown type: Morpheme"},
        BadFile{R"("BertNormalizer")", R"("Magic")", kUnsupported,
                "t: normalizer: unknown type: Magic"},
        BadFile{R"("lowercase": true)", R"("lowercase": 1)", kInvalid,
                "t: normalizer: lowercase: not true or false: 1"},
        BadFile{R"("BertProcessing")", R"("Magic")", kUnsupported,
                "t: post_processor: unknown type: Magic"},
        BadFile{R"(["[SEP]", 3])", R"(["[SEP]", 99])", kInvalid,
                "t: post_processor: id is not in the vocabulary: 99"},
        BadFile{R"(["[SEP]", 3])", R"(["[SEP]"])", kInvalid,
                "t: post_processor: sep: not a pair of a token and its id"},
        BadFile{R"("lstrip": false)", R"("lstrip": 0)", kInvalid,
                "t: added_tokens[0]: lstrip: not true or false: 0"},
        BadFile{R"("added_tokens": [)", R"("added_tokens": {}, "x": [)", kInvalid,
                "t: added_tokens: not an array: {}"},
        BadFile{R"("content": "[CLS]", "single_word": false, "lstrip": false,
                      "rstrip": false, "normalized": false)",
                R"("content": "\u0301", "single_word": false, "lstrip": false,
                      "rstrip": false, "normalized": true)",
                kInvalid, "t: added_tokens: empty once normalised: "}));

TEST(TokenizerJson, IsRefusedWhereReplacementsFeedOneAnother) {
  std::string steps;
  for (int i = 0; i < 64; ++i)
    steps += std::string(i == 0 ? "" : ", ") +
             R"({"type": "Replace", "pattern": {"String": "a"}, "content": "aa"})";
  const auto tokenizer = parse_tokenizer_json(
      bare_tokenizer_json(
          R"({"type": "BPE", "vocab": {"a": 0}, "merges": []})",
          {{"normalizer", R"({"type": "Sequence", "normalizers": [)" + steps + "]}"}}),
      "t", {});
  ASSERT_FALSE(tokenizer.has_value());
  EXPECT_EQ(tokenizer.error().message, "t: normalizer: text grows too much");
}

TEST(TokenizerJson, IsRefusedWhereItIsCutAnywhere) {
  const std::string text = tiny_tokenizer_json();
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_FALSE(parse_tokenizer_json(text.substr(0, size), "t", {}).has_value()) << size;
}

}  // namespace
}  // namespace colvec
