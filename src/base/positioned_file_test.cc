#include "base/positioned_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

#include "base/file.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

class PositionedFileTest : public testing::Test {
 protected:
  PositionedFileTest()
      : path_(fs::temp_directory_path() / ("positioned_test." + std::to_string(::getpid()))) {
    fs::remove(path_);
  }
  ~PositionedFileTest() override { fs::remove(path_); }
  fs::path path_;
};

TEST_F(PositionedFileTest, PartsMayComeInAnyOrder) {
  const PositionedFile file = PositionedFile::open_to_write(path_).value();
  ASSERT_TRUE(file.write_at(6, "world"));
  ASSERT_TRUE(file.write_at(0, "hello "));
  EXPECT_EQ(read_file(path_, 100).value(), "hello world");
  EXPECT_EQ(file.size().value(), 11u);
}

TEST_F(PositionedFileTest, ReadsLessOnlyAtTheEnd) {
  ASSERT_TRUE(replace_file(path_, "0123456789"));
  const PositionedFile file = PositionedFile::open_to_read(path_).value();
  std::string bytes(4, ' ');
  EXPECT_EQ(file.read_at(2, bytes).value(), 4u);
  EXPECT_EQ(bytes, "2345");
  EXPECT_EQ(file.read_at(8, bytes).value(), 2u);
  EXPECT_EQ(file.read_at(100, bytes).value(), 0u);
}

TEST_F(PositionedFileTest, KeepsWhatIsThereUntilItIsCut) {
  ASSERT_TRUE(replace_file(path_, "0123456789"));
  const PositionedFile file = PositionedFile::open_to_write(path_).value();
  ASSERT_TRUE(file.resize(3));
  ASSERT_TRUE(file.sync());
  EXPECT_EQ(read_file(path_, 100).value(), "012");
}

TEST_F(PositionedFileTest, NamesThePathInErrors) {
  const auto missing = PositionedFile::open_to_read(path_);
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(missing.error().message.starts_with(path_.string())) << missing.error().message;
  EXPECT_EQ(PositionedFile::open_to_read(fs::temp_directory_path()).error().code, ErrorCode::kIo);
}

}  // namespace
}  // namespace colvec
