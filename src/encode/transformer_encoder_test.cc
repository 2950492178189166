#include "encode/transformer_encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/json.h"
#include "colvec/tokenizer.h"
#include "encode/golden_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

using ::testing::HasSubstr;

// Texts, prompts and vectors as the original implementations made them (float64; the notes beside
// them).
TEST(TransformerEncoder, GivesTheVectorsOfTheReferenceForBertFolders) {
  COLVEC_NEEDS(shared_testdata("families/bert-mean"));
  for (const char* name : {"bert-mean", "bert-cls", "bert-mean-noprompt", "bert-mean-st54"}) {
    const std::filesystem::path base = shared_testdata(std::string("families/") + name);
    expect_golden(base / "model", {}, base / "golden/texts.jsonl", base / "golden/embeddings.npy");
  }
}

TEST(TransformerEncoder, GivesTheVectorsOfTheReferenceForRealWeights) {
  COLVEC_NEEDS(shared_testdata("models/tinybert-4L-312D-synthetic-words"));
  for (const char* name : {"tinybert-4L-312D-synthetic-words", "coldfire-tiny_bert"}) {
    const std::filesystem::path golden = shared_testdata(std::string("golden_vectors/") + name);
    expect_golden(shared_testdata(std::string("models/") + name), {}, golden / "texts.jsonl",
                  golden / "mean_norm.npy");
  }
}

TEST(TransformerEncoder, PoolsByTheFirstTokenWhereTheFolderSaysSo) {
  const std::filesystem::path model = shared_testdata("models/tinybert-4L-312D-synthetic-words");
  COLVEC_NEEDS(model);
  if (kSanitized) GTEST_SKIP() << "SKIPPED: slow here; the optimised build makes this comparison";
  const ScratchFolder folder;
  folder.copy(model);
  folder.write("1_Pooling/config.json", R"({"embedding_dimension":312,"pooling_mode":["cls"]})");
  const std::filesystem::path golden =
      shared_testdata("golden_vectors/tinybert-4L-312D-synthetic-words");
  expect_golden(folder.path(), {}, golden / "texts.jsonl", golden / "cls_norm.npy");
}

TEST(TransformerEncoder, LeavesVectorsAsTheyAreWhereAskedTo) {
  const std::filesystem::path golden = shared_testdata("golden_vectors/coldfire-tiny_bert");
  COLVEC_NEEDS(golden);
  expect_golden(shared_testdata("models/coldfire-tiny_bert"), {.normalize = false},
                golden / "texts.jsonl", golden / "mean_raw.npy");
}

// The project's own small model: 2 layers, 32 wide, made here with random weights; its vectors are
// those of this engine when it agreed with all references above.
TEST(TransformerEncoder, GivesTheVectorsOfTheOwnSmallModel) {
  const std::filesystem::path base = own_testdata("models/tiny-bert");
  expect_golden(base / "model", {}, base / "texts.jsonl", base / "vectors.npy");
}

TEST(TransformerEncoder, GivesATextTheSameBitsInAnyCompany) {
  expect_same_bits_in_any_company(own_testdata("models/tiny-bert/model"), {});
}

TEST(TransformerEncoder, GivesARealModelsTextsTheSameBitsInAnyCompany) {
  const std::filesystem::path model = shared_testdata("models/tinybert-4L-312D-synthetic-words");
  COLVEC_NEEDS(model);
  if (kSanitized) GTEST_SKIP() << "SKIPPED: minutes; the optimised build makes this comparison";
  expect_same_bits_in_any_company(model, {});
}

class LowPrecision : public testing::TestWithParam<Precision> {
 protected:
  void SetUp() override {
    const auto encoder = open_encoder(own_testdata("models/tiny-bert/model").string(), options());
    if (encoder) return;
    ASSERT_EQ(encoder.error().code, ErrorCode::kUnsupported);
    GTEST_SKIP() << "SKIPPED: " << encoder.error().message;
  }
  static EncoderOptions options() {
    EncoderOptions options;
    options.precision = GetParam();
    return options;
  }
};

INSTANTIATE_TEST_SUITE_P(All, LowPrecision, testing::Values(Precision::kBf16, Precision::kInt8),
                         [](const auto& precision) {
                           return std::string(name_of(precision.param));
                         });

// Real weights have outliers, which random ones have not.
TEST_P(LowPrecision, StaysCloseToTheReferenceForRealWeights) {
  const char* name = "tinybert-4L-312D-synthetic-words";
  COLVEC_NEEDS(shared_testdata(std::string("models/") + name));
  if (kSanitized) GTEST_SKIP() << "SKIPPED: minutes; the optimised build makes this comparison";
  const std::filesystem::path golden = shared_testdata(std::string("golden_vectors/") + name);
  expect_golden(shared_testdata(std::string("models/") + name), options(), golden / "texts.jsonl",
                golden / "mean_norm.npy");
}

