#include "dataset/vector_slices.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "dataset/dataset_fixture.h"
#include "store/column_store.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using testing::Each;
using testing::ElementsAre;

class VectorSlicesTest : public testing::Test {
 protected:
  // Rows 0 to rows - 1 with the text "t <row % texts>"; each text's vector is [row % texts, 1], but
  // for those that `lacking` is true for.
  void make(int rows, int texts, const std::string& lacking = "false") {
    folder_.read_rows(
        fmt::format("SELECT 't ' || (i % {}) AS text FROM range({}) r(i)", texts, rows),
        {{.column = "text"}});
    folder_.rows(fmt::format(
        "CREATE OR REPLACE TABLE vectors AS SELECT {} AS text_hash, [n, 1]::FLOAT[] AS embedding,"
        " n % 2 = 0 AS truncated, n % 3 = 0 AS is_base FROM (SELECT n, 't ' || n AS text FROM"
        " range({}) r(n)) WHERE NOT ({}) ORDER BY hash(n)",
        text_hash_sql("text"), texts, lacking));
    vectors_ = {.name = "text_embedding",
                .index = 0,
                .vectors = "vectors",
                .dimension = 2,
                .texts = static_cast<std::uint64_t>(texts)};
  }
  // `in_memory` or spread over files of `slice_rows` rows.
  std::unique_ptr<VectorSlices> open(bool in_memory, std::uint64_t slice_rows) {
    auto slices = VectorSlices::open(folder_.connection(), vectors_, slice_rows,
                                     in_memory ? 1 << 20 : 1, spread());
    EXPECT_TRUE(slices.has_value()) << (slices ? "" : slices.error().message);
    return slices ? std::move(*slices) : nullptr;
  }
  // The values of `sql` of all rows, slice by slice.
  std::vector<std::string> all(VectorSlices& slices, const std::string& sql, std::uint64_t rows,
                               std::uint64_t slice_rows) {
    std::vector<std::string> lines;
    for (std::uint64_t slice = 0; slice * slice_rows < rows; ++slice) {
      EXPECT_TRUE(slices.load(slice));
      for (std::string& line : folder_.rows(
               fmt::format("SELECT {} FROM source_rows s WHERE colvec_n >= {} AND colvec_n < {}",
                           sql, slice * slice_rows, (slice + 1) * slice_rows)))
        lines.push_back(std::move(line));
    }
    return lines;
  }
  fs::path spread() const { return folder_.path() / "drafts" / "0"; }

  DatasetFolder folder_;
  ProcessedVectors vectors_;
};

TEST_F(VectorSlicesTest, EachRowGetsTheVectorOfItsText) {
  make(100, 7, "n = 3");
  for (const bool in_memory : {true, false}) {
    const auto slices = open(in_memory, 30);
    const std::vector<std::string> lines = all(*slices, slices->vector_sql(), 100, 30);
    ASSERT_EQ(lines.size(), 100u);
    for (std::size_t n = 0; n < lines.size(); ++n)
      EXPECT_EQ(lines[n], n % 7 == 3 ? "NULL" : fmt::format("[{}.0, 1.0]", n % 7)) << in_memory;
  }
}

// Beyond what a scan hands out at once, with rows of a text far apart.
TEST_F(VectorSlicesTest, ManyRowsAreTheSameInMemoryAndSpread) {
  make(30'000, 9000, "n % 10 = 0");
  std::vector<std::string> lines[2];
  for (const bool in_memory : {true, false}) {
    const auto slices = open(in_memory, 4096);
    EXPECT_EQ(fs::exists(spread()), !in_memory);
    lines[in_memory] = all(*slices, slices->vector_sql(), 30'000, 4096);
  }
  EXPECT_EQ(lines[0], lines[1]);
  EXPECT_EQ(lines[0][8999], "[8999.0, 1.0]");
  EXPECT_EQ(lines[0][9001], "[1.0, 1.0]");
}

TEST_F(VectorSlicesTest, SlicesThatAreUsedUpMakeRoom) {
  make(100, 100);
  const auto slices = open(false, 30);
  EXPECT_EQ(std::distance(fs::directory_iterator(spread()), {}), 4);
  ASSERT_TRUE(slices->load(0));
  ASSERT_TRUE(slices->load(1));
  EXPECT_EQ(std::distance(fs::directory_iterator(spread()), {}), 2);
}

TEST_F(VectorSlicesTest, ASliceWithoutVectorsHasNone) {
  make(100, 100, "n >= 30 AND n < 60");
  const auto slices = open(false, 30);
  const std::vector<std::string> lines = all(*slices, slices->vector_sql(), 100, 30);
  EXPECT_THAT(std::vector(lines.begin() + 30, lines.begin() + 60), Each("NULL"));
  EXPECT_EQ(lines[29], "[29.0, 1.0]");
  EXPECT_EQ(lines[60], "[60.0, 1.0]");
}

TEST_F(VectorSlicesTest, NoVectorsAtAllAreFine) {
  make(10, 10, "true");
  for (const bool in_memory : {true, false}) {
    const auto slices = open(in_memory, 4);
    EXPECT_THAT(all(*slices, slices->vector_sql(), 10, 4), Each("NULL"));
  }
}

TEST_F(VectorSlicesTest, TruncatedTextsMayGetNoneAndTheBaseIsTold) {
  make(6, 6, "n = 5");
  vectors_.says_where_from = true;
  for (const bool skip : {false, true})
    for (const bool in_memory : {true, false}) {
      vectors_.skip_truncated = skip;
      const auto slices = open(in_memory, 4);
      EXPECT_THAT(all(*slices, slices->is_base_sql(), 6, 4),
                  ElementsAre(skip ? "NULL" : "true", "false", skip ? "NULL" : "false", "true",
                              skip ? "NULL" : "false", "NULL"));
    }
}

// Two replicas may both have embedded a text.
TEST_F(VectorSlicesTest, OfDoubleVectorsOneIsTaken) {
  make(50, 10);
  folder_.rows("INSERT INTO vectors FROM vectors");
  for (const bool in_memory : {true, false}) {
    const auto slices = open(in_memory, 20);
    const std::vector<std::string> lines = all(*slices, slices->vector_sql(), 50, 20);
    ASSERT_EQ(lines.size(), 50u);
    EXPECT_EQ(lines[49], "[9.0, 1.0]");
  }
}

TEST_F(VectorSlicesTest, AVectorOfAnotherLengthIsACorruption) {
  make(10, 10);
  folder_.rows("UPDATE vectors SET embedding = [1]::FLOAT[] WHERE embedding[1] = 5");
  const auto in_memory = VectorSlices::open(folder_.connection(), vectors_, 4, 1 << 20, spread());
  ASSERT_FALSE(in_memory);
  EXPECT_EQ(in_memory.error().code, ErrorCode::kCorruption);
  EXPECT_EQ(in_memory.error().message, "text_embedding: a vector of 1 numbers, not 2");
  const auto slices = open(false, 4);
  EXPECT_TRUE(slices->load(0));
  const Status loaded = slices->load(1);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::kCorruption);
}

}  // namespace
}  // namespace colvec
