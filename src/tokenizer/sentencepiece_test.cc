#include "tokenizer/sentencepiece.h"

#include "base/file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testdata.h"
#include "tokenizer_fixture.h"

namespace colvec {
namespace {

std::string model_bytes(const std::string& path) {
  return read_file(own_testdata("tokenizer_kinds") / path, 1u << 20).value();
}

TokenizerConfig config_of(const char* json) { return {json_of(json), {}, {}}; }

TEST(SentencePiece, HasPiecesScoresAndSettings) {
  const auto model = parse_sentencepiece_model(model_bytes("T5Tokenizer/spiece.model")).value();
  EXPECT_EQ(model.algorithm, SentencePieceModel::Algorithm::kUnigram);
  EXPECT_EQ(model.unknown_piece, 2u);
  EXPECT_EQ(model.pieces[0].text, "<pad>");
  EXPECT_EQ(model.pieces[0].kind, SentencePieceModel::PieceKind::kControl);
  EXPECT_EQ(model.pieces[2].kind, SentencePieceModel::PieceKind::kUnknown);
  EXPECT_LT(model.pieces.back().score, 0);
  EXPECT_FALSE(model.charsmap.empty());
  const auto bpe = parse_sentencepiece_model(model_bytes("GemmaTokenizer/tokenizer.model")).value();
  EXPECT_EQ(bpe.algorithm, SentencePieceModel::Algorithm::kBpe);
  EXPECT_TRUE(bpe.charsmap.empty());
}

TEST(SentencePiece, IsRefusedOrReadWhereverItIsCut) {
  const std::string bytes = model_bytes("T5Tokenizer/spiece.model");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto model = parse_sentencepiece_model(std::string_view(bytes).substr(0, size));
    if (model) continue;
    EXPECT_FALSE(model.error().message.empty());
  }
}

TEST(SentencePiece, IsRefusedOrReadWhateverByteIsChanged) {
  const std::string good = model_bytes("T5Tokenizer/spiece.model");
  const TokenizerConfig config = config_of(R"({"tokenizer_class": "T5Tokenizer"})");
  std::mt19937 random(47);
  for (int i = 0; i < 500; ++i) {
    std::string bytes = good;
    for (int k = 0; k < 3; ++k) bytes[random() % bytes.size()] = static_cast<char>(random());
    const auto tokenizer = parse_sentencepiece(bytes, "f", config, {});
    if (!tokenizer) {
      EXPECT_THAT(tokenizer.error().message, testing::StartsWith("f: "));
      continue;
    }
    encode(**tokenizer, "Hello, \uFF21\u0301 world \u4E2D");
  }
}

struct BadCase {
  const char* config;
  std::string bytes;
  ErrorCode code;
  const char* message;
};

class BadSentencePiece : public testing::TestWithParam<BadCase> {};

TEST_P(BadSentencePiece, IsRefusedByItsFault) {
  const auto& [config, bytes, code, message] = GetParam();
  const auto tokenizer = parse_sentencepiece(bytes, "f", config_of(config), {});
  ASSERT_FALSE(tokenizer.has_value());
  EXPECT_EQ(tokenizer.error().code, code);
  EXPECT_EQ(tokenizer.error().message, message);
}

const char* const kT5 = R"({"tokenizer_class": "T5Tokenizer"})";
// A piece "a" with a score of 1; then a part of the message for the trainer.
const std::string kPiece(
    "\x0A\x08\x0A\x01"
    "a\x15\x00\x00\x80\x3F",
    10);

INSTANTIATE_TEST_SUITE_P(
    Tokenizer, BadSentencePiece,
    testing::Values(
        BadCase{kT5, "", ErrorCode::kCorruption, "f: not a SentencePiece model: it has no pieces"},
        BadCase{kT5, "{}", ErrorCode::kCorruption,
                "f: not a protocol buffer: an unknown type of field"},
        BadCase{kT5, kPiece + "\x12\x03\xC0\x02\x05", ErrorCode::kCorruption,
                "f: not a SentencePiece model: unk_id is no piece"},
        BadCase{kT5, kPiece + "\x12\x02\x18\x03", ErrorCode::kUnsupported,
                "f: model_type: neither Unigram (1) nor BPE (2): 3"},
        BadCase{kT5, std::string("\x0A\x07\x0A\x00\x15\x00\x00\xC0\x7F", 9), ErrorCode::kCorruption,
                "f: not a SentencePiece model: a score is not a number"},
        BadCase{kT5, "\x0A\x03\x0A\x01\xFF", ErrorCode::kCorruption,
                "f: not a SentencePiece model: a piece is not UTF-8"},
        BadCase{kT5, "\x08\x01", ErrorCode::kCorruption,
                "f: not a SentencePiece model: a part that is no message"},
        BadCase{kT5, kPiece, ErrorCode::kInvalidArgument,
                "f: eos_token is not in the vocabulary: </s>"},
        BadCase{R"({"tokenizer_class": "T5TokenizerFast", "extra_ids": 99999999})", kPiece,
                ErrorCode::kInvalidArgument, "f: extra_ids: too many: 99999999"},
        BadCase{R"({"tokenizer_class": "GemmaTokenizer"})", kPiece, ErrorCode::kInvalidArgument,
                "f: too few pieces: 1"},
        BadCase{R"({"tokenizer_class": "QuarkTokenizer"})", kPiece, ErrorCode::kUnsupported,
                "f: unknown tokenizer_class for such a file: QuarkTokenizer"},
        BadCase{"{}", kPiece, ErrorCode::kInvalidArgument,
                "f: no tokenizer_class: neither tokenizer_config.json nor config.json has one"}));

}  // namespace
}  // namespace colvec
