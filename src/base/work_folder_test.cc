#include "base/work_folder.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "temporary_folder.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

std::size_t folders_in(const fs::path& path) {
  std::size_t folders = 0;
  for (const auto& entry : fs::directory_iterator(path)) folders += entry.is_directory() ? 1 : 0;
  return folders;
}

class WorkFolderTest : public testing::Test {
 protected:
  const TemporaryFolder folder_;
  const fs::path place_ = folder_.path();
};

TEST_F(WorkFolderTest, IsOfOneAloneAndGoesWithIt) {
  const fs::path below = place_ / "out.tmp";
  {
    const WorkFolder one = WorkFolder::make(below);
    {
      const WorkFolder other = WorkFolder::make(below);
      EXPECT_NE(one.path(), other.path());
      EXPECT_EQ(folders_in(below), 2u);
    }
    EXPECT_EQ(folders_in(below), 1u);
    EXPECT_TRUE(fs::exists(one.path()));
  }
  EXPECT_FALSE(fs::exists(below));
}

// One that nobody has locked.
void leave(const fs::path& folder) {
  fs::create_directories(folder);
  std::ofstream(folder / "lock");
  std::ofstream(folder / "half a file") << "bytes";
}

std::string host_name() {
  char name[256] = {};
  EXPECT_EQ(::gethostname(name, sizeof(name) - 1), 0);
  return name;
}

TEST_F(WorkFolderTest, OfAProcessThatWasKilledGoesWithTheNext) {
  const fs::path below = place_ / "out.tmp";
  const std::string host = host_name();
  leave(below / (host + ".left"));
  fs::create_directories(below / (host + ".mine"));  // Of somebody else: it has no lock.
  const WorkFolder next = WorkFolder::make(below);
  EXPECT_TRUE(fs::exists(below / (host + ".mine")));
  EXPECT_FALSE(fs::exists(below / (host + ".left")));
  EXPECT_TRUE(fs::exists(next.path()));
}

TEST_F(WorkFolderTest, OfAnotherMachineStays) {
  const fs::path below = place_ / "out.tmp";
  const std::string host = host_name();
  leave(below / "left");
  leave(below / (host + "2.left"));
  leave(below / (host + ".cluster.left"));
  const WorkFolder next = WorkFolder::make(below);
  EXPECT_EQ(folders_in(below), 4u);
}

TEST_F(WorkFolderTest, MakesNothingWhereItsPlaceIsMissing) {
  const WorkFolder folder = WorkFolder::make(place_ / "nowhere" / "out.tmp");
  EXPECT_EQ(folder.path().parent_path(), place_ / "nowhere" / "out.tmp");
  EXPECT_FALSE(fs::exists(place_ / "nowhere"));
}

}  // namespace
}  // namespace colvec
