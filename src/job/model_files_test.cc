#include "job/model_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "job/job_fixture.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

class ModelFiles : public testing::Test {
 protected:
  void put(const fs::path& path, const std::string& bytes = "x") {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
  }
  static std::string bytes_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::vector<std::string> copy() {
    const auto copied = copy_model_files(from_, to_);
    EXPECT_TRUE(copied.has_value()) << (copied ? "" : copied.error().message);
    return copied ? *copied : std::vector<std::string>{};
  }

  JobFolder folder_;
  const fs::path from_ = folder_.path() / "model";
  const fs::path to_ = folder_.path() / "bundle" / "models" / "m";
};

TEST_F(ModelFiles, TakesWhatIsNeededAndNotTheSameInOtherFormats) {
  for (const char* name :
       {"config.json", "vocab.txt", "model.safetensors", "spiece.model", "chat_template.jinja",
        "README.md", "LICENSE", "1_Pooling/config.json", "pytorch_model.bin", "model.onnx",
        "onnx/config.json", "openvino/model.json", ".git/config.json", "notes.md"})
    put(from_ / name, name);
  EXPECT_THAT(copy(),
              ElementsAre("1_Pooling/config.json", "LICENSE", "README.md", "chat_template.jinja",
                          "config.json", "model.safetensors", "spiece.model", "vocab.txt"));
  EXPECT_EQ(bytes_of(to_ / "1_Pooling" / "config.json"), "1_Pooling/config.json");
  EXPECT_FALSE(fs::exists(to_ / "pytorch_model.bin"));
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(to_)) files += entry.is_regular_file();
  EXPECT_EQ(files, 8u);
}

// As model hubs keep their files: names that link to a heap of contents.
TEST_F(ModelFiles, LinksAreFollowed) {
  put(folder_.path() / "blobs" / "one", "weights");
  put(folder_.path() / "pooling" / "config.json", "pooling");
  fs::create_directories(from_);
  fs::create_symlink("../blobs/one", from_ / "model.safetensors");
  fs::create_symlink("../pooling", from_ / "1_Pooling");
  EXPECT_THAT(copy(), ElementsAre("1_Pooling/config.json", "model.safetensors"));
  EXPECT_FALSE(fs::is_symlink(to_ / "model.safetensors"));
  EXPECT_EQ(bytes_of(to_ / "model.safetensors"), "weights");
  EXPECT_EQ(bytes_of(to_ / "1_Pooling" / "config.json"), "pooling");
}

TEST_F(ModelFiles, ALinkToNothingOrAroundInACircleIsNoEndlessWalk) {
  put(from_ / "config.json");
  fs::create_symlink("nowhere", from_ / "vocab.txt");
  EXPECT_THAT(copy(), ElementsAre("config.json"));
  fs::create_directory_symlink(".", from_ / "again");
  const auto copied = copy_model_files(from_, to_);
  EXPECT_FALSE(copied.has_value() && copied->size() > 2000);
}

TEST_F(ModelFiles, WhatIsThereStays) {
  put(from_ / "config.json", "12");
  copy();
  const auto time = fs::last_write_time(to_ / "config.json");
  fs::last_write_time(to_ / "config.json", time - std::chrono::hours(1));
  EXPECT_THAT(copy(), ElementsAre("config.json"));
  EXPECT_EQ(fs::last_write_time(to_ / "config.json"), time - std::chrono::hours(1));
  put(from_ / "config.json", "123");
  copy();
  EXPECT_EQ(bytes_of(to_ / "config.json"), "123");
}

TEST_F(ModelFiles, FoldersThatAreNoModelsAreRefused) {
  EXPECT_EQ(copy_model_files(from_, to_).error().code, ErrorCode::kIo);
  fs::create_directories(from_);
  EXPECT_THAT(copy(), IsEmpty());
  for (int i = 0; i < 2001; ++i) put(from_ / (std::to_string(i) + ".txt"));
  EXPECT_EQ(copy_model_files(from_, to_).error().code, ErrorCode::kUnsupported);
  EXPECT_FALSE(fs::exists(to_ / "0.txt"));
}

}  // namespace
}  // namespace colvec
