#include "store/vacuum.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/column_store_fixture.h"
#include "store/compact.h"
#include "store/restore.h"
#include "store/rows_fixture.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;

void make_old(const fs::path& path, int days) {
  fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::hours(24 * days));
}

class VacuumTest : public testing::Test {
 protected:
  VacuumTest() {
    small_.add({{1, "one"}});
    small_.add({{2, "two"}});
  }
  StoreVacuumed run(double hours, bool dry_run = false) {
    const auto vacuumed = vacuum(small_.store(), hours, dry_run);
    EXPECT_TRUE(vacuumed.has_value()) << vacuumed.error().message;
    return vacuumed.value_or(StoreVacuumed{});
  }
  // A file that no version names.
  fs::path orphan(const std::string& name, int days) {
    const fs::path path = small_.path() / name;
    fs::create_directories(path.parent_path());
    put_file(path, "orphan");
    make_old(path, days);
    return path;
  }

  SmallStore small_;
};

TEST_F(VacuumTest, LeavesAStoreAloneInWhichAllIsLive) {
  EXPECT_EQ(run(0).files, 0u);
  EXPECT_EQ(run(0, true).files, 0u);
}

TEST_F(VacuumTest, DeletesWhatTheLogTookOutBeforeTheRetention) {
  ASSERT_TRUE(restore(small_.store(), 1).has_value());  // Takes the file of key 2 out.
  EXPECT_EQ(run(1).files, 0u);
  const StoreVacuumed planned = run(0, true);
  ASSERT_EQ(planned.files, 1u);
  EXPECT_TRUE(fs::exists(planned.paths[0]));
  const StoreVacuumed done = run(0);
  EXPECT_EQ(done.paths, planned.paths);
  EXPECT_EQ(done.bytes, planned.bytes);
  EXPECT_FALSE(fs::exists(done.paths[0]));
  EXPECT_EQ(run(0).files, 0u);

  const auto gone = restore(small_.store(), 2);
  ASSERT_FALSE(gone.has_value());
  EXPECT_EQ(gone.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(gone.error().message, HasSubstr(done.paths[0].string()));
  EXPECT_THAT(gone.error().message, HasSubstr("vacuum"));
}

// The disk; calls `meanwhile` once, before the first file is removed.
class RestoringFileSystem final : public OvertakenFileSystem {
 public:
  explicit RestoringFileSystem(std::function<void(const fs::path& going)> meanwhile)
      : OvertakenFileSystem([] {}), meanwhile_(std::move(meanwhile)) {}
  Status remove(const fs::path& path) override {
    if (auto meanwhile = std::exchange(meanwhile_, nullptr)) meanwhile(path);
    return OvertakenFileSystem::remove(path);
  }

 private:
  std::function<void(const fs::path& going)> meanwhile_;
};

TEST_F(VacuumTest, LeavesWhatIsMadeLiveAgainMeanwhile) {
  small_.add({{3, "three"}});
  const DeltaSnapshot full = small_.store().keys().snapshot();
  ASSERT_TRUE(restore(small_.store(), 1).has_value());  // Two files are dead.
  RestoringFileSystem files([&](const fs::path& going) {
    const auto add_others = [&](const DeltaSnapshot& now, DeltaCommit* commit) -> Result<bool> {
      for (const auto& [path, file] : full.files)
        if (!now.files.contains(path) && small_.store().keys().folder() / path != going)
          commit->adds.push_back(file);
      return true;
    };
    ASSERT_TRUE(small_.store().keys().commit({.operation = "RESTORE"}, add_others));
  });
  const auto store = ColumnStore::open(files, small_.folder().database(), small_.path()).value();
  EXPECT_EQ(vacuum(*store, 0, false)->files, 1u);
  for (const fs::path& path : live_files(small_.store().keys())) EXPECT_TRUE(fs::exists(path));
}

TEST_F(VacuumTest, DeletesOrphansThatAreOlderThanAWeek) {
  const fs::path young = orphan("vectors/model=fx/precision=f32/part-1.parquet", 6);
  const fs::path old = orphan("vectors/model=fx/precision=f32/part-2.parquet", 8);
  const fs::path temporary = orphan("keys/_tmp/part-3.parquet", 8);
  const fs::path draft = orphan("keys/_delta_log/.abc.tmp", 8);
  make_old(small_.path() / "keys/_delta_log/00000000000000000000.json", 100);
  EXPECT_EQ(run(0).files, 3u);
  EXPECT_TRUE(fs::exists(young));
  for (const fs::path& path : {old, temporary, draft}) EXPECT_FALSE(fs::exists(path)) << path;
  EXPECT_TRUE(fs::exists(small_.path() / "keys/_delta_log/00000000000000000000.json"));
}

TEST_F(VacuumTest, DeletesKeysThatWerePutAsideBeforeTheRetention) {
  ASSERT_TRUE(ColumnStore::put_keys_aside(local_file_system(), small_.path()));
  const auto former = former_keys(small_.store());
  ASSERT_TRUE(former.has_value());
  EXPECT_GT(former->size(), 2u);
  const fs::path folder = small_.path() / *fs::path(former->front().path).begin();
  const auto store =
      ColumnStore::open(local_file_system(), small_.folder().database(), small_.path());
  ASSERT_TRUE(store.has_value());
  EXPECT_EQ(vacuum(**store, 24, false)->files, 0u);
  make_old(folder, 2);
  EXPECT_EQ(vacuum(**store, 24, true)->files, former->size());
  EXPECT_TRUE(fs::exists(folder));
  EXPECT_EQ(vacuum(**store, 24, false)->files, former->size());
  EXPECT_FALSE(fs::exists(folder));
}

TEST_F(VacuumTest, FollowsNoLinks) {
  const fs::path outside = small_.scratch() / "outside";
  fs::create_directories(outside);
  put_file(outside / "precious", "x");
  make_old(outside / "precious", 100);
  fs::create_directory_symlink(outside, small_.path() / "vectors/model=link");
  EXPECT_EQ(run(0).files, 0u);
  EXPECT_TRUE(fs::exists(outside / "precious"));
}

TEST_F(VacuumTest, RefusesARetentionThatIsNone) {
  EXPECT_EQ(vacuum(small_.store(), -1, false).error().code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(vacuum(small_.store(), 1e300, true).has_value());
}

TEST(Vacuum, IsWholeAfterACrash) {
  StoreFolder folder;
  const fs::path path = folder.path() / "s";
  {
    const auto store = open_products(local_file_system(), folder.database(), path);
    for (std::uint64_t i = 0; i < 3; ++i) ASSERT_TRUE(store->append(products({i * 5, 7, 11})));
    ASSERT_TRUE(compact(*store));
  }
  expect_whole_after_crashes(
      path, [](FileSystem& files, Database& database, const fs::path& copy) -> Status {
        COLVEC_ASSIGN(const auto store, try_open_products(files, database, copy));
        COLVEC_TRY(vacuum(*store, 0, false));
        std::size_t parquet = 0;
        for (const auto& entry : fs::recursive_directory_iterator(copy))
          parquet += entry.path().extension() == ".parquet" ? 1 : 0;
        EXPECT_EQ(parquet, 2u);
        return {};
      });
}

}  // namespace
}  // namespace colvec
