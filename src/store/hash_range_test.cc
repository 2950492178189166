#include "store/hash_range.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include "store/store_fixture.h"

namespace colvec {
namespace {

AddFile file_of(const std::string& smallest, const std::string& largest) {
  AddFile file;
  file.stats = R"({"numRecords":2,"minValues":{"text_hash":")" + smallest +
               R"("},"maxValues":{"text_hash":")" + largest + R"("}})";
  return file;
}

TEST(HashRange, PartsCutTheHashesWithoutGapOrOverlap) {
  for (const std::uint64_t count : {1, 2, 3, 7, 16, 1000, 99'991}) {
    EXPECT_EQ(hash_range(0, count).begin, "");
    EXPECT_EQ(hash_range(count - 1, count).end, "");
    for (std::uint64_t i = 1; i < count; ++i)
      EXPECT_EQ(hash_range(i, count).begin, hash_range(i - 1, count).end) << i << "/" << count;
  }
  // 0x100000000 / 3 = 0x55555555.5, and twice that.
  EXPECT_EQ(hash_range(1, 3), (HashRange{.begin = "55555555", .end = "aaaaaaaa"}));
}

TEST(HashRange, SqlPutsEveryHashIntoThePartThatItsRangeSays) {
  StoreFolder place;
  for (const std::uint64_t count : {1, 2, 3, 7, 16, 1000}) {
    std::string mismatch;
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::string in_range = hash_range(i, count).sql("h");
      mismatch += (i == 0 ? "" : " OR ") +
                  fmt::format("((p = {}) <> ({}))", i, in_range.empty() ? "true" : in_range);
    }
    // Hashes, and those at the bounds of the parts and beside them.
    const auto counted = place.connection().query(fmt::format(
        "SELECT count(*), count(*) FILTER ({}) FROM (SELECT h, {} AS p FROM (SELECT "
        "left(sha256(i::VARCHAR), 32) AS h FROM range(2000) r(i) UNION ALL SELECT "
        "printf('%08x', ((i << 32) // {}) + d) || repeat('0', 24) FROM range(1, {}) r(i), (VALUES "
        "(-1), (0), (1)) v(d)))",
        mismatch, hash_part_sql("h", count), count, count));
    ASSERT_TRUE(counted.has_value()) << counted.error().message;
    EXPECT_EQ(counted->number(0, 0), 2000 + 3 * (count - 1));
    EXPECT_EQ(counted->number(0, 1), 0u) << count;
  }
}

TEST(HashRange, FilesAreLeftOutByTheirBoundsAlone) {
  const HashRange range{.begin = "40000000", .end = "80000000"};
  const struct {
    const char* smallest;
    const char* largest;
    bool meets;
  } cases[] = {{"00", "3fffffffff", false}, {"00", "40000000aa", true}, {"50", "60", true},
               {"7fffffffff", "ff", true},  {"80000000", "ff", false},  {"00", "ff", true}};
  for (const auto& one : cases)
    EXPECT_EQ(range.may_meet(file_of(one.smallest, one.largest)), one.meets)
        << one.smallest << " " << one.largest;
  EXPECT_TRUE(HashRange().may_meet(file_of("00", "01")));
}

TEST(HashRange, AFileWithoutBoundsMayHoldAnything) {
  for (const char* stats : {"", "{}", "{", R"({"minValues":{"text_hash":"aa"}})"}) {
    AddFile file;
    file.stats = stats;
    EXPECT_TRUE(hash_range(0, 2).may_meet(file)) << stats;
    EXPECT_TRUE(may_share_hash(file, file_of("00", "01"))) << stats;
  }
}

TEST(HashRange, FilesShareAHashOnlyWhereTheirBoundsOverlap) {
  EXPECT_TRUE(may_share_hash(file_of("10", "20"), file_of("20", "30")));
  EXPECT_TRUE(may_share_hash(file_of("10", "40"), file_of("20", "30")));
  EXPECT_FALSE(may_share_hash(file_of("10", "20"), file_of("21", "30")));
  EXPECT_FALSE(may_share_hash(file_of("21", "30"), file_of("10", "20")));
}

}  // namespace
}  // namespace colvec
