#include "hub/hub_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/file.h"
#include "hub/hub_fixture.h"

namespace colvec {
namespace {

using testing::HasSubstr;

class HubApiTest : public testing::Test {
 protected:
  static HubHome& hub() {
    static HubHome hub;
    return hub;
  }
  void SetUp() override {
    if (!hub().is_up()) GTEST_SKIP() << "SKIPPED: python3 does not run";
    hub().add_model("org/tiny", "tiny-bert");
  }

  Result<std::string> commit_of(const std::string& repo, const std::string& token = "") {
    const HubSettings settings = hub().settings(token);
    return HubApi(settings, {.backoff = kQuickBackoff}).commit_of(parse_repo_name(repo).value());
  }
};

TEST_F(HubApiTest, ListsAllPagesOfFiles) {
  const HubSettings settings = hub().settings();
  HubApi api(settings, {.backoff = kQuickBackoff});
  const RepoName repo = parse_repo_name("org/tiny").value();
  const std::string commit = api.commit_of(repo).value();
  EXPECT_TRUE(is_commit(commit));
  const std::vector<RepoFile> files = api.files(repo, commit).value();
  ASSERT_EQ(files.size(), 10u);  // In pages of three.
  EXPECT_EQ(files.front().path, "1_Pooling/config.json");
  EXPECT_EQ(files.front().size, 185u);
  EXPECT_EQ(files.front().checksum.size(), 40u);
  const auto weights = std::find_if(files.begin(), files.end(), [](const RepoFile& file) {
    return file.path == "model.safetensors";
  });
  ASSERT_NE(weights, files.end());
  EXPECT_EQ(weights->size, 123144u);
  // sha256sum of the file.
  EXPECT_EQ(weights->checksum.size(), 64u);
}

TEST_F(HubApiTest, ErrorsSayWhatToDo) {
  struct Case {
    const char* repo;
    const char* token;
    ErrorCode code;
    const char* says;
  };
  for (const Case& c : {
           Case{"org/none", "", ErrorCode::kInvalidArgument, "without a token (HF_TOKEN)"},
           Case{"org/none", "secret", ErrorCode::kNotFound, "org/none: the hub has no such model"},
           Case{"org/tiny@v2", "", ErrorCode::kNotFound,
                "org/tiny: the hub has no such revision: v2"},
           Case{"gated/tiny", "", ErrorCode::kInvalidArgument,
                "Access to this model is restricted"},
           Case{"org/tiny", "wrong", ErrorCode::kInvalidArgument, "does not take the token"},
           Case{"closed/tiny", "secret", ErrorCode::kInvalidArgument, "the hub refuses access"},
       }) {
    const Result<std::string> commit = commit_of(c.repo, c.token);
    ASSERT_FALSE(commit.has_value()) << c.repo;
    EXPECT_EQ(commit.error().code, c.code) << c.repo;
    EXPECT_THAT(commit.error().message, HasSubstr(c.says));
  }
}

TEST_F(HubApiTest, TriesAgainWhatPasses) {
  hub().fail("503", 1);
  hub().fail("429", 1);
  hub().fail("reset", 1);
  EXPECT_TRUE(commit_of("org/tiny").has_value());
  hub().fail("503", 4);
  const Result<std::string> commit = commit_of("org/tiny");
  ASSERT_FALSE(commit.has_value());
  EXPECT_EQ(commit.error().code, ErrorCode::kIo);
  EXPECT_EQ(commit.error().message, "org/tiny: the hub answers 503");
}

TEST_F(HubApiTest, AHubThatIsNotThereIsAnIoError) {
  HubSettings settings = hub().settings();
  settings.endpoint = "http://127.0.0.1:1";
  const Result<std::string> commit =
      HubApi(settings, {.backoff = {.attempts_max = 1}}).commit_of({.org = "a", .name = "b"});
  ASSERT_FALSE(commit.has_value());
  EXPECT_EQ(commit.error().code, ErrorCode::kIo);
}

}  // namespace
}  // namespace colvec
