#include "duck/spill_folder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "duck/duck_fixture.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

std::size_t folders_in(const fs::path& path) {
  std::size_t folders = 0;
  for (const auto& entry : fs::directory_iterator(path)) folders += entry.is_directory() ? 1 : 0;
  return folders;
}

TEST(SpillFolder, IsOfOneAloneAndGoesWithIt) {
  const DuckFolder place;
  const fs::path below = place.path() / "out.tmp";
  {
    const SpillFolder one = SpillFolder::make(below);
    {
      const SpillFolder other = SpillFolder::make(below);
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
  std::ofstream(folder / "duckdb_temp_storage_DEFAULT-0.tmp") << "blocks";
}

std::string host_name() {
  char name[256] = {};
  EXPECT_EQ(::gethostname(name, sizeof(name) - 1), 0);
  return name;
}

TEST(SpillFolder, OfAProcessThatWasKilledGoesWithTheNext) {
  const DuckFolder place;
  const fs::path below = place.path() / "out.tmp";
  const std::string host = host_name();
  leave(below / (host + ".left"));
  fs::create_directories(below / (host + ".mine"));  // Of somebody else: it has no lock.
  const SpillFolder next = SpillFolder::make(below);
  EXPECT_TRUE(fs::exists(below / (host + ".mine")));
  EXPECT_FALSE(fs::exists(below / (host + ".left")));
  EXPECT_TRUE(fs::exists(next.path()));
}

TEST(SpillFolder, OfAnotherMachineStays) {
  const DuckFolder place;
  const fs::path below = place.path() / "out.tmp";
  const std::string host = host_name();
  leave(below / "left");
  leave(below / (host + "2.left"));
  leave(below / (host + ".cluster.left"));
  const SpillFolder next = SpillFolder::make(below);
  EXPECT_EQ(folders_in(below), 4u);
}

TEST(SpillFolder, MakesNothingWhereItsPlaceIsMissing) {
  const DuckFolder place;
  const SpillFolder folder = SpillFolder::make(place.path() / "nowhere" / "out.tmp");
  EXPECT_EQ(folder.path().parent_path(), place.path() / "nowhere" / "out.tmp");
  EXPECT_FALSE(fs::exists(place.path() / "nowhere"));
}

// Each has more rows than its memory takes; what was spilled must come back as it was.
TEST(Database, SpillsBesideAnotherThatSharesItsFolder) {
  const DuckFolder place;
  const DatabaseOptions options{
      .memory_limit = "40MB", .temp_directory = place.path() / "out.tmp", .threads = 1};
  std::vector<Database> databases;
  std::vector<Connection> connections;
  for (int i = 0; i < 2; ++i) databases.push_back(Database::open(options).value());
  for (Database& database : databases) connections.push_back(database.connect().value());
  for (std::size_t i = 0; i < connections.size(); ++i) {
    const Status filled = connections[i].execute(fmt::format(
        "CREATE TABLE t AS SELECT n, md5((n + {})::VARCHAR) AS text FROM range(3000000) r(n)",
        i * 1'000'000'000));
    ASSERT_TRUE(filled) << filled.error().message;
  }
  for (std::size_t i = 0; i < connections.size(); ++i) {
    const auto wrong = connections[i].query(fmt::format(
        "SELECT count(*) FROM t WHERE text <> md5((n + {})::VARCHAR)", i * 1'000'000'000));
    ASSERT_TRUE(wrong) << wrong.error().message;
    EXPECT_EQ(wrong->text(0, 0), "0");
  }
  EXPECT_EQ(folders_in(options.temp_directory), 2u);
  connections.clear();
  databases.clear();
  EXPECT_FALSE(fs::exists(options.temp_directory));
}

}  // namespace
}  // namespace colvec