TEST_P(LowPrecision, StaysCloseToTheVectorsOfTheOwnSmallModel) {
  const std::filesystem::path base = own_testdata("models/tiny-bert");
  expect_golden(base / "model", options(), base / "texts.jsonl", base / "vectors.npy");
}

TEST_P(LowPrecision, GivesATextTheSameBitsInAnyCompany) {
  expect_same_bits_in_any_company(own_testdata("models/tiny-bert/model"), options());
  const std::filesystem::path real = shared_testdata("models/tinybert-4L-312D-synthetic-words");
  COLVEC_NEEDS(real);
  if (!kSanitized) expect_same_bits_in_any_company(real, options());
}

TEST_P(LowPrecision, HasTheFingerprintOfF32AndSaysWhatItIs) {
  const std::string model = own_testdata("models/tiny-bert/model").string();
  COLVEC_ASSERT_ASSIGN(const std::unique_ptr<Encoder> exact, open_encoder(model, {}));
  COLVEC_ASSERT_ASSIGN(const std::unique_ptr<Encoder> low, open_encoder(model, options()));
  EXPECT_EQ(low->info().fingerprint, exact->info().fingerprint);
  EXPECT_EQ(low->info().precision, GetParam());
  EXPECT_NE(encode_all(*low, {"hello"}), encode_all(*exact, {"hello"}));
}

TEST(TransformerEncoder, SaysWhatItIs) {
  COLVEC_ASSERT_ASSIGN(const std::unique_ptr<Encoder> encoder,
                       open_encoder(own_testdata("models/tiny-bert/model").string(), {}));
  const EncoderInfo& info = encoder->info();
  EXPECT_EQ(info.kind, "transformer");
  EXPECT_EQ(info.dimension, 24u);
  EXPECT_EQ(info.tokens_max, 48u);
  EXPECT_TRUE(info.is_neural);
  EXPECT_EQ(info.fingerprint.size(), 64u);
  COLVEC_ASSERT_ASSIGN(const Json made_of, Json::parse(info.made_of, "made_of"));
  EXPECT_EQ(*made_of.unsigned_number("tokens_max"), 48u);
}

TEST(TransformerEncoder, HasAnotherFingerprintForWhateverChangesTheVectors) {
  const std::string model = own_testdata("models/tiny-bert/model").string();
  const auto fingerprint = [&](const EncoderOptions& options) {
    return (*open_encoder(model, options))->info().fingerprint;
  };
  const std::string standard = fingerprint({});
  EXPECT_EQ(fingerprint({.batch_texts_max = 3}), standard);
  EXPECT_NE(fingerprint({.prompt = "query: ", .has_prompt = true}), standard);
  EXPECT_NE(fingerprint({.normalize = false}), standard);
  EXPECT_NE(fingerprint({.dimension = 8}), standard);
  EXPECT_NE(fingerprint({.strip = true}), standard);
  EXPECT_EQ(fingerprint({.prompt_name = "document"}), standard);
}

TEST(TransformerEncoder, ReportsTokensAndTruncation) {
  COLVEC_ASSERT_ASSIGN(const std::unique_ptr<Encoder> encoder,
                       open_encoder(own_testdata("models/tiny-bert/model").string(), {}));
  std::string long_text;
  for (int i = 0; i < 100; ++i) long_text += "a ";
  const std::vector<std::string_view> texts = {"", long_text};
  std::vector<float> vectors(2 * encoder->info().dimension);
  std::vector<TextReport> reports(2);
  EncodeTimes times;
  ASSERT_TRUE(
      encoder->encode(texts, {vectors.data(), 2, encoder->info().dimension}, reports, &times)
          .has_value());
  EXPECT_EQ(reports[0].token_count, 7u);  // [CLS], the default prompt in five tokens, [SEP].
  EXPECT_FALSE(reports[0].truncated);
  EXPECT_EQ(reports[1].token_count, 48u);
  EXPECT_TRUE(reports[1].truncated);
  EXPECT_GT(times.tokenise_ns, 0u);
  EXPECT_GT(times.encode_ns, 0u);
}

