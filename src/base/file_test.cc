#include "base/file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <string>
#include <vector>

namespace colvec {
namespace {

namespace fs = std::filesystem;

class Files : public testing::Test {
 protected:
  Files() : folder_(fs::temp_directory_path() / ("file_test." + std::to_string(::getpid()))) {
    fs::create_directories(folder_);
  }
  ~Files() override { fs::remove_all(folder_); }

  std::vector<std::string> parts_of(const fs::path& path) {
    std::vector<std::string> parts;
    const Status read =
        read_in_parts(path, [&](std::string_view part) { parts.emplace_back(part); });
    EXPECT_TRUE(read) << read.error().message;
    return parts;
  }

  fs::path folder_;
};

TEST_F(Files, AreReplacedAndReadBack) {
  for (const std::string& bytes : {std::string("one"), std::string(), std::string("a\0b", 3)}) {
    ASSERT_TRUE(replace_file(folder_ / "f", bytes));
    EXPECT_EQ(read_file(folder_ / "f", 3).value(), bytes);
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

TEST_F(Files, LongerThanAskedForAreRefused) {
  ASSERT_TRUE(replace_file(folder_ / "f", "four"));
  const auto read = read_file(folder_ / "f", 3);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(read.error().message, (folder_ / "f").string() + ": too long: 4 bytes, at most 3");
}

TEST_F(Files, ComeInPartsThatMakeTheWhole) {
  std::string bytes;
  for (int i = 0; bytes.size() < (5u << 19); ++i) bytes += std::to_string(i);
  ASSERT_TRUE(replace_file(folder_ / "f", bytes));
  const std::vector<std::string> parts = parts_of(folder_ / "f");
  EXPECT_EQ(parts.size(), 3u);
  std::string whole;
  for (const std::string& part : parts) {
    EXPECT_LE(part.size(), 1u << 20);
    whole += part;
  }
  EXPECT_EQ(whole, bytes);
  ASSERT_TRUE(replace_file(folder_ / "f", ""));
  EXPECT_TRUE(parts_of(folder_ / "f").empty());
}

TEST_F(Files, ThatAreNotThereOrAreFoldersAreNamed) {
  const auto ignore = [](std::string_view) {};
  const Status missing = read_in_parts(folder_ / "none", ignore);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(missing.error().message, (folder_ / "none").string() + ": No such file or directory");
  EXPECT_EQ(read_in_parts(folder_, ignore).error().message, folder_.string() + ": Is a directory");
  EXPECT_EQ(read_file(folder_, 10).error().message, folder_.string() + ": is a folder");
  EXPECT_EQ(MappedFile::open(folder_).error().message, folder_.string() + ": is a folder");
}

TEST_F(Files, MappedHaveTheBytesUntilTheEnd) {
  ASSERT_TRUE(replace_file(folder_ / "f", "mapped"));
  const MappedFile moved = [&] {
    MappedFile file = MappedFile::open(folder_ / "f").value();
    return MappedFile(std::move(file));
  }();
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(moved.bytes().data()), moved.bytes().size()),
            "mapped");
  ASSERT_TRUE(replace_file(folder_ / "f", ""));
  EXPECT_TRUE(MappedFile::open(folder_ / "f").value().bytes().empty());
}

// What this process has in memory, mapped files included.
std::size_t bytes_in_memory() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6)) * 1024;
  return 0;
}

TEST_F(Files, MappedGiveMemoryBackAndAreReadAgain) {
  constexpr std::size_t kBytes = 32 << 20;
  std::string content(kBytes, '\0');
  for (std::size_t i = 0; i < kBytes; i += 1000) content[i] = static_cast<char>(i / 1000);
  ASSERT_TRUE(replace_file(folder_ / "f", content));
  const MappedFile file = MappedFile::open(folder_ / "f").value();
  const auto is_whole = [&] {
    return std::memcmp(file.bytes().data(), content.data(), kBytes) == 0;
  };
  const std::size_t before = bytes_in_memory();
  EXPECT_TRUE(is_whole());
  EXPECT_GT(bytes_in_memory(), before + kBytes / 2);
  file.forget(1, kBytes - 1);
  EXPECT_LT(bytes_in_memory(), before + kBytes / 2);
  EXPECT_TRUE(is_whole());
  file.forget(5000, 3000);  // No whole page.
  file.forget(kBytes, 0);
  EXPECT_TRUE(is_whole());
}

}  // namespace
}  // namespace colvec
