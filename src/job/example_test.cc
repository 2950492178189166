#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "colvec/table_job.h"
#include "job/job_fixture.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

class MakeExample : public testing::Test {
 protected:
  MakeExample() { std::ofstream(sample_) << "document_id,content\n1,\"one, and more\"\n2,two\n"; }
  JobFolder folder_;
  fs::path sample_ = folder_.path() / "it's a sample.csv";
  fs::path dir_ = folder_.path() / "deep" / "example";
};

TEST_F(MakeExample, MakesADatabaseAndAConfigThatRuns) {
  ASSERT_TRUE(make_example(dir_, sample_));
  const TableJobConfig config = read_table_config(dir_ / "config.json", {}).value();
  FakeEncoder encoder;
  EXPECT_EQ(embed_table(config, encoder, {}).value().rows_written, 2u);
  EXPECT_THAT(encoder.encoded(), testing::UnorderedElementsAre("one, and more", "two"));
  EXPECT_FALSE(fs::exists(dir_ / "input.duckdb.tmp"));
}

TEST_F(MakeExample, LeavesWhatIsThere) {
  fs::create_directories(dir_);
  std::ofstream(dir_ / "config.json") << "mine";
  std::ofstream(dir_ / "input.duckdb") << "mine, too";
  ASSERT_TRUE(make_example(dir_, sample_));
  EXPECT_EQ(fs::file_size(dir_ / "config.json"), 4u);
  EXPECT_EQ(fs::file_size(dir_ / "input.duckdb"), 9u);
}

TEST_F(MakeExample, ADraftOfAKilledRunIsNoHindrance) {
  fs::create_directories(dir_);
  std::ofstream(dir_ / "input.duckdb.tmp") << "half a database";
  std::ofstream(dir_ / "input.duckdb.tmp.wal") << "half a log";
  EXPECT_TRUE(make_example(dir_, sample_));
  EXPECT_TRUE(fs::exists(dir_ / "input.duckdb"));
}

TEST_F(MakeExample, SaysWhatIsWrong) {
  EXPECT_EQ(make_example(dir_, folder_.path() / "absent.csv").error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(fs::exists(dir_ / "config.json"));
  EXPECT_EQ(make_example(sample_ / "below a file", sample_).error().code, ErrorCode::kIo);
}

}  // namespace
}  // namespace colvec
