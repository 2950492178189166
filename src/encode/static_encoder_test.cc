#include "encode/static_encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>

#include "base/json.h"
#include "encode/golden_fixture.h"
#include "model/safetensors.h"
#include "testdata.h"

namespace colvec {
namespace {

using ::testing::FloatNear;
using ::testing::HasSubstr;

constexpr const char* kModels[] = {"model2vec-test-model-float32", "model2vec-test-model-float16"};

TEST(StaticEncoder, ReadsConfigJsonAsModel2vecDoes) {
  for (const char* name : kModels) {
    const std::filesystem::path golden = shared_testdata(std::string("golden_vectors/") + name);
    COLVEC_NEEDS(golden);
    expect_golden(shared_testdata(std::string("models/") + name), {}, golden / "texts.jsonl",
                  golden / "m2v_default512_norm.npy");
  }
}

TEST(StaticEncoder, ReadsModulesJsonAloneAsSentenceTransformersDoes) {
  for (const char* name : kModels) {
    const std::filesystem::path model = shared_testdata(std::string("models/") + name);
    const std::filesystem::path golden = shared_testdata(std::string("golden_vectors/") + name);
    COLVEC_NEEDS(golden);
    const ScratchFolder folder;
    for (const char* file : {"modules.json", "tokenizer.json", "model.safetensors"})
      folder.write(file, file_text(model / file));
    expect_golden(folder.path(), {}, golden / "texts.jsonl", golden / "st_static_norm.npy");
  }
}

// The vectors that model2vec's own tests publish: "hello world", and "hello" a thousand times.
TEST(StaticEncoder, GivesThePublishedVectors) {
  const std::filesystem::path published = shared_testdata("models/model2vec-published");
  COLVEC_NEEDS(published);
  std::string long_text = "hello";
  for (int i = 1; i < 1000; ++i) long_text += " hello";
  const std::pair<const char*, std::string> cases[] = {{"embeddings_short.json", "hello world"},
                                                       {"embeddings_long.json", long_text}};
  COLVEC_ASSERT_ASSIGN(
      const std::unique_ptr<Encoder> encoder,
      open_encoder(shared_testdata("models/model2vec-test-model-float32").string(), {}));
  for (const auto& [file, text] : cases) {
    COLVEC_ASSERT_ASSIGN(const Json json, Json::read(published / file));
    const std::vector<float> vector = encode_all(*encoder, {text});
    ASSERT_EQ(vector.size(), json.element(0).size());
    for (std::size_t i = 0; i < vector.size(); ++i)
      EXPECT_NEAR(vector[i], *json.element(0).element(i).as_number(), 1e-5) << file;
  }
}

// Four tokens [PAD] [UNK] hello world, with rows (9, 9), (5, 5), (1, 0), (0, 3).
std::string small_table() {
  const std::array<float, 8> rows = {9, 9, 5, 5, 1, 0, 0, 3};
  const std::vector<TensorEntry> entries = {{"embeddings", DType::kF32, {4, 2}, 0, sizeof(rows)}};
  std::string file = safetensors_header(entries);
  file.append(reinterpret_cast<const char*>(rows.data()), sizeof(rows));
  return file;
}
constexpr std::string_view kSmallTokenizer =
    R"({"added_tokens":[],"normalizer":null,"pre_tokenizer":{"type":"Whitespace"},"post_processor":null,)"
    R"("decoder":null,"model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##",)"
    R"("max_input_chars_per_word":100,"vocab":{"[PAD]":0,"[UNK]":1,"hello":2,"world":3}}})";
constexpr std::string_view kStaticModules =
    R"([{"path":"0_StaticEmbedding","type":"sentence_transformers.models.StaticEmbedding"}])";

void write_static_embedding(const ScratchFolder& folder, std::string_view tokenizer) {
  folder.write("modules.json", kStaticModules);
  folder.write("0_StaticEmbedding/tokenizer.json", tokenizer);
  folder.write("0_StaticEmbedding/model.safetensors", small_table());
}

TEST(StaticEncoder, DropsUnknownTokensInModel2vecFoldersOnly) {
  const ScratchFolder model2vec;
  model2vec.write("config.json", R"({"model_type":"model2vec","normalize":false})");
  model2vec.write("tokenizer.json", kSmallTokenizer);
  model2vec.write("model.safetensors", small_table());
  COLVEC_ASSERT_ASSIGN(const std::unique_ptr<Encoder> dropping,
                       open_encoder(model2vec.path().string(), {.normalize = false}));
  EXPECT_EQ(encode_all(*dropping, {"hello what world", "what", ""}),
            (std::vector<float>{0.5f, 1.5f, 0, 0, 0, 0}));
  EXPECT_EQ(dropping->info().tokens_max, 512u);

  const ScratchFolder plain;
  write_static_embedding(plain, kSmallTokenizer);
  COLVEC_ASSERT_ASSIGN(const std::unique_ptr<Encoder> keeping,
                       open_encoder(plain.path().string(), {.normalize = false}));
  EXPECT_EQ(encode_all(*keeping, {"hello what world", "what", ""}),
            (std::vector<float>{2, 8 / 3.0f, 5, 5, 0, 0}));
  EXPECT_EQ(keeping->info().tokens_max, 0u);
}

// model2vec asks the model for the name of its unknown token, which Unigram has not.
TEST(StaticEncoder, KeepsUnknownTokensOfUnigramInModel2vecFolders) {
  const ScratchFolder folder;
  folder.write("config.json", R"({"model_type":"model2vec","normalize":false})");
  folder.write("tokenizer.json",
               R"({"added_tokens":[],"normalizer":null,"pre_tokenizer":{"type":"Whitespace"},)"
               R"("post_processor":null,"decoder":null,"model":{"type":"Unigram","unk_id":1,)"
               R"("vocab":[["<pad>",0],["<unk>",0],["hello",-1],["world",-1]]}})");
  folder.write("model.safetensors", small_table());
  COLVEC_ASSERT_ASSIGN(const std::unique_ptr<Encoder> encoder,
                       open_encoder(folder.path().string(), {.normalize = false}));
  EXPECT_EQ(encode_all(*encoder, {"hello what world", "what"}),
            (std::vector<float>{2, 8 / 3.0f, 5, 5}));
  EXPECT_THAT(encoder->info().made_of, HasSubstr(R"("drop_unknown":false)"));
}

// Both libraries open tokenizer.json as it is.
TEST(StaticEncoder, CutsWhereTokenizerJsonDoes) {
  const std::string cutting =
      R"({"truncation":{"max_length":2,"strategy":"LongestFirst","stride":0},)" +
      std::string(kSmallTokenizer.substr(1));
  const ScratchFolder plain;
  write_static_embedding(plain, cutting);
  COLVEC_ASSERT_ASSIGN(const std::unique_ptr<Encoder> encoder,
                       open_encoder(plain.path().string(), {.normalize = false}));
  EXPECT_EQ(encoder->info().tokens_max, 2u);
  const std::vector<std::string_view> texts = {"hello hello world", "world"};
  std::vector<float> vectors(4);
  std::vector<TextReport> reports(2);
  ASSERT_TRUE(encoder->encode(texts, {vectors.data(), 2, 2}, reports, nullptr).has_value());
  EXPECT_EQ(vectors, (std::vector<float>{1, 0, 0, 3}));
  EXPECT_TRUE(reports[0].truncated);
  EXPECT_FALSE(reports[1].truncated);

  // Before model2vec drops what is unknown.
  const ScratchFolder model2vec;
  model2vec.write("config.json", R"({"model_type":"model2vec","normalize":false})");
  model2vec.write("tokenizer.json", cutting);
  model2vec.write("model.safetensors", small_table());
  COLVEC_ASSERT_ASSIGN(const std::unique_ptr<Encoder> dropping,
                       open_encoder(model2vec.path().string(), {.normalize = false}));
  EXPECT_EQ(encode_all(*dropping, {"what hello world"}), (std::vector<float>{1, 0}));
}

TEST(StaticEncoder, ReportsWhatModel2vecLeavesOut) {
  const ScratchFolder folder;
  folder.write("config.json", R"({"model_type":"model2vec","normalize":true})");
  folder.write("tokenizer.json", kSmallTokenizer);
  folder.write("model.safetensors", small_table());
  COLVEC_ASSERT_ASSIGN(const std::unique_ptr<Encoder> encoder,
                       open_encoder(folder.path().string(), {}));
  std::string many;
  for (int i = 0; i < 600; ++i) many += "hello ";
  const std::vector<std::string_view> texts = {"hello world", many};
  std::vector<float> vectors(4);
  std::vector<TextReport> reports(2);
  ASSERT_TRUE(encoder->encode(texts, {vectors.data(), 2, 2}, reports, nullptr).has_value());
  EXPECT_EQ(reports[0].token_count, 2u);
  EXPECT_FALSE(reports[0].truncated);
  // 512 x the median length of 5 characters cut the text before 512 tokens do.
  EXPECT_TRUE(reports[1].truncated);
  EXPECT_LE(reports[1].token_count, 512u);
  EXPECT_THAT(vectors[2], FloatNear(1, 1e-6f));
}

TEST(StaticEncoder, GivesATextTheSameBitsInAnyCompany) {
  const ScratchFolder folder;
  write_static_embedding(folder, kSmallTokenizer);
  expect_same_bits_in_any_company(folder.path(), {});
}

TEST(StaticEncoder, RefusesATokenizerBeyondTheTable) {
  const ScratchFolder folder;
  std::string tokenizer(kSmallTokenizer);
  tokenizer.insert(tokenizer.find("\"world\":3") + 9, ",\"more\":4");
  write_static_embedding(folder, tokenizer);
  const auto opened = open_encoder(folder.path().string(), {});
  ASSERT_FALSE(opened.has_value());
  EXPECT_THAT(opened.error().message, HasSubstr("gives ids up to 4, but the table has 4 rows"));
}

}  // namespace
}  // namespace colvec
