#include "opened_models.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "testdata.h"

namespace colvec::server {
namespace {

namespace fs = std::filesystem;

class OpenedModelsTest : public testing::Test {
 protected:
  OpenedModelsTest() {
    fs::remove_all(folder_);
    fs::copy(own_testdata("models/tiny-bert/model"), folder_, fs::copy_options::recursive);
  }
  ~OpenedModelsTest() override { fs::remove_all(folder_); }

  // Whether the model can be opened although its weights are damaged: then they were kept.
  bool is_kept(const EncoderOptions& options, bool is_same_time) {
    const fs::path weights = folder_ / "model.safetensors";
    const auto time = fs::last_write_time(weights);
    std::ofstream(weights, std::ios::in | std::ios::out).write("damaged!", 8);
    fs::last_write_time(weights, is_same_time ? time : time + std::chrono::seconds(1));
    return models_.open(folder_.string(), options).has_value();
  }

  const fs::path folder_ =
      fs::temp_directory_path() / ("opened_models_test." + std::to_string(::getpid()));
  OpenedModels models_;
};

TEST_F(OpenedModelsTest, ReadsAModelOnceForAllItsEncoders) {
  const auto first = models_.open(folder_.string(), {}).value();
  EXPECT_TRUE(is_kept({}, true));
  EXPECT_TRUE(is_kept({.normalize = false}, true));
  EXPECT_FALSE(is_kept({.precision = Precision::kInt8}, true));
}

TEST_F(OpenedModelsTest, ReadsAChangedModelAnew) {
  ASSERT_TRUE(models_.open(folder_.string(), {}).has_value());
  EXPECT_FALSE(is_kept({}, false));
}

TEST_F(OpenedModelsTest, KeepsTheLastFew) {
  ASSERT_TRUE(models_.open(folder_.string(), {.precision = Precision::kF32}).has_value());
  ASSERT_TRUE(models_.open(folder_.string(), {.precision = Precision::kInt8}).has_value());
  ASSERT_TRUE(models_.open(folder_.string(), {.precision = Precision::kF32}).has_value());
  ASSERT_TRUE(models_.open(folder_.string(), {.precision = Precision::kAuto}).has_value());
  EXPECT_TRUE(is_kept({.precision = Precision::kF32}, true));
  EXPECT_FALSE(is_kept({.precision = Precision::kInt8}, true));
}

TEST_F(OpenedModelsTest, OpensWhatHasNoFiles) {
  EXPECT_TRUE(models_.open("builtin:lexical", {}).has_value());
  EXPECT_FALSE(models_.open("no model", {}).has_value());
}

}  // namespace
}  // namespace colvec::server
