#include "hub/fetch_blob.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/hash.h"
#include "hub/hub_fixture.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

std::string bytes_of(std::size_t count) {
  std::string bytes;
  for (std::size_t k = 0; k < count; ++k)
    bytes.push_back(static_cast<char>((31 * k + k / 257) % 256));
  return bytes;
}

class FetchBlob : public testing::Test {
 protected:
  FetchBlob() : settings_(hub_.settings()), cache_(hub_.cache()) {}

  void SetUp() override {
    if (!hub_.is_up()) GTEST_SKIP() << "SKIPPED: python3 does not run";
    hub_.write("org/blobs", "large.bin", content_);
    hub_.write("org/blobs", "small.json", "{}");
    ASSERT_TRUE(cache_.make_folders(repo_).has_value());
    HubApi api(settings_, {.backoff = kQuickBackoff});
    commit_ = api.commit_of(repo_).value();
    const std::vector<RepoFile> files = api.files(repo_, commit_).value();
    for (const RepoFile& file : files) (file.path == "large.bin" ? large_ : small_) = file;
  }

  Result<std::uint64_t> fetch(const RepoFile& file) {
    HubApi api(settings_, {.backoff = kQuickBackoff});
    return fetch_blob({api, cache_, repo_, commit_}, file,
                      [&](std::uint64_t now) { done_.push_back(now); });
  }
  fs::path incomplete() const { return cache_.blob(repo_, large_.checksum + ".incomplete"); }
  std::string blob() const {
    return read_file(cache_.blob(repo_, large_.checksum), 10u << 20).value_or("none");
  }
  void leave_start(std::string_view bytes) { ASSERT_TRUE(replace_file(incomplete(), bytes)); }

  const std::string content_ = bytes_of(300'000);
  HubHome hub_;
  const HubSettings settings_;
  const HubCache cache_;
  const RepoName repo_{.org = "org", .name = "blobs"};
  std::string commit_;
  RepoFile large_;
  RepoFile small_;
  std::vector<std::uint64_t> done_;
};

TEST_F(FetchBlob, BringsAFileOnce) {
  EXPECT_EQ(fetch(large_).value(), content_.size());
  EXPECT_EQ(blob(), content_);
  EXPECT_EQ(done_.back(), content_.size());
  EXPECT_FALSE(fs::exists(incomplete()));
  EXPECT_EQ(fetch(large_).value(), 0u);
  EXPECT_EQ(fetch(small_).value(), 2u);
  EXPECT_EQ(read_file(cache_.blob(repo_, small_.checksum), 100).value(), "{}");
}

TEST_F(FetchBlob, GoesOnWhereItEnded) {
  leave_start(content_.substr(0, 100'000));
  EXPECT_EQ(fetch(large_).value(), 200'000u);
  EXPECT_EQ(blob(), content_);
  EXPECT_THAT(hub_.requests(), HasSubstr(" from 100000"));
}

TEST_F(FetchBlob, GoesOnAfterEachCut) {
  hub_.fail("cut", 3);
  EXPECT_EQ(fetch(large_).value(), content_.size());
  EXPECT_EQ(blob(), content_);
  EXPECT_THAT(hub_.requests(), HasSubstr(" from 262500"));  // After three halves.
}

TEST_F(FetchBlob, AWrongStartIsFetchedAnew) {
  leave_start(std::string(100'000, 'x'));
  EXPECT_EQ(fetch(large_).value(), 500'000u);
  EXPECT_EQ(blob(), content_);
  leave_start(content_ + "more");
  fs::remove(cache_.blob(repo_, large_.checksum));
  EXPECT_EQ(fetch(large_).value(), content_.size());
  EXPECT_EQ(blob(), content_);
}

TEST_F(FetchBlob, OtherBytesThanNamedAreRefused) {
  hub_.fail("wrong", 1);
  const Result<std::uint64_t> fetched = fetch(large_);
  ASSERT_FALSE(fetched.has_value());
  EXPECT_EQ(fetched.error().code, ErrorCode::kCorruption);
  EXPECT_THAT(fetched.error().message,
              HasSubstr("org/blobs: large.bin: the hub sends other bytes than it has named"));
  EXPECT_EQ(blob(), "none");
  EXPECT_FALSE(fs::exists(incomplete()));
  EXPECT_TRUE(fetch(large_).has_value());
}

TEST_F(FetchBlob, GivesUpAndKeepsTheStart) {
  leave_start(content_.substr(0, 100'000));
  hub_.fail("503", 4);
  const Result<std::uint64_t> fetched = fetch(large_);
  ASSERT_FALSE(fetched.has_value());
  EXPECT_EQ(fetched.error().code, ErrorCode::kIo);
  EXPECT_EQ(fs::file_size(incomplete()), 100'000u);
}

TEST_F(FetchBlob, TheTokenStaysAtTheHub) {
  const HubSettings settings = hub_.settings("secret");
  HubApi api(settings, {.backoff = kQuickBackoff});
  // The other host refuses requests with a token.
  EXPECT_TRUE(fetch_blob({api, cache_, repo_, commit_}, large_, [](std::uint64_t) {}).has_value());
  EXPECT_THAT(hub_.requests(), HasSubstr("large.bin +token"));
  EXPECT_THAT(hub_.requests(), Not(HasSubstr("/cdn/" + large_.checksum + " +token")));
}

// `git hash-object` and `sha256sum` of a file that holds "hello".
TEST_F(FetchBlob, ChecksumsAreThoseOfGitAndOfLargeFiles) {
  const fs::path file = hub_.cache() / "file";
  ASSERT_TRUE(replace_file(file, "hello"));
  EXPECT_TRUE(check_file(file, "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0").has_value());
  EXPECT_TRUE(check_file(file, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")
                  .has_value());
  EXPECT_EQ(check_file(file, std::string(40, '0')).error().code, ErrorCode::kCorruption);
}

}  // namespace
}  // namespace colvec
