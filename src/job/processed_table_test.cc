#include "job/processed_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "job/job_fixture.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class ProcessedTableTest : public testing::Test {
 protected:
  ProcessedTableTest() {
    dataset_.columns = {{.name = "id"}, {.name = "text", .embedding = EmbeddingStep{.model = "m"}}};
  }
  void write(const std::string& select, const std::string& name = "part-00000.parquet") {
    fs::create_directories(folder());
    const auto written = connection_.execute("COPY (" + select + ") TO " +
                                             quote_literal((folder() / name).string()));
    ASSERT_TRUE(written.has_value()) << written.error().message;
  }
  Result<ProcessedReader> try_open() {
    return ProcessedReader::open(connection_, folder_.path() / "home", dataset_);
  }
  ProcessedReader open() {
    Result<ProcessedReader> reader = try_open();
    EXPECT_TRUE(reader.has_value()) << (reader ? "" : reader.error().message);
    return *reader;
  }
  std::vector<std::string> values(const std::string& sql) {
    const Result<Rows> rows = connection_.query(sql);
    EXPECT_TRUE(rows.has_value()) << (rows ? "" : rows.error().message);
    std::vector<std::string> values;
    for (std::size_t r = 0; rows && r < rows->size(); ++r)
      values.push_back(rows->at(r, 0).value_or("NULL"));
    return values;
  }
  fs::path folder() const { return processed_folder(folder_.path() / "home", "wares"); }
  RowPlace place(int part, std::uint64_t number) const {
    return {(folder() / ("part-0000" + std::to_string(part) + ".parquet")).string(), number};
  }

  JobFolder folder_;
  Dataset dataset_{.name = "wares"};
  Database database_ = Database::open({.threads = 2}).value();
  Connection connection_ = database_.connect().value();
};

TEST_F(ProcessedTableTest, ColumnsAreThoseOfTheSource) {
  write(
      "SELECT 1 AS id, 'a' AS text, 2 AS id_embedding, [1, 2]::FLOAT[] AS text_embedding,"
      " 3 AS text_embedding_x, 4 AS text_embedding_7");
  const ProcessedReader reader = open();
  EXPECT_THAT(reader.columns(), ElementsAre("id", "text", "id_embedding", "text_embedding_x"));
  EXPECT_EQ(reader.vector_of(dataset_.columns[1]).value(), "\"text_embedding\"");
  EXPECT_EQ(reader.vector_of({.name = "other"}).error().code, ErrorCode::kNotFound);
}

TEST_F(ProcessedTableTest, AnExplodedVectorIsPutTogether) {
  write(
      "SELECT * FROM (VALUES (1, 0.5::FLOAT, 2::FLOAT), (2, NULL, NULL)) v(id, text_embedding_0,"
      " text_embedding_1)");
  const ProcessedReader reader = open();
  EXPECT_THAT(reader.columns(), ElementsAre("id"));
  EXPECT_THAT(
      values("SELECT " + reader.vector_of(dataset_.columns[1]).value() + " FROM " + reader.from()),
      ElementsAre("[0.5, 2.0]", "NULL"));
}

TEST_F(ProcessedTableTest, RowsAreFoundByTheirPlaceInTheOrderAskedFor) {
  for (const int part : {0, 1})
    write("SELECT " + std::to_string(10 * part) +
              " + i AS id, CASE WHEN i < 3 THEN 't' || i END AS text FROM range(5) r(i)",
          "part-0000" + std::to_string(part) + ".parquet");
  ProcessedReader reader = open();
  const std::vector<RowPlace> wanted = {place(1, 4), place(0, 1), place(1, 1), place(0, 1)};
  using Values = std::vector<std::optional<std::string>>;
  EXPECT_THAT(reader.rows(wanted).value(),
              ElementsAre(Values{"14", std::nullopt}, Values{"1", "t1"}, Values{"11", "t1"},
                          Values{"1", "t1"}));
  EXPECT_TRUE(reader.rows({})->empty());
  const std::vector<RowPlace> gone = {place(0, 5)};
  EXPECT_EQ(reader.rows(gone).error().code, ErrorCode::kConflict);
}

TEST_F(ProcessedTableTest, TheStampTellsOneTableFromTheNext) {
  const fs::path home = folder_.path() / "home";
  EXPECT_EQ(processed_stamp(home, "wares"), "");
  write("SELECT 1 AS id");
  const std::string first = processed_stamp(home, "wares");
  EXPECT_EQ(processed_stamp(home, "wares"), first);
  write("SELECT 2 AS id", "next");
  fs::rename(folder() / "next", folder() / "part-00000.parquet");
  const std::string second = processed_stamp(home, "wares");
  EXPECT_NE(second, first);
  write("SELECT 3 AS id", "part-00001.parquet");
  EXPECT_THAT(processed_stamp(home, "wares"), StartsWith(second));
  EXPECT_NE(processed_stamp(home, "wares"), second);
}

TEST_F(ProcessedTableTest, SourceColumnsMayHaveTheNamesOfFilesAndRows) {
  write("SELECT 'a.txt' AS filename, 7 AS id, [1]::FLOAT[] AS text_embedding");
  ProcessedReader reader = open();
  EXPECT_THAT(reader.columns(), ElementsAre("filename", "id"));
  const std::vector<RowPlace> wanted = {place(0, 0)};
  EXPECT_THAT(reader.rows(wanted).value(),
              ElementsAre(std::vector<std::optional<std::string>>{"a.txt", "7"}));
}

TEST_F(ProcessedTableTest, AConditionIsOneExpressionOverTheRow) {
  write("SELECT i AS id FROM range(5) r(i)");
  ProcessedReader reader = open();
  EXPECT_EQ(reader.condition("").value(), "");
  EXPECT_THAT(values("SELECT id FROM " + reader.from() + " WHERE id > 0" +
                     reader.condition("id = 0 OR id = 3 -- and a comment").value()),
              ElementsAre("3"));
  for (const char* wrong : {"1; DROP TABLE x", "(SELECT 1) = 1", "id = ", "true) OR (true"}) {
    const Result<std::string> condition = reader.condition(wrong);
    ASSERT_FALSE(condition) << wrong;
    EXPECT_EQ(condition.error().code, ErrorCode::kInvalidArgument) << wrong;
    EXPECT_THAT(condition.error().message, StartsWith("where: "));
  }
}

TEST_F(ProcessedTableTest, BeforeARefreshThereIsNone) {
  const auto absent = try_open();
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(absent.error().message,
              AllOf(StartsWith(folder().string()), HasSubstr("colvec dataset refresh wares")));
}

}  // namespace
}  // namespace colvec
