#include "job/open_job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "job/job_fixture.h"

namespace colvec {
namespace {

TEST(OpenDatabaseFor, TakesLimitsFromTheConfigAndSpillsBesideTheOutput) {
  JobFolder folder;
  TableJobConfig config = folder.config();
  config.memory_limit = "300MB";
  config.threads = 3;
  const std::filesystem::path spill = folder.path() / "output.duckdb.tmp";
  {
    Database database = open_database_for(config).value();
    Connection connection = database.connect().value();
    const Rows rows = connection
                          .query(
                              "SELECT current_setting('memory_limit'),"
                              " current_setting('threads'), current_setting('temp_directory')")
                          .value();
    EXPECT_EQ(rows.text(0, 0), "228.8 MiB");  // Four fifths of 300 MB.
    EXPECT_EQ(rows.text(0, 1), "3");
    EXPECT_EQ(std::filesystem::path(rows.text(0, 2)).parent_path(), spill);
  }
  EXPECT_FALSE(std::filesystem::exists(spill));
}

TEST(OpenDatabaseFor, RefusesWhatIsNoSize) {
  TableJobConfig config;
  for (const char* bad : {"lots", "1XB", "-1GB", ""}) {
    config.memory_limit = bad;
    const Result<Database> database = open_database_for(config);
    ASSERT_FALSE(database) << bad;
    EXPECT_EQ(database.error().code, ErrorCode::kInvalidArgument) << bad;
    EXPECT_THAT(database.error().message, testing::HasSubstr("memory_limit")) << bad;
  }
}

}  // namespace
}  // namespace colvec
