// Every family from its folder to its vectors: settings, tokenizer, prompts, model and what comes
// after it, against the original implementations.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/npy.h"
#include "encode/golden_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

const std::vector<std::string>& folders() {
  static const std::vector<std::string> names = {
      "bert-cls",           "bert-mean",           "bert-mean-noprompt",  "bert-mean-st54",
      "roberta-mean",       "xlm-roberta-mean",    "mpnet-mean",          "distilbert-mean-dense",
      "modernbert-cls-new", "modernbert-mean-old", "nomic-bert-mean",     "nomic-bert-moe-mean",
      "gte-new-cls",        "jina-v2-mean",        "jina-v2-qknorm-mean", "qwen2-last",
      "qwen3-last",         "gemma3-mean-dense2"};
  return names;
}

class FamilyFolders : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    base_ = shared_testdata("families/" + GetParam());
    COLVEC_NEEDS(base_);
  }

  // Vectors are as far from the golden ones as 1e-5 of their length.
  void expect_vectors(const std::filesystem::path& model, const EncoderOptions& options,
                      const std::string& file) {
    COLVEC_ASSERT_ASSIGN(const NpyMatrix golden, read_npy(base_ / "golden" / file));
    COLVEC_ASSERT_ASSIGN(
        const VerifyReport report,
        verify_model(model.string(), options, (base_ / "golden" / "texts.jsonl").string(),
                     base_ / "golden" / file));
    double longest = 0;
    for (std::size_t r = 0; r < golden.rows; ++r) {
      double squares = 0;
      for (std::size_t c = 0; c < golden.cols; ++c)
        squares += std::pow(golden.values[r * golden.cols + c], 2);
      longest = std::max(longest, std::sqrt(squares));
    }
    EXPECT_EQ(report.rows, golden.rows);
    EXPECT_LE(report.max_abs_diff, 1e-5 * longest) << file << " row " << report.worst_row;
    EXPECT_GE(report.min_cosine, 0.999999) << file;
    RecordProperty("difference", std::to_string(report.max_abs_diff / longest * 1e6) + "e-6");
  }

  bool has(const std::string& file) const {
    return std::filesystem::exists(base_ / "golden" / file);
  }

  std::filesystem::path base_;
};

INSTANTIATE_TEST_SUITE_P(All, FamilyFolders, testing::ValuesIn(folders()), [](const auto& name) {
  std::string text = name.param;
  std::replace(text.begin(), text.end(), '-', '_');
  return text;
});

// Where the reference has steps in float32, a second file has them in float64.
TEST_P(FamilyFolders, GiveTheVectorsOfTheReference) {
  expect_vectors(base_ / "model", {.normalize = false},
                 has("embeddings_pure64.npy") ? "embeddings_pure64.npy" : "embeddings.npy");
}

TEST_P(FamilyFolders, StripTextsAsTheReferenceOnceDid) {
  expect_vectors(base_ / "model", {.strip = true, .normalize = false}, "embeddings_strip.npy");
}

TEST_P(FamilyFolders, CutVectorsThatWereTrainedForIt) {
  if (!has("embeddings_trunc32_norm.npy")) GTEST_SKIP() << "SKIPPED: no cut vectors";
  const ScratchFolder folder;
  folder.copy(base_ / "model");
  EXPECT_THAT(open_encoder(folder.path().string(), {.dimension = 32}).error().message,
              testing::HasSubstr("declares no smaller one"));
  folder.patch("config_sentence_transformers.json", {{"matryoshka_dimensions", "[64, 32]"}});
  for (const std::size_t dimension : {32u, 64u}) {
    const std::string file = "embeddings_trunc" + std::to_string(dimension);
    expect_vectors(folder.path(), {.dimension = dimension}, file + "_norm.npy");
    expect_vectors(folder.path(), {.dimension = dimension, .normalize = false}, file + ".npy");
  }
  folder.patch("config_sentence_transformers.json", {{"truncate_dim", "32"}});
  expect_vectors(folder.path(), {}, "embeddings_trunc32_norm.npy");
}

TEST_P(FamilyFolders, GiveATextTheSameBitsInAnyCompany) {
  expect_same_bits_in_any_company(base_ / "model", {});
}

}  // namespace
}  // namespace colvec
