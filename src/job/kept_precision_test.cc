#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "colvec/table_job.h"
#include "job/job_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

// As an output says what made it.
void make_meta(const JobFolder& folder, const std::string& precision,
               const std::string& fingerprint) {
  folder.run("output", "CREATE OR REPLACE TABLE vectors_meta AS SELECT '" + precision +
                           "' AS precision, '" + fingerprint + "' AS fingerprint");
}

TEST(KeptPrecision, AutoIsThatOfTheOutputOnceThereIsOne) {
  const JobFolder folder;
  TableJobConfig config = folder.config();
  config.model = own_testdata("models/tiny-bert/model").string();
  const auto precision = [&] {
    return name_of(open_encoder_for_output(config).value()->info().precision);
  };
  config.precision = Precision::kAuto;
  const std::string_view chosen = precision();
  make_meta(folder, "int8", "f00d");
  EXPECT_EQ(precision(), "int8");
  config.output_table = "others";
  EXPECT_EQ(precision(), chosen);
  config.output_table = "vectors";
  config.precision = Precision::kF32;
  EXPECT_EQ(precision(), "f32");
}

TEST(KeptPrecision, AnotherModelMayNotHaveIt) {
  const JobFolder folder;
  TableJobConfig config = folder.config();
  config.model = "builtin:lexical";
  config.precision = Precision::kAuto;
  make_meta(folder, "bf16", "f00d");
  const EncoderInfo lexical = open_encoder_for_output(config).value()->info();
  EXPECT_EQ(lexical.precision, Precision::kF32);
  make_meta(folder, "bf16", lexical.fingerprint);
  EXPECT_EQ(open_encoder_for_output(config).error().code, ErrorCode::kUnsupported);
}

TEST(KeptPrecision, SaysWhichOutputCannotBeOpened) {
  const JobFolder folder;
  TableJobConfig config = folder.config();
  config.output_db_path = folder.path() / "text.duckdb";
  std::ofstream(config.output_db_path) << "not a database, but long enough to look like one";
  config.precision = Precision::kAuto;
  const Result<std::unique_ptr<Encoder>> encoder = open_encoder_for_output(config);
  ASSERT_FALSE(encoder);
  EXPECT_THAT(encoder.error().message, testing::HasSubstr("output_db_path"));
}

}  // namespace
}  // namespace colvec