TEST(TransformerEncoder, CutsDeclaredDimensionsAndNormalizesAgain) {
  const std::string model = own_testdata("models/tiny-bert/model").string();
  COLVEC_ASSERT_ASSIGN(const std::unique_ptr<Encoder> whole, open_encoder(model, {}));
  COLVEC_ASSERT_ASSIGN(const std::unique_ptr<Encoder> cut, open_encoder(model, {.dimension = 8}));
  const std::vector<float> a = encode_all(*whole, {"hello"});
  const std::vector<float> b = encode_all(*cut, {"hello"});
  ASSERT_EQ(b.size(), 8u);
  double squares = 0;
  for (std::size_t i = 0; i < 8; ++i) squares += a[i] * a[i];
  for (std::size_t i = 0; i < 8; ++i) EXPECT_NEAR(b[i], a[i] / std::sqrt(squares), 1e-6);
  EXPECT_THAT(open_encoder(model, {.dimension = 7}).error().message,
              HasSubstr("the model declares 24 and 8, 16: 7"));
}

TEST(TransformerEncoder, SaysThatItTakesTheAverageWithoutModules) {
  const ScratchFolder folder;
  folder.copy(own_testdata("models/tiny-bert/model"));
  std::filesystem::remove(folder.path() / "modules.json");
  COLVEC_ASSERT_ASSIGN(const std::unique_ptr<Encoder> encoder,
                       open_encoder(folder.path().string(), {}));
  EXPECT_EQ(encoder->info().dimension, 32u);
  EXPECT_THAT(encoder->info().note, HasSubstr("has no modules.json"));
}

TEST(TransformerEncoder, GivesZerosForTextsWithoutAnyToken) {
  const ScratchFolder folder;
  folder.copy(own_testdata("models/tiny-bert/model"));
  folder.patch("tokenizer.json", {{"post_processor", "null"}});
  std::filesystem::remove(folder.path() / "modules.json");
  COLVEC_ASSERT_ASSIGN(const std::unique_ptr<Encoder> encoder,
                       open_encoder(folder.path().string(), {.prompt = "", .has_prompt = true}));
  const std::vector<float> zeros(32);
  EXPECT_EQ(encode_all(*encoder, {""}), zeros);
  const std::vector<float> mixed = encode_all(*encoder, {"", "a", ""});
  EXPECT_EQ(std::vector<float>(mixed.begin(), mixed.begin() + 32), zeros);
  EXPECT_EQ(std::vector<float>(mixed.begin() + 32, mixed.begin() + 64),
            encode_all(*encoder, {"a"}));
}

TEST(TransformerEncoder, LowerCasesWhereTheSettingsSaySo) {
  const ScratchFolder folder;
  folder.copy(own_testdata("models/tiny-bert/model"));
  folder.patch(
      "tokenizer.json",
      {{"normalizer", R"({"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,)"
                      R"("strip_accents":null,"lowercase":false})"}});
  folder.patch("tokenizer_config.json", {{"do_lower_case", "false"}});
  for (const bool lower_case : {false, true}) {
    folder.patch("sentence_bert_config.json", {{"do_lower_case", lower_case ? "true" : "false"}});
    COLVEC_ASSERT_ASSIGN(const std::unique_ptr<Encoder> encoder,
                         open_encoder(folder.path().string(), {}));
    EXPECT_EQ(encode_all(*encoder, {"HELLO"}) == encode_all(*encoder, {"hello"}), lower_case);
  }
}

TEST(TransformerEncoder, GivesIdsTheVectorsOfTheirTexts) {
  const std::filesystem::path model = own_testdata("models/tiny-bert/model");
  // Without the model's default prompt, which texts get and ids do not.
  const std::unique_ptr<Encoder> encoder = *open_encoder(model.string(), {.has_prompt = true});
  const std::unique_ptr<Tokenizer> tokenizer = *Tokenizer::load(model, {});
  const std::vector<std::string_view> texts = {"a red apple", "hammers", ""};
  std::vector<std::vector<TokenId>> made(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i)
    tokenizer->encode(texts[i], encoder->info().tokens_max, &made[i]);
  const std::vector<std::span<const TokenId>> ids(made.begin(), made.end());
  const std::size_t dimension = encoder->info().dimension;
  std::vector<float> of_texts(texts.size() * dimension), of_ids(of_texts.size());
  std::vector<TextReport> text_reports(texts.size()), id_reports(texts.size());
  ASSERT_TRUE(
      encoder->encode(texts, {of_texts.data(), texts.size(), dimension}, text_reports, nullptr));
  ASSERT_TRUE(encoder->encode_ids(ids, {of_ids.data(), texts.size(), dimension}, id_reports));
  EXPECT_EQ(of_ids, of_texts);
  EXPECT_EQ(id_reports[0].token_count, text_reports[0].token_count);
  const std::vector<TokenId> unknown = {1000000};
  const std::vector<std::span<const TokenId>> wrong = {unknown};
  EXPECT_EQ(encoder->encode_ids(wrong, {of_ids.data(), 1, dimension}, {id_reports.data(), 1})
                .error()
                .code,
            ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace colvec
