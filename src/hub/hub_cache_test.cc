#include "hub/hub_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/file.h"
#include "temporary_folder.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

const std::string kOld(40, 'a');
const std::string kNew(40, 'b');

class HubCacheTest : public testing::Test {
 protected:
  void add(const RepoName& name, const std::string& commit, const std::string& path,
           const std::string& checksum) {
    ASSERT_TRUE(cache().make_folders(name).has_value());
    std::ofstream(cache().blob(name, checksum)) << checksum;
    ASSERT_TRUE(cache().link(name, commit, path, checksum).has_value());
  }
  HubCache cache() const { return HubCache(folder_); }

  const TemporaryFolder place_;
  const fs::path folder_ = place_.path();
  const RepoName name_{.org = "org", .name = "a-b"};
};

TEST_F(HubCacheTest, HasTheLayoutOfTheHuggingFaceLibraries) {
  add(name_, kOld, "1_Pooling/config.json", "11");
  ASSERT_TRUE(cache().write_ref(name_, "main", kOld).has_value());
  const fs::path repo = folder_ / "models--org--a-b";
  EXPECT_EQ(read_file(repo / "refs" / "main", 100).value(), kOld);
  const fs::path file = repo / "snapshots" / kOld / "1_Pooling" / "config.json";
  EXPECT_EQ(fs::read_symlink(file), "../../../blobs/11");
  EXPECT_EQ(read_file(file, 100).value(), "11");
  EXPECT_EQ(cache().blob_lock(name_, "11"), folder_ / ".locks" / "models--org--a-b" / "11.lock");
}

TEST_F(HubCacheTest, FindsCommitsByBranchTagAndThemselves) {
  EXPECT_EQ(cache().find_commit(name_), std::nullopt);
  add(name_, kOld, "config.json", "11");
  add(name_, kNew, "config.json", "22");
  EXPECT_EQ(cache().find_commit(name_), std::nullopt);
  ASSERT_TRUE(cache().write_ref(name_, "main", kNew).has_value());
  ASSERT_TRUE(cache().write_ref(name_, "refs/pr/1", kOld).has_value());
  ASSERT_TRUE(cache().write_ref(name_, "gone", std::string(40, 'c')).has_value());
  EXPECT_EQ(cache().find_commit(name_), kNew);
  RepoName named = name_;
  named.revision = "refs/pr/1";
  EXPECT_EQ(cache().find_commit(named), kOld);
  named.revision = kOld;
  EXPECT_EQ(cache().find_commit(named), kOld);
  named.revision = "gone";
  EXPECT_EQ(cache().find_commit(named), std::nullopt);
  EXPECT_THAT(cache().commits(name_).value(), ElementsAre(kOld, kNew));
  EXPECT_THAT(
      cache().refs(name_).value(),
      ElementsAre(Pair("gone", std::string(40, 'c')), Pair("main", kNew), Pair("refs/pr/1", kOld)));
}

TEST_F(HubCacheTest, ListsModelsThatHaveACommit) {
  EXPECT_THAT(HubCache(folder_ / "none").repos().value(), IsEmpty());
  add({.org = "z", .name = "y"}, kOld, "config.json", "11");
  add(name_, kOld, "config.json", "11");
  fs::create_directories(folder_ / "models--only--refs" / "refs");
  fs::create_directories(folder_ / "datasets--a--b" / "snapshots" / kOld);
  fs::create_directories(folder_ / "models--no-org" / "snapshots" / kOld);
  const std::vector<RepoName> repos = cache().repos().value();
  ASSERT_EQ(repos.size(), 2u);
  EXPECT_EQ(repos[0].text(), "org/a-b");
  EXPECT_EQ(repos[1].text(), "z/y");
}

TEST_F(HubCacheTest, KnowsTheBlobsOfACommit) {
  add(name_, kOld, "a.json", "11");
  add(name_, kOld, "x/b.json", "11");
  add(name_, kOld, "c.json", "22");
  EXPECT_THAT(cache().blobs_of(name_, kOld).value(), ElementsAre("11", "22"));
  // The file becomes another blob.
  add(name_, kOld, "c.json", "33");
  EXPECT_THAT(cache().blobs_of(name_, kOld).value(), ElementsAre("11", "33"));
}

TEST_F(HubCacheTest, AChecksumHasFortyOrSixtyFourDigits) {
  EXPECT_TRUE(is_checksum(std::string(40, '0')));
  EXPECT_TRUE(is_checksum(std::string(64, 'f')));
  for (const std::string& text :
       {std::string(39, '0'), std::string(41, '0'), std::string(63, '0'), std::string(65, '0'),
        std::string(64, 'F'), std::string(63, '0') + "/"})
    EXPECT_FALSE(is_checksum(text)) << text;
}

}  // namespace
}  // namespace colvec
