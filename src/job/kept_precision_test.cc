#include <gtest/gtest.h>

#include "colvec/table_job.h"
#include "duck/database.h"
#include "scratch_folder.h"

namespace colvec {
namespace {

TEST(KeptPrecision, AutoIsThatOfTheOutputOnceThereIsOne) {
  const ScratchFolder folder;
  TableJobConfig config;
  config.output_db_path = folder.path() / "out.duckdb";
  config.output_table = "vectors";
  EXPECT_EQ(*precision_for_output(config), Precision::kAuto);
  {
    Database database = Database::open({.path = config.output_db_path.string()}).value();
    Connection connection = database.connect().value();
    ASSERT_TRUE(connection.execute("CREATE TABLE vectors_meta AS SELECT 'f32' AS precision"));
  }
  EXPECT_EQ(*precision_for_output(config), Precision::kF32);
  config.output_table = "others";
  EXPECT_EQ(*precision_for_output(config), Precision::kAuto);
  config.output_table = "vectors";
  config.precision = Precision::kInt8;
  EXPECT_EQ(*precision_for_output(config), Precision::kInt8);
}

TEST(KeptPrecision, SaysWhichOutputCannotBeOpened) {
  const ScratchFolder folder;
  folder.write("out.duckdb", "not a database, but long enough to look like one");
  TableJobConfig config;
  config.output_db_path = folder.path() / "out.duckdb";
  config.output_table = "vectors";
  const Result<Precision> precision = precision_for_output(config);
  ASSERT_FALSE(precision);
  EXPECT_NE(precision.error().message.find("output_db_path"), std::string::npos)
      << precision.error().message;
}

}  // namespace
}  // namespace colvec
