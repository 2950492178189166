#include "job/deploy_remote.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/file.h"
#include "base/uuid.h"
#include "dataset/bundle_file.h"
#include "store/delta_action.h"
#include "store/pinned_copy.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class DeployRemote : public testing::Test {
 protected:
  DeployRemote() : folder_(fs::temp_directory_path() / ("colvec_test_" + new_uuid())) {
    remote_ = open_object_store((folder_ / "bucket").string(), {}).value();
  }
  ~DeployRemote() override { fs::remove_all(folder_); }

  // A bundle of these files, which grows from what the folder has.
  static Result<Deployed> make(const fs::path& folder, const std::string& id,
                               const std::map<std::string, std::string>& files) {
    BundleContents contents{.id = id,
                            .created_ms = 1,
                            .engine_version = "test",
                            .dataset = "dataset-1.json",
                            .columns = {},
                            .files = {}};
    for (const auto& [path, text] : files) {
      fs::create_directories((folder / path).parent_path());
      std::ofstream(folder / path, std::ios::binary) << text;
      COLVEC_ASSIGN(contents.files.emplace_back(), describe_bundle_file(folder, path));
    }
    COLVEC_TRY(replace_file(folder / kBundleFile, to_json(contents)));
    return Deployed{.id = id, .files = files.size()};
  }
  Result<Deployed> deploy(const std::string& id, const std::map<std::string, std::string>& files) {
    return deploy_to(*remote_, folder_ / "staging",
                     [&](const fs::path& folder) { return make(folder, id, files); });
  }
  std::string fetched(const std::string& path) const {
    return read_file(folder_ / "host" / path, 1 << 20).value_or("not there");
  }

  fs::path folder_;
  std::unique_ptr<ObjectStore> remote_;
};

std::string entry(int version) {
  return "embeddings/s/keys/_delta_log/0000000000000000000" + std::to_string(version) + ".json";
}
std::string entry_by(const char* commit_id, const char* operation = kDeployOperation) {
  return to_json_lines({.info = CommitInfo{.operation = operation, .commit_id = commit_id}});
}

const std::map<std::string, std::string> kFirst = {{"dataset-1.json", "{}"},
                                                   {entry(0), entry_by("first")},
                                                   {"embeddings/s/keys/part-1.parquet", "rows"}};

TEST_F(DeployRemote, AHostFetchesWhatWasDeployedAndThenOnlyWhatIsNew) {
  EXPECT_EQ(deploy("one", kFirst)->files_copied, 3u);
  EXPECT_FALSE(fs::exists(folder_ / "staging"));
  const BundleFetched first = fetch_from(*remote_, folder_ / "host").value();
  EXPECT_EQ(first.id, "one");
  EXPECT_EQ(first.files_fetched, 3u);
  EXPECT_EQ(fetched("embeddings/s/keys/part-1.parquet"), "rows");

  auto second = kFirst;
  second[entry(1)] = "more";
  second.erase("dataset-1.json");
  second["dataset-2.json"] = "{ }";
  EXPECT_EQ(deploy("two", second)->files_copied, 2u);
  const BundleFetched again = fetch_from(*remote_, folder_ / "host").value();
  EXPECT_EQ(again.id, "two");
  EXPECT_EQ(again.files_fetched, 2u);
  EXPECT_EQ(fetched(entry(1)), "more");
  EXPECT_EQ(fetch_from(*remote_, folder_ / "host")->files_fetched, 0u);
}

TEST_F(DeployRemote, TheNextVersionGrowsFromTheLogsThatAreThere) {
  ASSERT_TRUE(deploy("one", kFirst));
  bool has_log = false, has_rows = true;
  ASSERT_TRUE(deploy_to(*remote_, folder_ / "staging", [&](const fs::path& folder) {
    has_log = fs::exists(folder / entry(0));
    has_rows = fs::exists(folder / "embeddings/s/keys/part-1.parquet");
    return make(folder, "two", kFirst);
  }));
  EXPECT_TRUE(has_log);
  EXPECT_FALSE(has_rows);
}

