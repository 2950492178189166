#include "remote/staged_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "base/file.h"
#include "remote/remote_fixture.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class StagedFiles : public testing::Test {
 protected:
  void SetUp() override {
    if (!s3_.is_up()) GTEST_SKIP() << "SKIPPED: no python3 to run fake_s3.py";
    bucket_ = s3_.open("s3://bucket");
  }

  Result<fs::path> stage(const std::string& url) {
    return stage_files(url, folder_.path() / "sources", s3_.options());
  }
  static std::string read(const fs::path& path) { return read_file(path, 1 << 20).value_or("-"); }

  FakeS3 s3_;
  RemoteFolder folder_;
  std::unique_ptr<ObjectStore> bucket_;
};

TEST_F(StagedFiles, OneObjectIsFetchedOnceAndAgainWhenItChanges) {
  ASSERT_TRUE(bucket_->put("in/some rows+=.csv", "a", {}));
  const std::string url = "s3://bucket/in/some rows+=.csv";
  const fs::path path = stage(url).value();
  EXPECT_EQ(path.filename(), "some rows+=.csv");
  EXPECT_EQ(read(path), "a");
  const std::uint64_t gets = s3_.count("GET");
  EXPECT_EQ(stage(url).value(), path);
  EXPECT_EQ(s3_.count("GET"), gets);
  ASSERT_TRUE(bucket_->put("in/some rows+=.csv", "b", {}));
  EXPECT_EQ(stage(url).value(), path);
  EXPECT_EQ(read(path), "b");
  // A file that was damaged here is fetched again.
  ASSERT_TRUE(replace_file(path, "longer"));
  ASSERT_TRUE(stage(url));
  EXPECT_EQ(read(path), "b");
}

TEST_F(StagedFiles, APatternFitsTheFilesThatAreThereNow) {
  for (const char* key : {"in/1.csv", "in/2.csv", "in/deep/3.csv", "in/4.txt", "other/5.csv"})
    ASSERT_TRUE(bucket_->put(key, key, {}));
  const fs::path pattern = stage("s3://bucket/in/*.csv").value();
  EXPECT_EQ(pattern.filename(), "*.csv");
  const fs::path folder = pattern.parent_path();
  EXPECT_EQ(read(folder / "1.csv"), "in/1.csv");
  EXPECT_EQ(read(folder / "2.csv"), "in/2.csv");
  EXPECT_FALSE(fs::exists(folder / "deep"));
  EXPECT_FALSE(fs::exists(folder / "4.txt"));
  ASSERT_TRUE(bucket_->remove("in/1.csv"));
  ASSERT_TRUE(stage("s3://bucket/in/*.csv"));
  EXPECT_FALSE(fs::exists(folder / "1.csv"));
  EXPECT_TRUE(fs::exists(folder / "2.csv"));
}

TEST_F(StagedFiles, WhatHasComeBeforeAFailureIsKnown) {
  for (const char* key : {"in/1.csv", "in/2.csv", "in/3.csv"})
    ASSERT_TRUE(bucket_->put(key, key, {}));
  s3_.fail_next("status=403&code=AccessDenied&method=GET&contains=3.csv");
  ASSERT_FALSE(stage("s3://bucket/in/*.csv").has_value());
  const std::uint64_t gets = s3_.count("GET");
  const fs::path folder = stage("s3://bucket/in/*.csv")->parent_path();
  EXPECT_EQ(s3_.count("GET"), gets + 2);  // The list and 3.csv.
  EXPECT_EQ(read(folder / "1.csv"), "in/1.csv");
  EXPECT_EQ(read(folder / "3.csv"), "in/3.csv");
}

TEST_F(StagedFiles, WhatHasComeBeforeAFailureGoesWithItsObject) {
  for (const char* key : {"in/1.csv", "in/2.csv"}) ASSERT_TRUE(bucket_->put(key, key, {}));
  s3_.fail_next("status=403&code=AccessDenied&method=GET&contains=2.csv");
  ASSERT_FALSE(stage("s3://bucket/in/*.csv").has_value());
  ASSERT_TRUE(bucket_->remove("in/1.csv"));
  const fs::path folder = stage("s3://bucket/in/*.csv")->parent_path();
  EXPECT_FALSE(fs::exists(folder / "1.csv"));
  EXPECT_EQ(read(folder / "2.csv"), "in/2.csv");
}

TEST_F(StagedFiles, WhatAKilledRunHasLeftGoes) {
  ASSERT_TRUE(bucket_->put("in/1.csv", "a", {}));
  const fs::path folder = stage("s3://bucket/in/*.csv")->parent_path();
  // A file that came before the kill, and whose object has gone since; and a draft.
  ASSERT_TRUE(replace_file(folder / "2.csv", "b"));
  ASSERT_TRUE(replace_file(folder / ".0123.tmp", "half"));
  ASSERT_TRUE(stage("s3://bucket/in/*.csv"));
  EXPECT_FALSE(fs::exists(folder / "2.csv"));
  EXPECT_FALSE(fs::exists(folder / ".0123.tmp"));
  EXPECT_EQ(read(folder / "1.csv"), "a");
}

TEST_F(StagedFiles, ACancelStopsIt) {
  ASSERT_TRUE(bucket_->put("in/1.csv", "a", {}));
  for (const auto& [name, value] : s3_.variables()) ::setenv(name.c_str(), value.c_str(), 1);
  CancelToken cancel;
  EXPECT_TRUE(local_files("s3://bucket/in/1.csv", folder_.path() / "sources", &cancel));
  cancel.request();
  const auto staged = local_files("s3://bucket/in/1.csv", folder_.path() / "sources", &cancel);
  for (const auto& [name, value] : s3_.variables()) ::unsetenv(name.c_str());
  ASSERT_FALSE(staged.has_value());
  EXPECT_EQ(staged.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(local_files("/a/file.csv", folder_.path(), &cancel).value(), "/a/file.csv");
}

TEST_F(StagedFiles, SaysWhatIsMissing) {
  const struct {
    const char* url;
    ErrorCode code;
    const char* message;
  } cases[] = {
      {"s3://bucket/none.csv", ErrorCode::kNotFound, "none.csv"},
      {"s3://bucket/in/*.none", ErrorCode::kNotFound,
       "s3://bucket/in/*.none: no object there fits"},
      {"s3://bucket", ErrorCode::kInvalidArgument, "must name an object"},
      {"s3://bucket/folder/", ErrorCode::kInvalidArgument, "must name an object"},
      {"s3://bucket/../x.csv", ErrorCode::kInvalidArgument, "not a key"},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.url);
    const auto staged = stage(test.url);
    ASSERT_FALSE(staged.has_value());
    EXPECT_EQ(staged.error().code, test.code);
    EXPECT_THAT(staged.error().message, HasSubstr(test.message));
  }
}

}  // namespace
}  // namespace colvec
