#include "tokenizer/unigram.h"

#include "gtest/gtest.h"
#include "tokenizer/tokenizer_json.h"
#include "tokenizer_fixture.h"

namespace colvec {
namespace {

struct BadModel {
  const char* model;
  const char* message;
};

class BadUnigram : public testing::TestWithParam<BadModel> {};

TEST_P(BadUnigram, IsRefusedByFieldAndValue) {
  const auto tokenizer = parse_tokenizer_json(bare_tokenizer_json(GetParam().model), "t", {});
  ASSERT_FALSE(tokenizer.has_value());
  EXPECT_EQ(tokenizer.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(tokenizer.error().message, GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Tokenizer, BadUnigram,
    testing::Values(BadModel{R"({"type": "Unigram", "unk_id": 0})", "t: model: missing key: vocab"},
                    BadModel{R"({"type": "Unigram", "unk_id": 0, "vocab": {}})",
                             "t: model: vocab: not an array: {}"},
                    BadModel{R"({"type": "Unigram", "unk_id": 0, "vocab": [["a"]]})",
                             "t: model: vocab[0]: not a token and its score: [\"a\"]"},
                    BadModel{R"({"type": "Unigram", "unk_id": 0, "vocab": [["a", "b"]]})",
                             "t: model: vocab[0][1]: not a number: \"b\""},
                    BadModel{R"({"type": "Unigram", "unk_id": 1, "vocab": [["a", 0]]})",
                             "t: model: unk_id: not in the vocabulary: 1"},
                    BadModel{R"({"type": "Unigram", "vocab": [["a", 0]]})",
                             "t: model: missing key: unk_id"},
                    BadModel{R"({"type": "Unigram", "unk_id": null, "vocab": [["a", 0]]})",
                             "t: model: unk_id: not a whole number of 0 or more: null"}));

TEST(Unigram, GivesUnknownCharactersTenLessThanTheWorstToken) {
  EXPECT_EQ(unknown_score({.scores = {0, -3.5, -1}}), -13.5);
}

// Of serde_json 1.0.149, without the feature float_roundtrip: the digits as a number, divided by a
// power of ten.
TEST(Unigram, ReadsScoresAsTheReferenceDoes) {
  EXPECT_EQ(score_as_read(0), 0);
  EXPECT_EQ(score_as_read(-100), -100);
  EXPECT_EQ(score_as_read(-2.5), -2.5);
  EXPECT_EQ(score_as_read(-3.4635426998138428), -34635426998138428.0 / 1e16);
  EXPECT_EQ(score_as_read(1e30), 1e30);
  EXPECT_EQ(score_as_read(1.25e-30), 1.25e-30);
}

}  // namespace
}  // namespace colvec
