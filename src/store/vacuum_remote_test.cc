#include "store/vacuum_remote.h"

#include <gtest/gtest.h>

#include "store/replica_fixture.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

class VacuumRemote : public testing::Test {
 protected:
  VacuumRemote() : remote_(folder_remote(place_.path() / "remote")) {}

  Result<StoreVacuumed> vacuum(double hours, bool dry_run = false) {
    const fs::path scratch = place_.path() / "scratch";
    fs::remove_all(scratch);
    return vacuum_remote(*remote_, place_.database(), scratch, hours, dry_run);
  }

  StoreFolder place_;
  std::unique_ptr<ObjectStore> remote_;
};

TEST_F(VacuumRemote, DeletesWhatNoVersionNeeds) {
  const Home a(place_.path() / "a");
  for (std::uint64_t i = 0; i < 3; ++i) a.append({i * 5, 5});
  ASSERT_TRUE(push(a.folder(), *remote_));
  a.compact();
  ASSERT_TRUE(push(a.folder(), *remote_, {.options = {.exact = true}}));
  EXPECT_EQ(vacuum(1)->files, 0u);
  EXPECT_EQ(vacuum(0, true)->files, 6u);
  const StoreVacuumed done = vacuum(0).value();
  EXPECT_EQ(done.files, 6u);
  EXPECT_GT(done.bytes, 0u);
  EXPECT_EQ(vacuum(0)->files, 0u);
  const Home there(place_.path() / "remote");
  EXPECT_EQ(there.contents(), a.contents());
  EXPECT_EQ(there.problems(), "");
}

TEST_F(VacuumRemote, LeavesYoungFilesThatNobodyHasNamedYet) {
  const Home a(place_.path() / "a");
  a.append({0, 5});
  ASSERT_TRUE(push(a.folder(), *remote_));
  ASSERT_TRUE(remote_->put("vectors/young", "x", {}));
  ASSERT_TRUE(remote_->put("vectors/old", "x", {}));
  fs::last_write_time(place_.path() / "remote" / "vectors" / "old",
                      fs::file_time_type::clock::now() - std::chrono::hours(24 * 8));
  const StoreVacuumed done = vacuum(0).value();
  ASSERT_EQ(done.paths.size(), 1u);
  EXPECT_EQ(done.paths[0], "vectors/old");
  EXPECT_TRUE(fs::exists(place_.path() / "remote" / "vectors" / "young"));
}

TEST_F(VacuumRemote, NeedsAStore) {
  EXPECT_EQ(vacuum(1).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(vacuum(-1).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace colvec
