#include "remote/file_digest.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/file.h"
#include "base/hash.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

class FileDigest : public testing::Test {
 protected:
  FileDigest() : path_(fs::temp_directory_path() / ("digest_test." + std::to_string(::getpid()))) {}
  ~FileDigest() override { fs::remove(path_); }
  PositionedFile file(const std::string& bytes) {
    EXPECT_TRUE(replace_file(path_, bytes));
    return PositionedFile::open_to_read(path_).value();
  }
  fs::path path_;
};

TEST_F(FileDigest, IsThatOfThePartAskedFor) {
  // Longer than a block.
  std::string bytes;
  for (int i = 0; i < 3'000'000; ++i) bytes.push_back(static_cast<char>(i * 7 % 251));
  const std::string part = bytes.substr(1000, 2'500'000);
  Sha256 sha256;
  sha256.update(part);
  Md5 md5;
  md5.update(part);
  const FileDigests digests = digest_file(file(bytes), 1000, part.size(),
                                          {.sha256 = true, .xxh3 = true, .md5 = true}, nullptr)
                                  .value();
  EXPECT_EQ(digests.sha256, hex(sha256.finish()));
  EXPECT_EQ(digests.xxh3, xxh3_hex(std::as_bytes(std::span(part))));
  EXPECT_EQ(digests.md5, md5.finish());
}

TEST_F(FileDigest, OfNothingIsThatOfAnEmptyFile) {
  const FileDigests digests = digest_file(file(""), 0, 0, {.sha256 = true}, nullptr).value();
  EXPECT_EQ(digests.sha256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(digests.xxh3, "");
}

TEST_F(FileDigest, NoticesAFileThatBecameShorter) {
  EXPECT_EQ(digest_file(file("short"), 0, 6, {.xxh3 = true}, nullptr).error().code, ErrorCode::kIo);
}

TEST_F(FileDigest, EndsWhenItIsCancelled) {
  CancelToken cancel;
  cancel.request();
  EXPECT_EQ(digest_file(file("bytes"), 0, 5, {.xxh3 = true}, &cancel).error().code,
            ErrorCode::kCancelled);
}

}  // namespace
}  // namespace colvec
