#include "tokenizer/vocab_json.h"

#include "gtest/gtest.h"
#include "tokenizer_fixture.h"

namespace colvec {
namespace {

constexpr const char* kVocab = R"({"<s>": 0, "</s>": 1, "a": 2, "b": 3, "\u0120": 4, "ab": 5,
                                   "<|endoftext|>": 6})";

Result<std::unique_ptr<Tokenizer>> parse(const char* config, std::string_view merges) {
  return parse_vocab_json(json_of(kVocab), merges, "merges.txt",
                          TokenizerConfig(json_of(config), {}, {}), {});
}

struct Case {
  const char* config;
  const char* text;
  std::vector<TokenId> ids;
};

class VocabJson : public testing::TestWithParam<Case> {};

TEST_P(VocabJson, FollowsItsClass) {
  const auto tokenizer = parse(GetParam().config, "#version: 0.2\r\na b\r\n\r\n");
  ASSERT_TRUE(tokenizer.has_value()) << tokenizer.error().message;
  EXPECT_EQ(encode(**tokenizer, GetParam().text), GetParam().ids);
}

INSTANTIATE_TEST_SUITE_P(
    Tokenizer, VocabJson,
    testing::Values(
        Case{R"({"tokenizer_class": "RobertaTokenizer"})", "ab b", {0, 5, 4, 3, 1}},
        Case{R"({"tokenizer_class": "RobertaTokenizerFast", "add_prefix_space": true})",
             "ab",
             {0, 4, 5, 1}},
        Case{R"({"tokenizer_class": "RobertaTokenizer", "cls_token": "a"})", "b", {2, 3, 1}},
        // The mask token is new, and takes the blank before it along.
        Case{R"({"tokenizer_class": "RobertaTokenizer"})", "b <mask>", {0, 3, 9, 1}},
        Case{R"({"tokenizer_class": "GPT2Tokenizer"})", "ab<|endoftext|>", {5, 6}},
        Case{R"({"tokenizer_class": "GPT2Tokenizer", "add_bos_token": true})", "ab", {6, 5}},
        Case{R"({"tokenizer_class": "Qwen2Tokenizer"})", "ab b<|endoftext|>", {5, 4, 3, 6}},
        Case{R"({"tokenizer_class": "Qwen2Tokenizer", "add_eos_token": true})", "ab", {5, 6}},
        // It has none of its own.
        Case{R"({"tokenizer_class": "Qwen2Tokenizer", "add_bos_token": true})", "ab", {5}},
        Case{R"({"tokenizer_class": "Qwen2Tokenizer", "add_bos_token": true, "bos_token": "<s>"})",
             "ab",
             {0, 5}}));

struct BadCase {
  const char* config;
  const char* merges;
  ErrorCode code;
  const char* message;
};

class BadVocabJson : public testing::TestWithParam<BadCase> {};

TEST_P(BadVocabJson, IsRefused) {
  const auto& [config, merges, code, message] = GetParam();
  const auto tokenizer = parse(config, merges);
  ASSERT_FALSE(tokenizer.has_value());
  EXPECT_EQ(tokenizer.error().code, code);
  EXPECT_EQ(tokenizer.error().message, message);
}

constexpr const char* kRoberta = R"({"tokenizer_class": "RobertaTokenizer"})";

INSTANTIATE_TEST_SUITE_P(
    Tokenizer, BadVocabJson,
    testing::Values(
        BadCase{kRoberta, "#version\na b c\n", ErrorCode::kInvalidArgument,
                "merges.txt: line 2: not two tokens with a blank between them: a b c"},
        BadCase{kRoberta, "a z", ErrorCode::kInvalidArgument,
                "merges.txt: line 1: not in the vocabulary: z"},
        BadCase{kRoberta, "\xFF", ErrorCode::kCorruption, "merges.txt: not valid UTF-8"},
        BadCase{R"({"tokenizer_class": "XLMRobertaTokenizer"})", "", ErrorCode::kUnsupported,
                "json: unknown tokenizer_class for such a file: XLMRobertaTokenizer"}));

}  // namespace
}  // namespace colvec