TEST_F(DeployRemote, WhoWasOvertakenIsTold) {
  ASSERT_TRUE(deploy("one", kFirst));
  const auto late = deploy_to(*remote_, folder_ / "staging", [&](const fs::path& folder) {
    const fs::path other = folder_ / "other";
    EXPECT_TRUE(deploy_to(*remote_, other,
                          [&](const fs::path& there) { return make(there, "other", kFirst); }));
    return make(folder, "late", kFirst);
  });
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().code, ErrorCode::kConflict);
  EXPECT_EQ(fetch_from(*remote_, folder_ / "host")->id, "other");
}

// Hosts fetch the published bundle until bundle.json is replaced, whatever becomes of the next one.
TEST_F(DeployRemote, AFileOfThePublishedBundleIsNeverReplaced) {
  ASSERT_TRUE(deploy("one", kFirst));
  auto other = kFirst;
  other["dataset-1.json"] = "{ }";
  other["golden/new.npy"] = "1";
  const auto refused = deploy("two", other);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
  EXPECT_THAT(refused.error().message, HasSubstr("dataset-1.json: the bundle that is there has"));
  EXPECT_FALSE(fs::exists(folder_ / "bucket" / "golden" / "new.npy"));
  EXPECT_EQ(fetch_from(*remote_, folder_ / "host")->id, "one");
}

TEST_F(DeployRemote, OfTwoThatOverlapTheLaterLeavesTheLogOfTheOther) {
  ASSERT_TRUE(deploy("one", kFirst));
  auto winner = kFirst, loser = kFirst;
  winner[entry(1)] = entry_by("winner");
  loser[entry(1)] = entry_by("loser");
  const auto late = deploy_to(*remote_, folder_ / "staging", [&](const fs::path& folder) {
    EXPECT_TRUE(deploy_to(*remote_, folder_ / "other",
                          [&](const fs::path& there) { return make(there, "winner", winner); }));
    return make(folder, "late", loser);
  });
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().code, ErrorCode::kConflict);
  const auto fetched_now = fetch_from(*remote_, folder_ / "host");
  ASSERT_TRUE(fetched_now.has_value()) << fetched_now.error().message;
  EXPECT_EQ(fetched_now->id, "winner");
  EXPECT_EQ(fetched(entry(1)), entry_by("winner"));
}

// Nobody can tell it from one that goes on: its entry stays, and the next one comes after it.
TEST_F(DeployRemote, OneThatWasStoppedIsGrownFrom) {
  ASSERT_TRUE(deploy("one", kFirst));
  ASSERT_TRUE(remote_->put(entry(1), entry_by("stopped"), {}));
  std::string found;
  ASSERT_TRUE(deploy_to(*remote_, folder_ / "staging", [&](const fs::path& folder) {
    found = read_file(folder / entry(1), 1 << 20).value_or("not there");
    auto next = kFirst;
    next[entry(1)] = found;
    next[entry(2)] = entry_by("next");
    return make(folder, "two", next);
  }));
  EXPECT_EQ(found, entry_by("stopped"));
  EXPECT_EQ(fetch_from(*remote_, folder_ / "host")->id, "two");
}

TEST_F(DeployRemote, AStoreThatIsNoBundlesIsLeftAlone) {
  ASSERT_TRUE(remote_->put(entry(0), entry_by("pushed", "WRITE"), {}));
  const auto refused = deploy("one", kFirst);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
  EXPECT_THAT(refused.error().message, HasSubstr("is of a store, not of a bundle"));
  EXPECT_EQ(remote_->get(entry(0), 1 << 20)->bytes, entry_by("pushed", "WRITE"));
}

TEST_F(DeployRemote, DamageAndNothingAreErrors) {
  EXPECT_EQ(fetch_from(*remote_, folder_ / "host").error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(deploy("one", kFirst));
  std::ofstream(folder_ / "bucket/embeddings/s/keys/part-1.parquet", std::ios::binary) << "swor";
  const auto damaged = fetch_from(*remote_, folder_ / "host");
  ASSERT_FALSE(damaged.has_value());
  EXPECT_EQ(damaged.error().code, ErrorCode::kCorruption);
  EXPECT_THAT(damaged.error().message, HasSubstr("part-1.parquet"));
  EXPECT_FALSE(fs::exists(folder_ / "host" / kBundleFile));
}

}  // namespace
}  // namespace colvec
