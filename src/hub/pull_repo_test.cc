#include "hub/pull_repo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "hub/hub_cache.h"
#include "hub/hub_fixture.h"
#include "model/weights.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

class PullRepo : public testing::Test {
 protected:
  void SetUp() override {
    if (!hub_.is_up()) GTEST_SKIP() << "SKIPPED: python3 does not run";
    hub_.add_model("org/tiny", "tiny-bert");
    hub_.write("org/tiny", "README.md", "# tiny");
    hub_.write("org/tiny", "pytorch_model.bin", "never opened");
  }

  Result<PulledModel> pull(const std::string& name, const PullOptions& options = {}) {
    return pull_repo(parse_repo_name(name).value(), hub_.settings(), options, kQuickBackoff);
  }

  HubHome hub_;
};

TEST_F(PullRepo, BringsAModelThatCanBeOpened) {
  PullProgress last;
  const PulledModel pulled =
      pull("org/tiny", {.on_progress = [&](const PullProgress& now) { last = now; }}).value();
  EXPECT_EQ(pulled.name, "org/tiny");
  EXPECT_EQ(pulled.files, 10u);
  EXPECT_EQ(pulled.files_fetched, 10u);
  EXPECT_EQ(pulled.bytes_fetched, pulled.bytes);
  EXPECT_EQ(last.bytes_done, pulled.bytes);
  EXPECT_EQ(last.bytes_total, pulled.bytes);
  EXPECT_TRUE(Weights::open(pulled.folder).has_value());
  EXPECT_TRUE(fs::exists(pulled.folder / "2_Dense" / "model.safetensors"));
  EXPECT_FALSE(fs::exists(pulled.folder / "README.md"));
  EXPECT_FALSE(fs::exists(pulled.folder / "pytorch_model.bin"));
  EXPECT_EQ(HubCache(hub_.cache()).find_commit(parse_repo_name("org/tiny").value()), pulled.commit);
}

TEST_F(PullRepo, FetchesOnlyWhatIsNew) {
  ASSERT_TRUE(pull("org/tiny").has_value());
  EXPECT_EQ(pull("org/tiny")->bytes_fetched, 0u);
  hub_.write("org/tiny", "sentence_bert_config.json", R"({"max_seq_length": 40})");
  const PulledModel again = pull("org/tiny").value();
  EXPECT_EQ(again.files_fetched, 1u);
  EXPECT_EQ(read_file(again.folder / "sentence_bert_config.json", 100).value(),
            R"({"max_seq_length": 40})");
}

TEST_F(PullRepo, AModelThatIsNotOursIsRefusedBeforeItsWeightsCome) {
  hub_.write("org/tiny", "config.json", R"({"model_type": "quantumbert"})");
  const Result<PulledModel> pulled = pull("org/tiny");
  ASSERT_FALSE(pulled.has_value());
  EXPECT_EQ(pulled.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(pulled.error().message, HasSubstr("model_type is not supported: quantumbert"));
  EXPECT_THAT(hub_.requests(), Not(HasSubstr("model.safetensors")));
  EXPECT_EQ(HubCache(hub_.cache()).find_commit(parse_repo_name("org/tiny").value()), std::nullopt);
}

TEST_F(PullRepo, APullThatFailedGoesOnWhereItWas) {
  hub_.write("org/other", "config.json", R"({"model_type": "bert"})");
  EXPECT_THAT(pull("org/other").error().message, HasSubstr("org/other: has no tokenizer"));
  hub_.fail("wrong", 1);
  EXPECT_EQ(pull("org/tiny", {.files_at_once = 1}).error().code, ErrorCode::kCorruption);
  const PulledModel pulled = pull("org/tiny").value();
  EXPECT_LT(pulled.files_fetched, 10u);
  EXPECT_TRUE(Weights::open(pulled.folder).has_value());
}

TEST_F(PullRepo, ACancelStopsIt) {
  CancelToken cancel;
  cancel.request();
  EXPECT_EQ(pull("org/tiny", {.cancel = &cancel}).error().code, ErrorCode::kCancelled);
}

TEST_F(PullRepo, ACommitThatIsAskedForBecomesNoBranch) {
  const std::string commit = pull("org/tiny")->commit;
  fs::remove_all(hub_.cache());
  EXPECT_EQ(pull("org/tiny@" + commit)->commit, commit);
  const HubCache cache(hub_.cache());
  EXPECT_EQ(cache.find_commit(parse_repo_name("org/tiny").value()), std::nullopt);
  EXPECT_EQ(cache.find_commit(parse_repo_name("org/tiny@" + commit).value()), commit);
}

}  // namespace
}  // namespace colvec
