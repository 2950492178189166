#include "job/writers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "base/parallel.h"
#include "job/job_fixture.h"

namespace colvec {
namespace {

using testing::ElementsAre;

class WritersTest : public testing::Test {
 protected:
  WritersTest() {
    folder_.run("input", "CREATE TABLE t (id INTEGER, text VARCHAR)");
    tables_.emplace(config_, encoder_.info_);
  }

  void open(std::size_t count, double commit_seconds) {
    writers_ = Writers::open(tables_->database, config_, tables_->output, 4,
                             {.count = count, .commit_seconds = commit_seconds})
                   .value();
  }
  // A window of rows [begin, end), of which every tenth has no text.
  Window window_of(int begin, int end) {
    return encoded_window(*tables_, config_, &encoder_,
                          "SELECT i::INTEGER, CASE WHEN i % 10 > 0 THEN 'text ' || i END, false"
                          " FROM range(" +
                              std::to_string(begin) + ", " + std::to_string(end) + ") r(i)");
  }
  // Several threads that write windows of a hundred rows at the same time.
  void write_at_once(int threads, int windows_each) {
    std::vector<Window> windows;
    for (int i = 0; i < threads * windows_each; ++i)
      windows.push_back(window_of(100 * i, 100 * i + 100));
    std::vector<std::thread> running;
    for (int t = 0; t < threads; ++t)
      running.emplace_back([&, t] {
        for (int i = 0; i < windows_each; ++i)
          EXPECT_TRUE(writers_->write(std::move(windows[t * windows_each + i])));
      });
    for (std::thread& thread : running) thread.join();
  }
  void close() {
    writers_.reset();
    tables_.reset();
  }
  std::vector<std::string> output(const std::string& sql) { return folder_.rows("output", sql); }

  JobFolder folder_;
  TableJobConfig config_ = folder_.config();
  FakeEncoder encoder_;
  std::optional<OpenedTables> tables_;
  std::unique_ptr<Writers> writers_;
};

TEST_F(WritersTest, WriteEachWindowOnceWithItsIssues) {
  open(3, 1000);
  write_at_once(4, 20);
  EXPECT_EQ(writers_->rows_done(), 8000u);
  EXPECT_EQ(writers_->committed().rows_done, 0u);
  ASSERT_TRUE(writers_->finish());
  const WriterTotals totals = writers_->committed();
  EXPECT_EQ(totals.rows_written, 7200u);
  EXPECT_EQ(totals.rows_done, 8000u);
  EXPECT_EQ(totals.issues.at("null"), 800u);
  EXPECT_LE(totals.commits, 3u);
  close();
  EXPECT_THAT(output("SELECT count(*), count(DISTINCT id), bool_and(id % 10 > 0) FROM vectors"),
              ElementsAre("7200|7200|true"));
  EXPECT_THAT(output("SELECT count(*), count(DISTINCT id) FROM vectors_issues"),
              ElementsAre("800|800"));
}

TEST_F(WritersTest, CommitAllTogetherWhenOneIsDue) {
  open(3, 0);
  write_at_once(4, 20);
  EXPECT_EQ(writers_->committed().rows_done, 8000u);
  EXPECT_GT(writers_->committed().commits, 3u);
  ASSERT_TRUE(writers_->finish());
  close();
  EXPECT_THAT(output("SELECT count(*), count(DISTINCT id) FROM vectors"), ElementsAre("7200|7200"));
}

TEST_F(WritersTest, CommitAWindowThatTookLongToCome) {
  Window first = window_of(0, 10), late = window_of(10, 20), last = window_of(20, 30);
  open(2, 3);
  ASSERT_TRUE(writers_->write(std::move(first)));
  EXPECT_EQ(writers_->committed().commits, 0u);
  std::this_thread::sleep_for(std::chrono::milliseconds(3100));
  ASSERT_TRUE(writers_->write(std::move(late)));
  EXPECT_EQ(writers_->committed().rows_done, 20u);
  ASSERT_TRUE(writers_->write(std::move(last)));
  EXPECT_EQ(writers_->committed().rows_done, 20u);
}

TEST_F(WritersTest, KeepOneBusyWhileItIsFastEnough) {
  open(3, 1000);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(writers_->write(window_of(100 * i, 100 * i + 100)));
  ASSERT_TRUE(writers_->finish());
  EXPECT_EQ(writers_->committed().commits, 1u);
}

TEST_F(WritersTest, LetNobodyWaitWhileOneCommits) {
  open(1, 0);
  std::promise<void> commits;
  std::promise<void> go_on;
  int commits_begun = 0;
  writers_->before_commit([&]() -> Status {
    if (++commits_begun > 1) return {};
    commits.set_value();
    go_on.get_future().wait();
    return {};
  });
  std::vector<Window> windows;
  for (int i = 0; i < 4; ++i) windows.push_back(window_of(100 * i, 100 * i + 100));
  std::thread first([&] { EXPECT_TRUE(writers_->write(std::move(windows[0]))); });
  commits.get_future().wait();
  for (int i = 1; i < 4; ++i) EXPECT_TRUE(writers_->write(std::move(windows[i])));
  EXPECT_EQ(writers_->rows_done(), 100u);
  go_on.set_value();
  first.join();
  EXPECT_EQ(writers_->rows_done(), 400u);
  ASSERT_TRUE(writers_->finish());
  close();
  EXPECT_THAT(output("SELECT count(*), count(DISTINCT id) FROM vectors"), ElementsAre("360|360"));
}

TEST_F(WritersTest, CommitWhatIsWholeWhereOneFails) {
  open(2, 1000);
  ASSERT_TRUE(writers_->write(window_of(0, 100)));
  Connection other = tables_->database.connect().value();
  // What the table no longer takes.
  ASSERT_TRUE(writers_->finish());
  ASSERT_TRUE(other.execute("DROP TABLE " + tables_->output.table.sql()));
  EXPECT_FALSE(writers_->write(window_of(100, 200)));
  EXPECT_EQ(writers_->rows_done(), 100u);
  EXPECT_TRUE(writers_->finish());
}

TEST_F(WritersTest, AreAsManyAsThreadsAndTheMemoryLimitAllow) {
  const ThreadLimit threads(2);
  Output output;
  config_.memory_limit = "1GB";
  EXPECT_EQ(writer_count(config_, output, 384).value(), 2u);
  EXPECT_EQ(writer_count(config_, output, 4096).value(), 1u);
  config_.memory_limit = "64MiB";
  EXPECT_EQ(writer_count(config_, output, 384).value(), 1u);
  output.has_staging = true;
  config_.memory_limit = "1GB";
  EXPECT_EQ(writer_count(config_, output, 384).value(), 1u);
}

}  // namespace
}  // namespace colvec
