#include "job/store_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "colvec/store.h"
#include "job/job_fixture.h"

namespace colvec {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class StoreCacheTest : public testing::Test {
 protected:
  StoreCacheTest() {
    config_ = folder_.config();
    config_.store = folder_.path() / "store";
    folder_.run("input",
                "CREATE TABLE t (id INTEGER, text VARCHAR); INSERT INTO t VALUES (1, 'one'), (2, "
                "'two'), (3, 'one'), (4, NULL), (5, ''), (6, 'a text that is longer than forty "
                "bytes is cut short')");
  }

  TableJobSummary run() {
    encoder_.forget();
    const auto summary = embed_table(config_, encoder_, {});
    EXPECT_TRUE(summary.has_value()) << summary.error().message;
    return summary.value_or(TableJobSummary{});
  }
  std::vector<std::string> output() {
    return folder_.rows("output", "SELECT id, text, embedding FROM vectors ORDER BY id");
  }
  std::vector<std::string> issues() {
    return folder_.rows("output", "SELECT id, kind, policy FROM vectors_issues ORDER BY id, kind");
  }

  JobFolder folder_;
  FakeEncoder encoder_;
  TableJobConfig config_;
};

TEST_F(StoreCacheTest, EmbedsEachTextOnceOverTables) {
  const TableJobSummary first = run();
  EXPECT_EQ(first.vectors_to_store, 3u);
  EXPECT_EQ(first.vectors_from_store, 0u);
  const auto rows = output();
  const auto found_issues = issues();

  config_.output_table = "again";
  const TableJobSummary second = run();
  EXPECT_THAT(encoder_.encoded(), IsEmpty());
  EXPECT_EQ(second.vectors_from_store, 4u);
  EXPECT_EQ(second.vectors_to_store, 0u);
  EXPECT_EQ(folder_.rows("output", "SELECT id, text, embedding FROM again ORDER BY id"), rows);
  EXPECT_EQ(folder_.rows("output", "SELECT id, kind, policy FROM again_issues ORDER BY id, kind"),
            found_issues);
}

TEST_F(StoreCacheTest, TakesChangedTextsToo) {
  run();
  folder_.run("input", "UPDATE t SET text = 'two' WHERE id = 1; INSERT INTO t VALUES (7, 'seven')");
  const TableJobSummary second = run();
  EXPECT_THAT(encoder_.encoded(), ElementsAre("seven"));
  EXPECT_EQ(second.vectors_to_store, 1u);
  EXPECT_THAT(folder_.rows("output", "SELECT id, text FROM vectors WHERE id IN (1, 7) ORDER BY id"),
              ElementsAre("1|two", "7|seven"));
}

TEST_F(StoreCacheTest, LeavesCutTextsToTheirPolicy) {
  run();
  config_.output_table = "strict";
  config_.on_truncate = Policy::kSkip;
  run();
  EXPECT_EQ(encoder_.encoded().size(), 1u);
  EXPECT_THAT(folder_.rows("output", "SELECT id FROM strict ORDER BY id"),
              ElementsAre("1", "2", "3"));
}

TEST_F(StoreCacheTest, KeepsVectorsOfModelsApart) {
  run();
  encoder_.info_.fingerprint = std::string(64, 'e');
  config_.output_table = "other";
  EXPECT_EQ(run().vectors_from_store, 0u);
  EXPECT_EQ(encoder_.encoded().size(), 3u);
}

TEST_F(StoreCacheTest, EmbedsNothingTwiceHoweverFarApartItIs) {
  folder_.run("input",
              "DELETE FROM t; INSERT INTO t SELECT i, CASE WHEN i IN (0, 19999) THEN 'twice' ELSE "
              "'text ' || i END FROM range(20000) r(i)");
  const TableJobSummary summary = run();
  EXPECT_EQ(summary.texts_embedded, 19999u);
  EXPECT_EQ(summary.texts_again, 0u);
}

TEST_F(StoreCacheTest, RefusesVectorsOfADamagedFile) {
  run();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(config_.store))
    if (entry.path().extension() == ".parquet")
      std::filesystem::resize_file(entry.path(), entry.file_size() - 1);
  config_.output_table = "again";
  const auto summary = embed_table(config_, encoder_, {});
  ASSERT_FALSE(summary.has_value());
  EXPECT_EQ(summary.error().code, ErrorCode::kCorruption);
  EXPECT_THAT(summary.error().message, HasSubstr("store: "));
}

TEST_F(StoreCacheTest, CannotBeReachedByTheUsersExpression) {
  run();
  config_.output_table = "again";
  config_.where = "id IN (SELECT length(content) FROM read_text('/etc/hostname'))";
  EXPECT_FALSE(embed_table(config_, encoder_, {}).has_value());
}

}  // namespace
}  // namespace colvec
