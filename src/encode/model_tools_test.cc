#include "colvec/model_tools.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "base/npy.h"
#include "encode/golden_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

using ::testing::HasSubstr;

std::string small_model() { return own_testdata("models/tiny-bert/model").string(); }

TEST(ModelTools, EncodesAFileIntoRowsInOrder) {
  const ScratchFolder folder;
  std::string lines;
  std::vector<std::string> texts;
  constexpr std::size_t kRows = kSanitized ? 9000 : 20'000;  // More than a window of lines.
  for (std::size_t i = 0; i < kRows; ++i) {
    texts.push_back("text " + std::to_string(i % 700));
    lines += "{\"text\":\"" + texts.back() + "\",\"prompt_name\":null}\n";
  }
  const std::string output = (folder.path() / "out.npy").string();
  COLVEC_ASSERT_ASSIGN(const FileReport report,
                       encode_file(small_model(), {}, folder.write("in.jsonl", lines), output));
  EXPECT_EQ(report.rows, texts.size());
  EXPECT_EQ(report.dimension, 24u);
  EXPECT_GT(report.tokens, 2 * texts.size());
  COLVEC_ASSERT_ASSIGN(const NpyMatrix matrix, read_npy(output));
  EXPECT_EQ(matrix.rows, texts.size());
  COLVEC_ASSERT_ASSIGN(const std::unique_ptr<Encoder> encoder, open_encoder(small_model(), {}));
  EXPECT_EQ(matrix.values, encode_all(*encoder, texts));
}

TEST(ModelTools, NeverEmptiesItsInput) {
  const ScratchFolder folder;
  const std::string path = folder.write("in.jsonl", "{\"text\":\"a\"}\n");
  EXPECT_EQ(encode_file(small_model(), {}, path, path).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(tokenize_file(small_model(), path, path, 0).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(file_text(path), "{\"text\":\"a\"}\n");
}

TEST(ModelTools, EncodesAnEmptyFileIntoNoRows) {
  const ScratchFolder folder;
  const std::string output = (folder.path() / "out.npy").string();
  COLVEC_ASSERT_ASSIGN(const FileReport report,
                       encode_file(small_model(), {}, folder.write("in.jsonl", ""), output));
  EXPECT_EQ(report.rows, 0u);
  EXPECT_EQ(read_npy(output)->cols, 24u);
}

TEST(ModelTools, TokenizesAFileWithNothingButATokenizer) {
  const ScratchFolder folder;
  folder.write("tokenizer.json", file_text(own_testdata("models/tiny-bert/model/tokenizer.json")));
  const std::string input = folder.write("in.jsonl", "{\"text\":\"\"}\n{\"text\":\"a a a\"}\n");
  const std::string output = (folder.path() / "ids.jsonl").string();
  COLVEC_ASSERT_ASSIGN(const FileReport report, tokenize_file(folder.path(), input, output, 0));
  EXPECT_EQ(report.rows, 2u);
  EXPECT_EQ(report.tokens, 7u);
  EXPECT_THAT(file_text(output),
              ::testing::MatchesRegex("\\{\"ids\": \\[[0-9]+, [0-9]+\\]\\}\n"
                                      "\\{\"ids\": \\[([0-9]+, ){4}[0-9]+\\]\\}\n"));
  COLVEC_ASSERT_ASSIGN(const FileReport cut, tokenize_file(folder.path(), input, output, 3));
  EXPECT_EQ(cut.truncated, 1u);
  EXPECT_EQ(cut.tokens, 5u);
  EXPECT_THAT(tokenize_file(folder.path(), input, output, 1).error().message,
              HasSubstr("tokens_max"));
}

TEST(ModelTools, FindsTheRowThatDiffersMost) {
  const std::filesystem::path base = own_testdata("models/tiny-bert");
  const ScratchFolder folder;
  std::string npy = file_text(base / "vectors.npy");
  // Number 3 of row 5.
  float value = 0;
  char* place = npy.data() + 128 + (5 * 24 + 3) * sizeof(float);
  std::memcpy(&value, place, sizeof(value));
  value += 0.25f;
  std::memcpy(place, &value, sizeof(value));
  COLVEC_ASSERT_ASSIGN(const VerifyReport report,
                       verify_model(small_model(), {}, (base / "texts.jsonl").string(),
                                    folder.write("vectors.npy", npy)));
  EXPECT_EQ(report.worst_row, 5u);
  EXPECT_NEAR(report.max_abs_diff, 0.25, 1e-5);
  EXPECT_LT(report.min_cosine, 0.999);
}

TEST(ModelTools, RefusesVectorsOfAnotherShape) {
  const std::filesystem::path base = own_testdata("models/tiny-bert");
  const ScratchFolder folder;
  const std::string one = folder.write("one.jsonl", "{\"text\":\"a\"}\n");
  EXPECT_THAT(verify_model(small_model(), {}, one, base / "vectors.npy").error().message,
              HasSubstr("another number than the texts"));
  EXPECT_THAT(verify_model("builtin:lexical", {}, one, base / "vectors.npy").error().message,
              HasSubstr("vectors have 24 numbers, those of the model 384"));
}

TEST(ModelTools, InventsAModelThatEncodes) {
  const ScratchFolder config;
  config.copy(small_model());
  std::filesystem::remove(config.path() / "model.safetensors");
  const ScratchFolder output;
  const Status made = synthesize_model(config.path(), output.path(), 3);
  ASSERT_TRUE(made.has_value()) << made.error().message;
  COLVEC_ASSERT_ASSIGN(const std::unique_ptr<Encoder> encoder,
                       open_encoder(output.path().string(), {}));
  EXPECT_NE(encode_all(*encoder, {"hello"}), encode_all(*encoder, {"hello hello you"}));
}

TEST(ModelTools, InventsAModelOfARealShape) {
  const std::filesystem::path config =
      shared_testdata("model_folders_no_weights/paraphrase-MiniLM-L3-v2");
  COLVEC_NEEDS(config);
  const ScratchFolder output;
  ASSERT_TRUE(synthesize_model(config, output.path(), 3).has_value());
  COLVEC_ASSERT_ASSIGN(const std::unique_ptr<Encoder> encoder,
                       open_encoder(output.path().string(), {}));
  EXPECT_EQ(encoder->info().dimension, 384u);
  EXPECT_EQ(encoder->info().tokens_max, 128u);
  const std::vector<float> vectors = encode_all(*encoder, {"one text", "quite another"});
  double dot = 0;
  for (std::size_t i = 0; i < 384; ++i) dot += vectors[i] * vectors[384 + i];
  EXPECT_LT(dot, 0.95);
}

}  // namespace
}  // namespace colvec
