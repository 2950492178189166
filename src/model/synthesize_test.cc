#include "model/synthesize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "compute/backend.h"
#include "model/model.h"
#include "model/model_fixture.h"
#include "model/model_folder.h"
#include "model/tail.h"
#include "testdata.h"

namespace colvec {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kConfig =
    R"({"model_type":"bert","vocab_size":30,"max_position_embeddings":16,"hidden_size":8,)"
    R"("num_hidden_layers":2,"num_attention_heads":2,"intermediate_size":12})";
constexpr std::string_view kModules =
    R"([{"path":"","type":"sentence_transformers.models.Transformer"},)"
    R"({"path":"1_Pooling","type":"sentence_transformers.models.Pooling"},)"
    R"({"path":"2_Dense","type":"sentence_transformers.models.Dense"}])";

class Synthesize : public ::testing::Test {
 protected:
  Synthesize() {
    config_.write("config.json", kConfig);
    config_.write("modules.json", kModules);
    config_.write("1_Pooling/config.json", R"({"pooling_mode_mean_tokens":true})");
    config_.write("2_Dense/config.json", R"({"in_features":8,"out_features":5})");
    config_.write("pytorch_model.bin", "not to be copied");
  }
  TemporaryFolder config_;
  TemporaryFolder output_;
};

TEST_F(Synthesize, FillsAFolderThatLoads) {
  const Status written = write_synthetic_model(config_.path(), output_.path(), 7);
  ASSERT_TRUE(written.has_value()) << written.error().message;
  EXPECT_FALSE(std::filesystem::exists(output_.path() / "pytorch_model.bin"));

  COLVEC_ASSERT_ASSIGN(const ModelFolder folder, read_model_folder(output_.path()));
  COLVEC_ASSERT_ASSIGN(const Weights weights, Weights::open(folder.core_dir));
  COLVEC_ASSERT_ASSIGN(const Family* family, find_family(*folder.config));
  const std::unique_ptr<Backend> backend = make_cpu_backend();
  COLVEC_ASSERT_ASSIGN(const std::unique_ptr<Model> model,
                       family->load(*folder.config, weights, *backend));
  COLVEC_ASSERT_ASSIGN(const Tail tail, Tail::load(folder, model->hidden(), *backend));
  EXPECT_EQ(tail.dimension(), 5u);
}

TEST_F(Synthesize, GivesTheSameWeightsForTheSameSeedAlone) {
  const auto bytes_with = [&](std::uint64_t seed) {
    EXPECT_TRUE(write_synthetic_model(config_.path(), output_.path(), seed).has_value());
    return *read_file(output_.path() / "model.safetensors", 1 << 20);
  };
  const std::string first = bytes_with(1);
  EXPECT_NE(first, bytes_with(2));
  EXPECT_EQ(first, bytes_with(1));
}

TEST_F(Synthesize, RefusesSettingsThatWouldFillTheDisk) {
  config_.write(
      "config.json",
      R"({"model_type":"bert","vocab_size":16000000,"max_position_embeddings":16,"hidden_size":65536,)"
      R"("num_hidden_layers":1,"num_attention_heads":2,"intermediate_size":12})");
  const Status written = write_synthetic_model(config_.path(), output_.path(), 1);
  ASSERT_FALSE(written.has_value());
  EXPECT_THAT(written.error().message, HasSubstr("GiB of weights"));
}

TEST_F(Synthesize, NeverWritesIntoTheFolderOfTheSettings) {
  const Status written = write_synthetic_model(config_.path(), config_.path(), 1);
  ASSERT_FALSE(written.has_value());
  EXPECT_EQ(written.error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace colvec
