#include "job/deploy_remote.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/file.h"
#include "base/uuid.h"
#include "dataset/bundle_file.h"

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

const std::map<std::string, std::string> kFirst = {{"dataset-1.json", "{}"},
                                                   {"s/keys/_delta_log/0.json", "log"},
                                                   {"s/keys/part-1.parquet", "rows"}};

TEST_F(DeployRemote, AHostFetchesWhatWasDeployedAndThenOnlyWhatIsNew) {
  EXPECT_EQ(deploy("one", kFirst)->files_copied, 3u);
  EXPECT_FALSE(fs::exists(folder_ / "staging"));
  const BundleFetched first = fetch_from(*remote_, folder_ / "host").value();
  EXPECT_EQ(first.id, "one");
  EXPECT_EQ(first.files_fetched, 3u);
  EXPECT_EQ(fetched("s/keys/part-1.parquet"), "rows");

  auto second = kFirst;
  second["s/keys/_delta_log/1.json"] = "more";
  second["dataset-1.json"] = "{ }";
  EXPECT_EQ(deploy("two", second)->files_copied, 2u);
  const BundleFetched again = fetch_from(*remote_, folder_ / "host").value();
  EXPECT_EQ(again.id, "two");
  EXPECT_EQ(again.files_fetched, 2u);
  EXPECT_EQ(fetched("s/keys/_delta_log/1.json"), "more");
  EXPECT_EQ(fetch_from(*remote_, folder_ / "host")->files_fetched, 0u);
}

TEST_F(DeployRemote, TheNextVersionGrowsFromTheLogsThatAreThere) {
  ASSERT_TRUE(deploy("one", kFirst));
  bool has_log = false, has_rows = true;
  ASSERT_TRUE(deploy_to(*remote_, folder_ / "staging", [&](const fs::path& folder) {
    has_log = fs::exists(folder / "s/keys/_delta_log/0.json");
    has_rows = fs::exists(folder / "s/keys/part-1.parquet");
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

TEST_F(DeployRemote, DamageAndNothingAreErrors) {
  EXPECT_EQ(fetch_from(*remote_, folder_ / "host").error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(deploy("one", kFirst));
  std::ofstream(folder_ / "bucket/s/keys/part-1.parquet", std::ios::binary) << "swor";
  const auto damaged = fetch_from(*remote_, folder_ / "host");
  ASSERT_FALSE(damaged.has_value());
  EXPECT_EQ(damaged.error().code, ErrorCode::kCorruption);
  EXPECT_THAT(damaged.error().message, HasSubstr("part-1.parquet"));
  EXPECT_FALSE(fs::exists(folder_ / "host" / kBundleFile));
}

}  // namespace
}  // namespace colvec
