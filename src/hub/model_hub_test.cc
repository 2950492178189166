#include "colvec/model_hub.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "base/file.h"
#include "hub/hub_cache.h"
#include "hub/hub_fixture.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ModelHub : public testing::Test {
 protected:
  void SetUp() override {
    if (!hub_.is_up()) GTEST_SKIP() << "SKIPPED: python3 does not run";
    hub_.add_model("org/tiny", "tiny-bert");
    ::setenv("HF_HUB_CACHE", hub_.cache().c_str(), 1);
    ::setenv("HF_HOME", (hub_.cache() / "home").c_str(), 1);
    ::setenv("HF_ENDPOINT", hub_.settings().endpoint.c_str(), 1);
    ::unsetenv("HF_HUB_OFFLINE");
    ::unsetenv("HF_TOKEN");
  }
  HubCache cache() const { return HubCache(hub_.cache()); }
  const RepoName repo_{.org = "org", .name = "tiny"};
  HubHome hub_;
};

TEST_F(ModelHub, PulledModelsAreListedAndFound) {
  EXPECT_THAT(cached_models().value(), IsEmpty());
  const Error missing = cached_model_folder("org/tiny").error();
  EXPECT_EQ(missing.code, ErrorCode::kNotFound);
  EXPECT_THAT(missing.message, HasSubstr("colvec model pull org/tiny"));
  const PulledModel pulled = pull_model("org/tiny", {}).value();
  EXPECT_EQ(cached_model_folder("org/tiny").value(), pulled.folder);
  const std::vector<CachedModel> models = cached_models().value();
  ASSERT_EQ(models.size(), 1u);
  EXPECT_EQ(models[0].name, "org/tiny");
  EXPECT_THAT(models[0].revisions, ElementsAre("main"));
  EXPECT_EQ(models[0].folder, pulled.folder);
  EXPECT_EQ(models[0].bytes, pulled.bytes);
}

TEST_F(ModelHub, OfflineNothingIsFetched) {
  const Result<PulledModel> nothing = pull_model("org/tiny", {.offline = true});
  ASSERT_FALSE(nothing.has_value());
  EXPECT_EQ(nothing.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(hub_.requests(), "[\"GET /requests\"]");
  const PulledModel pulled = pull_model("org/tiny", {}).value();
  EXPECT_EQ(pull_model("org/tiny", {.offline = true})->folder, pulled.folder);
}

TEST_F(ModelHub, AsksWhichHub) {
  ::unsetenv("HF_ENDPOINT");
  const Result<PulledModel> pulled = pull_model("org/tiny", {});
  ASSERT_FALSE(pulled.has_value());
  EXPECT_EQ(pulled.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(pulled.error().message, HasSubstr("HF_ENDPOINT or --endpoint"));
  EXPECT_TRUE(pull_model("org/tiny", {.endpoint = hub_.settings().endpoint + "/"}).has_value());
}

TEST_F(ModelHub, VerifyFindsAByteThatChanged) {
  const PulledModel pulled = pull_model("org/tiny", {}).value();
  EXPECT_EQ(verify_cached_model("org/tiny")->files, pulled.files);
  EXPECT_EQ(verify_cached_model("org/tiny")->bytes, pulled.bytes);
  CancelToken cancel;
  cancel.request();
  EXPECT_EQ(verify_cached_model("org/tiny", &cancel).error().code, ErrorCode::kCancelled);
  const fs::path weights = fs::canonical(pulled.folder / "model.safetensors");
  std::string bytes = read_file(weights, 1u << 20).value();
  bytes[5000] = static_cast<char>(bytes[5000] ^ 1);
  ASSERT_TRUE(replace_file(weights, bytes).has_value());
  const Result<VerifiedFiles> verified = verify_cached_model("org/tiny");
  ASSERT_FALSE(verified.has_value());
  EXPECT_EQ(verified.error().code, ErrorCode::kCorruption);
  EXPECT_THAT(verified.error().message, HasSubstr(weights.filename().string()));
}

TEST_F(ModelHub, RemovingACommitKeepsWhatOthersHave) {
  const PulledModel old = pull_model("org/tiny", {}).value();
  hub_.write("org/tiny", "sentence_bert_config.json", R"({"max_seq_length": 40})");
  const PulledModel now = pull_model("org/tiny", {}).value();
  const RemovedModel removed = remove_cached_model("org/tiny@" + old.commit).value();
  EXPECT_EQ(removed.commits, 1u);
  EXPECT_EQ(removed.bytes, 51u);  // Of the one file that differs.
  EXPECT_TRUE(verify_cached_model("org/tiny").has_value());
  EXPECT_EQ(cached_models()->size(), 1u);
  EXPECT_EQ(remove_cached_model("org/tiny")->bytes, now.bytes);
  EXPECT_THAT(cached_models().value(), IsEmpty());
  EXPECT_EQ(remove_cached_model("org/tiny").error().code, ErrorCode::kNotFound);
}

TEST_F(ModelHub, WhatIsBeingPulledIsNotRemoved) {
  ASSERT_TRUE(pull_model("org/tiny", {}).has_value());
  for (const fs::path& path : {cache().pull_lock(repo_), cache().blob_lock(repo_, "0123")}) {
    const FileLock lock = FileLock::acquire(path).value();
    const Result<RemovedModel> removed = remove_cached_model("org/tiny");
    ASSERT_FALSE(removed.has_value());
    EXPECT_EQ(removed.error().code, ErrorCode::kConflict);
    EXPECT_THAT(removed.error().message, HasSubstr("org/tiny: is being pulled"));
  }
  EXPECT_TRUE(remove_cached_model("org/tiny").has_value());
}

}  // namespace
}  // namespace colvec
