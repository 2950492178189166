#include "duck/chunk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "duck/duck_fixture.h"

namespace colvec {
namespace {

DataChunk first_chunk(DuckFolder& folder, const std::string& sql) {
  Stream rows = folder.connection().stream(sql).value();
  return std::move(rows.next().value().value());
}

TEST(DataChunk, GivesTextsOfEveryLengthAndBytesOfBlobs) {
  DuckFolder folder;
  const DataChunk chunk =
      first_chunk(folder, R"(SELECT * FROM (VALUES ('', ''::BLOB), ('twelve bytes', '\x00'::BLOB),
                             ('thirteen byte', '\xFF\x00\xFE'::BLOB),
                             (repeat('long ', 1000), encode(repeat('x', 100)))) t(a, b))");
  ASSERT_EQ(chunk.rows(), 4u);
  EXPECT_EQ(chunk.text(0, 0), "");
  EXPECT_EQ(chunk.text(0, 1), "twelve bytes");
  EXPECT_EQ(chunk.text(0, 2), "thirteen byte");
  EXPECT_EQ(chunk.text(0, 3).size(), 5000u);
  EXPECT_EQ(chunk.text(1, 1), std::string_view("\0", 1));
  EXPECT_EQ(chunk.text(1, 2), std::string_view("\xFF\0\xFE", 3));
  EXPECT_EQ(chunk.text(1, 3), std::string(100, 'x'));
}

TEST(DataChunk, KnowsNullsAndBooleans) {
  DuckFolder folder;
  const DataChunk chunk = first_chunk(
      folder, "SELECT CASE WHEN i % 3 > 0 THEN 'x' END, i % 2 = 0, 'never' FROM range(200) r(i)");
  for (std::size_t r = 0; r < chunk.rows(); ++r) {
    EXPECT_EQ(chunk.is_null(0, r), r % 3 == 0);
    EXPECT_EQ(chunk.boolean(1, r), r % 2 == 0);
    EXPECT_FALSE(chunk.is_null(2, r));
  }
}

TEST(DataChunk, HandsOutTheNumbersOfLists) {
  DuckFolder folder;
  const DataChunk chunk =
      first_chunk(folder, "SELECT [i, i + 0.5, -i]::FLOAT[] FROM range(300) r(i) WHERE i % 2 = 1");
  ASSERT_EQ(chunk.rows(), 150u);
  for (std::size_t r = 0; r < chunk.rows(); ++r) {
    const float i = static_cast<float>(2 * r + 1);
    EXPECT_THAT(chunk.floats(0, r), testing::ElementsAre(i, i + 0.5f, -i));
  }
}

TEST(DataChunk, OutlivesItsStreamAndMayBeMoved) {
  DuckFolder folder;
  DataChunk chunk = first_chunk(folder, "SELECT repeat('a text that is kept ', 3)");
  DataChunk moved = std::move(chunk);
  chunk = first_chunk(folder, "SELECT 'another'");
  EXPECT_EQ(moved.text(0, 0).size(), 60u);
  moved = std::move(chunk);
  EXPECT_EQ(moved.text(0, 0), "another");
}

}  // namespace
}  // namespace colvec
