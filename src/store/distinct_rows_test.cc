#include "store/distinct_rows.h"

#include <gtest/gtest.h>

#include <list>

#include "store/store_fixture.h"

namespace colvec {
namespace {

using Lines = std::vector<std::string>;

class DistinctRows : public testing::Test {
 protected:
  // A file with these hashes; the vector tells the file.
  const AddFile* add(const std::string& name, const std::string& hashes, bool is_marked) {
    place_.rows("COPY (SELECT h AS text_hash, '" + name + "' AS text_value, 1 AS id, " +
                std::to_string(files_.size()) + " AS seen_at FROM (SELECT unnest([" + hashes +
                "]) AS h)) TO '" + (place_.path() / name).string() + "' (FORMAT parquet)");
    AddFile& file = files_.emplace_back();
    file.path = name;
    if (is_marked) file.tags[kMayDouble] = "true";
    return &file;
  }
  Lines vectors(const std::vector<const AddFile*>& files, const std::string& condition = "") {
    return place_.rows("SELECT text_hash, text_value FROM " +
                       distinct_vectors_sql(place_.path(), files, condition) + " ORDER BY ALL");
  }

  StoreFolder place_;
  std::list<AddFile> files_;
};

TEST_F(DistinctRows, OfEachHashOneVectorAndAlwaysTheSame) {
  const AddFile* a = add("a.parquet", "'1', '2'", false);
  const AddFile* b = add("b.parquet", "'2', '3', '4'", true);
  const AddFile* c = add("c.parquet", "'4', '5'", true);
  const Lines expected = {"1|a.parquet", "2|a.parquet", "3|b.parquet", "4|b.parquet",
                          "5|c.parquet"};
  EXPECT_EQ(vectors({a, b, c}), expected);
  EXPECT_EQ(vectors({c, b, a}), expected);
  EXPECT_EQ(vectors({b, c}), (Lines{"2|b.parquet", "3|b.parquet", "4|b.parquet", "5|c.parquet"}));
}

TEST_F(DistinctRows, KeepsTheColumnsOfTheFiles) {
  const AddFile* a = add("a.parquet", "'1'", true);
  EXPECT_EQ(place_.rows("SELECT column_name FROM (DESCRIBE FROM " +
                        distinct_vectors_sql(place_.path(), {a}, "") + ")"),
            (Lines{"text_hash", "text_value", "id", "seen_at"}));
}

TEST_F(DistinctRows, TakesTheRowsThatAreWanted) {
  const AddFile* a = add("a.parquet", "'1', '2'", false);
  const AddFile* b = add("b.parquet", "'2', '3'", true);
  EXPECT_EQ(vectors({a, b}, "text_hash IN ('2', '3')"), (Lines{"2|a.parquet", "3|b.parquet"}));
  EXPECT_EQ(vectors({a}, "text_hash = '1'"), (Lines{"1|a.parquet"}));
}

TEST_F(DistinctRows, AKeyWasSeenWhenItWasSeenFirst) {
  const AddFile* a = add("a.parquet", "'1', '2'", false);
  const AddFile* b = add("b.parquet", "'2', '3'", true);
  const auto keys = [&](const std::vector<const AddFile*>& files) {
    return place_.rows("SELECT id, text_hash, seen_at FROM " +
                       distinct_keys_sql(place_.path(), files, "id") + " ORDER BY ALL");
  };
  EXPECT_EQ(keys({b, a}), (Lines{"1|1|0", "1|2|0", "1|3|1"}));
  EXPECT_EQ(keys({a}), (Lines{"1|1|0", "1|2|0"}));
}

// Whoever has never been synced pays nothing.
TEST_F(DistinctRows, WithoutMarksTheFilesAreReadAsTheyAre) {
  const AddFile* a = add("a.parquet", "'1'", false);
  EXPECT_FALSE(any_may_double({a}));
  EXPECT_TRUE(distinct_vectors_sql(place_.path(), {a}, "").starts_with("read_parquet("));
  EXPECT_TRUE(distinct_keys_sql(place_.path(), {a}, "id").starts_with("read_parquet("));
}

}  // namespace
}  // namespace colvec
