#include "hub/whole_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "temporary_folder.h"
#include "testdata.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

// A model in the cache as another program would put it there: without a list of ours.
class WholeModel : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(cache_.make_folders(repo_).has_value());
    fs::copy(own_testdata("models/tiny-bert/model"), place(), fs::copy_options::recursive);
    ASSERT_TRUE(cache_.write_ref(repo_, "main", kCommit).has_value());
  }
  fs::path place() const { return cache_.snapshot(repo_, kCommit); }
  void write(const std::string& path, std::string_view bytes) const {
    ASSERT_TRUE(replace_file(place() / path, bytes).has_value());
  }
  // "" for a whole model.
  std::string problem(bool offline = false) const {
    const Result<std::string> commit = find_whole_commit(cache_, repo_, offline);
    if (commit) return *commit == kCommit ? "" : "another commit: " + *commit;
    EXPECT_EQ(commit.error().code, ErrorCode::kNotFound);
    return commit.error().message;
  }

  const std::string kCommit = std::string(40, 'a');
  const TemporaryFolder folder_;
  const HubCache cache_{folder_.path()};
  const RepoName repo_{.org = "org", .name = "tiny"};
};

TEST_F(WholeModel, OneThatAnotherProgramHasBroughtCounts) {
  EXPECT_EQ(problem(), "");
  EXPECT_EQ(problem(true), "");
}

TEST_F(WholeModel, WithoutItsModulesItIsAPart) {
  fs::remove(place() / "modules.json");
  fs::remove_all(place() / "1_Pooling");
  EXPECT_THAT(problem(), HasSubstr("org/tiny: is here only in part, has no modules.json"));
  EXPECT_THAT(problem(), HasSubstr("fetch the rest with: colvec model pull org/tiny"));
  EXPECT_THAT(problem(), HasSubstr("name its folder, " + place().string()));
  EXPECT_THAT(problem(true), Not(HasSubstr("model pull")));
}

TEST_F(WholeModel, WithoutAFileThatAModelNeedsItIsAPart) {
  for (const char* path : {"config.json", "1_Pooling/config.json", "2_Dense/config.json",
                           "2_Dense/model.safetensors", "model.safetensors", "tokenizer.json"}) {
    SCOPED_TRACE(path);
    const fs::path kept = folder_.path() / "kept";
    fs::rename(place() / path, kept);
    EXPECT_THAT(problem(), HasSubstr("is here only in part, "));
    EXPECT_THAT(problem(), HasSubstr(path));
    // A link to a blob that is not there is no file.
    fs::create_symlink("nowhere", place() / path);
    EXPECT_THAT(problem(), HasSubstr("is here only in part, "));
    fs::rename(kept, place() / path);
    EXPECT_EQ(problem(), "");
  }
}

TEST_F(WholeModel, WithoutAShardOfItsWeightsItIsAPart) {
  fs::rename(place() / "model.safetensors", place() / "model-1-of-2.safetensors");
  write("model.safetensors.index.json",
        R"({"weight_map": {"a": "model-1-of-2.safetensors", "b": "model-2-of-2.safetensors"}})");
  EXPECT_THAT(problem(), HasSubstr("has no model-2-of-2.safetensors"));
  write("model-2-of-2.safetensors", "x");
  EXPECT_EQ(problem(), "");
}

TEST_F(WholeModel, OneThatIsMadeWithoutModulesCountsWhereSomebodyKnows) {
  fs::remove(place() / "modules.json");
  ASSERT_NE(problem(), "");
  // As huggingface_hub notes what a hub does not have.
  const fs::path absent = cache_.repo(repo_) / ".no_exist" / kCommit;
  fs::create_directories(absent);
  ASSERT_TRUE(replace_file(absent / "modules.json", "").has_value());
  EXPECT_EQ(problem(), "");
  fs::remove_all(absent);
  ASSERT_TRUE(
      cache_.write_pulled(repo_, kCommit, {"config.json", "model.safetensors"}).has_value());
  EXPECT_EQ(problem(), "");
}

TEST_F(WholeModel, Model2vecNeedsNoModules) {
  fs::remove(place() / "modules.json");
  write("config.json", R"({"model_type": "model2vec"})");
  EXPECT_EQ(problem(), "");
}

TEST_F(WholeModel, WhatAPullHasBroughtMustStillBeThere) {
  ASSERT_TRUE(cache_.write_pulled(repo_, kCommit, {"config.json", "sentence_bert_config.json"})
                  .has_value());
  EXPECT_EQ(problem(), "");
  fs::remove(place() / "sentence_bert_config.json");
  EXPECT_THAT(problem(), HasSubstr("has no sentence_bert_config.json"));
  // With the commit goes the list.
  ASSERT_TRUE(cache_.remove_commit(repo_, kCommit).has_value());
  EXPECT_FALSE(cache_.pulled_files(repo_, kCommit).has_value());
  EXPECT_THAT(problem(), HasSubstr("no such model"));
  EXPECT_THAT(problem(true), HasSubstr("offline it stays so"));
}

TEST_F(WholeModel, WhatIsDamagedIsLeftToTheLoader) {
  write("modules.json", "{");
  EXPECT_EQ(problem(), "");
}

}  // namespace
}  // namespace colvec
