#include "job/output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "job/job_fixture.h"

namespace colvec {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class OutputTest : public testing::Test {
 protected:
  OutputTest() { folder_.run("input", "CREATE TABLE t (id UUID, n INTEGER, text VARCHAR)"); }
  // Where find_output() fails, or the code of another step that opens the tables.
  Result<Output> find() {
    Database database = Database::open({}).value();
    Connection connection = database.connect().value();
    COLVEC_TRY(attach_output(connection, config_));
    COLVEC_ASSIGN(const Input input, open_input(connection, config_));
    return find_output(connection, config_, input, encoder_.info_);
  }

  JobFolder folder_;
  TableJobConfig config_ = folder_.config();
  FakeEncoder encoder_;
};

TEST_F(OutputTest, MakesThreeTablesWithTheDocumentedColumns) {
  config_.id_column = {"id", "n"};
  { OpenedTables tables(config_, encoder_.info_); }
  const auto columns = [&](const std::string& table) {
    return folder_.rows("output",
                        "SELECT string_agg(column_name || ' ' || data_type, ', ' ORDER BY"
                        " column_index) FROM duckdb_columns() WHERE table_name = '" +
                            table + "'");
  };
  EXPECT_THAT(columns("vectors"),
              ElementsAre("id UUID, n INTEGER, text VARCHAR, embedding FLOAT[4]"));
  EXPECT_THAT(columns("vectors_issues"),
              ElementsAre("id UUID, n INTEGER, kind VARCHAR, text_hash VARCHAR, detail VARCHAR,"
                          " policy VARCHAR"));
  EXPECT_THAT(folder_.rows("output",
                           "SELECT fingerprint, model, dimension, precision, isa,"
                           " policies->>'on_null', created_at <= now()"
                           " FROM (SELECT * REPLACE (policies::JSON AS policies) FROM"
                           " vectors_meta)"),
              ElementsAre(std::string(60, '0') + "f00d|fake|4|f32|any|skip|true"));
}

TEST_F(OutputTest, FindsItsTablesAgainWhateverTheCase) {
  EXPECT_FALSE(find().value().exists);
  { OpenedTables tables(config_, encoder_.info_); }
  config_.output_table = "VECTORS";
  const Result<Output> output = find();
  ASSERT_TRUE(output.has_value()) << output.error().message;
  EXPECT_TRUE(output->exists);
  EXPECT_FALSE(output->has_rows);
  EXPECT_FALSE(output->has_staging);
  EXPECT_EQ(output->isa_before, "any");
}

TEST_F(OutputTest, TakesAnEmptyTableOfTheRightColumnsAndNoneOfUnknownOrigin) {
  folder_.run("output", "CREATE TABLE vectors (id UUID, text VARCHAR, embedding FLOAT[4])");
  EXPECT_FALSE(find().value().exists);
  { OpenedTables tables(config_, encoder_.info_); }
  EXPECT_TRUE(find().value().exists);
  folder_.run("output", "DROP TABLE vectors_meta; INSERT INTO vectors VALUES (uuid(), 'x', NULL)");
  EXPECT_EQ(find().error().code, ErrorCode::kConflict);
  EXPECT_THAT(find().error().message, HasSubstr("has rows, but no table vectors_meta"));
}

TEST_F(OutputTest, AnotherSchemaIsRefusedAndBothAreShown) {
  { OpenedTables tables(config_, encoder_.info_); }
  config_.vector_type = VectorType::kList;
  EXPECT_EQ(find().error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(find().error().message, HasSubstr("\"embedding\" FLOAT[4]), but this job writes"));
  EXPECT_THAT(find().error().message, HasSubstr("\"embedding\" FLOAT[])"));
}

TEST_F(OutputTest, ARecordOfTheModelThatIsNotOneRowIsDamage) {
  { OpenedTables tables(config_, encoder_.info_); }
  folder_.run("output", "INSERT INTO vectors_meta SELECT * FROM vectors_meta");
  EXPECT_EQ(find().error().code, ErrorCode::kCorruption);
  folder_.run("output", "CREATE OR REPLACE TABLE vectors_meta (other INTEGER)");
  EXPECT_EQ(find().error().code, ErrorCode::kCorruption);
}

TEST_F(OutputTest, EachOfFingerprintDimensionAndPrecisionMakesAnotherModel) {
  { OpenedTables tables(config_, encoder_.info_); }
  for (const char* change : {"fingerprint = 'beef'", "dimension = 5", "precision = 'bf16'"}) {
    folder_.run("output", std::string("UPDATE vectors_meta SET ") + change);
    EXPECT_EQ(find().error().code, ErrorCode::kConflict) << change;
    folder_.run("output",
                "UPDATE vectors_meta SET fingerprint = repeat('0', 60) || 'f00d', dimension = 4, "
                "precision = 'f32'");
  }
  folder_.run("output", "UPDATE vectors_meta SET isa = 'avx2', model = 'elsewhere'");
  EXPECT_TRUE(find().value().exists);
}

TEST_F(OutputTest, ARebuildGoesOnWithTheTablesOfItsOwnModelOnly) {
  { OpenedTables tables(config_, encoder_.info_); }
  config_.on_model_change = OnModelChange::kRebuild;
  encoder_.info_.fingerprint = "beef";
  {
    OpenedTables tables(config_, encoder_.info_);
    EXPECT_TRUE(tables.output.is_rebuild);
    EXPECT_EQ(tables.output.table.table, "vectors_rebuild");
    EXPECT_EQ(tables.output.replaced.table, "vectors");
    tables.rows("INSERT INTO " + tables.output.table.sql() + " VALUES (uuid(), 'x', NULL)");
  }
  EXPECT_TRUE(find().value().has_rows);
  config_.vector_type = VectorType::kList;
  EXPECT_FALSE(find().value().exists);  // It would not get into tables of other columns.
  config_.vector_type = VectorType::kArray;
  encoder_.info_.fingerprint = "cafe";
  OpenedTables tables(config_, encoder_.info_);
  EXPECT_FALSE(tables.output.has_rows);
  EXPECT_THAT(tables.rows("SELECT count(*) FROM " + tables.output.table.sql()), ElementsAre("0"));
}

TEST_F(OutputTest, ColumnsOfOneNameAndThoseOfTheIssuesAreRefused) {
  folder_.run("input", "ALTER TABLE t ADD COLUMN kind INTEGER");
  const auto refused = [&](const std::function<void(TableJobConfig&)>& change) {
    const TableJobConfig before = config_;
    change(config_);
    const Result<Output> output = find();
    config_ = before;
    return output ? "" : output.error().message;
  };
  EXPECT_THAT(refused([](auto& c) { c.vector_column = "TEXT"; }), HasSubstr("must differ"));
  EXPECT_THAT(refused([](auto& c) { c.id_column = {"id", "ID"}; }), HasSubstr("must differ"));
  EXPECT_THAT(refused([](auto& c) { c.id_column = {"text"}; }), HasSubstr("must differ"));
  EXPECT_THAT(refused([](auto& c) { c.id_column = {"Kind"}; }), HasSubstr("table of issues"));
}

TEST_F(OutputTest, TheViewsShowTheTablesUnderTheNamesOfTheQueries) {
  config_.id_column = {"n", "id"};
  OpenedTables tables(config_, encoder_.info_);
  tables.rows("INSERT INTO " + tables.output.table.sql() + " VALUES (7, uuid(), 'x', [1,2,3,4])");
  EXPECT_THAT(tables.rows("SELECT k0, t, v[2], r FROM __colvec_written WHERE k1 IS NOT NULL"),
              ElementsAre("7|x|2.0|0"));
  EXPECT_THAT(tables.rows("SELECT k0, k1, kind, text_hash, detail, policy FROM __colvec_issues"),
              IsEmpty());
}

}  // namespace
}  // namespace colvec
