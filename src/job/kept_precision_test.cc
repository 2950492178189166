#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "colvec/table_job.h"
#include "job/job_fixture.h"

namespace colvec {
namespace {

TEST(KeptPrecision, AutoIsThatOfTheOutputOnceThereIsOne) {
  const JobFolder folder;
  TableJobConfig config = folder.config();
  config.precision = Precision::kAuto;
  EXPECT_EQ(*precision_for_output(config), Precision::kAuto);
  folder.run("output", "CREATE TABLE vectors_meta AS SELECT 'f32' AS precision");
  EXPECT_EQ(*precision_for_output(config), Precision::kF32);
  config.output_table = "others";
  EXPECT_EQ(*precision_for_output(config), Precision::kAuto);
  config.output_table = "vectors";
  config.precision = Precision::kInt8;
  EXPECT_EQ(*precision_for_output(config), Precision::kInt8);
}

TEST(KeptPrecision, SaysWhichOutputCannotBeOpened) {
  const JobFolder folder;
  TableJobConfig config = folder.config();
  config.output_db_path = folder.path() / "text.duckdb";
  std::ofstream(config.output_db_path) << "not a database, but long enough to look like one";
  const Result<Precision> precision = precision_for_output(config);
  ASSERT_FALSE(precision);
  EXPECT_THAT(precision.error().message, testing::HasSubstr("output_db_path"));
}

}  // namespace
}  // namespace colvec
