#include "tokenizer/bpe.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tokenizer/merge_table.h"
#include "tokenizer/tokenizer_json.h"
#include "tokenizer_fixture.h"

namespace colvec {
namespace {

struct BadModel {
  const char* model;
  ErrorCode code;
  const char* message;
};

class BadBpe : public testing::TestWithParam<BadModel> {};

TEST_P(BadBpe, IsRefusedByFieldAndValue) {
  const auto& [model, code, message] = GetParam();
  const auto tokenizer = parse_tokenizer_json(bare_tokenizer_json(model), "t", {});
  ASSERT_FALSE(tokenizer.has_value());
  EXPECT_EQ(tokenizer.error().code, code);
  EXPECT_EQ(tokenizer.error().message, message);
}

constexpr ErrorCode kInvalid = ErrorCode::kInvalidArgument;

INSTANTIATE_TEST_SUITE_P(
    Tokenizer, BadBpe,
    testing::Values(
        BadModel{R"({"type": "BPE", "merges": []})", kInvalid, "t: model: missing key: vocab"},
        BadModel{R"({"type": "BPE", "vocab": {}})", kInvalid, "t: model: missing key: merges"},
        BadModel{R"({"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]})", kInvalid,
                 "t: model: merges[0]: not in the vocabulary: b"},
        BadModel{R"({"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": [["a", "b"]]})", kInvalid,
                 "t: model: merges[0]: not in the vocabulary: ab"},
        BadModel{R"({"type": "BPE", "vocab": {"a": 0}, "merges": ["a"]})", kInvalid,
                 "t: model: merges[0]: not two tokens with a blank between them: \"a\""},
        BadModel{R"({"type": "BPE", "vocab": {"a": 0}, "merges": [["a"]]})", kInvalid,
                 "t: model: merges[0]: not a pair of tokens: [\"a\"]"},
        BadModel{R"({"type": "BPE", "vocab": {"a": 0}, "merges": [], "unk_token": "u"})", kInvalid,
                 "t: model: unk_token: not in the vocabulary: u"},
        BadModel{R"({"type": "BPE", "vocab": {"a": 0}, "merges": [], "dropout": 0.1})",
                 ErrorCode::kUnsupported, "t: model: dropout: its ids would be random"},
        BadModel{R"({"type": "BPE", "vocab": {"a": 0}, "merges": [], "fuse_unk": 1})", kInvalid,
                 "t: model: fuse_unk: not true or false: 1"}));

TEST(Bpe, TakesBothFormsOfMergesAndTheLaterRankOfAPair) {
  const Json model = json_of(R"({"vocab": {"a": 0, "b": 1, "ab": 2, "aa": 3},
      "merges": ["#version: 0.2", "a b", ["a", "a"], "a b"]})");
  const Vocabulary vocabulary = parse_bpe_vocabulary(model).value();
  const BpeOptions options = parse_bpe_options(model, vocabulary).value();
  ASSERT_EQ(options.merges.size(), 3u);
  const MergeTable table(options.merges);
  EXPECT_EQ(table.find(0, 1).rank, 2u);
  EXPECT_EQ(table.find(0, 1).id, 2u);
  EXPECT_EQ(table.find(0, 0).rank, 1u);
}

TEST(Bpe, NamesTheTokensOfBytes) {
  EXPECT_EQ(byte_token(0x0A), "<0x0A>");
  EXPECT_EQ(byte_token(0xFF), "<0xFF>");
}

}  // namespace
}  // namespace colvec
