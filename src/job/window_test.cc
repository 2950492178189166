#include "job/window.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/hash.h"
#include "duck/database.h"

namespace colvec {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class WindowTest : public testing::Test {
 protected:
  WindowTest() : database_(Database::open({}).value()), connection_(database_.connect().value()) {}

  // A window over the rows of a VALUES list (k0, t, changed).
  Window window_of(const std::string& values) {
    Stream rows =
        connection_.stream("SELECT * FROM (VALUES " + values + ") v(k0, t, changed)").value();
    Window window;
    window.chunk = std::make_shared<const DataChunk>(std::move(rows.next().value().value()));
    window.keys = 1;
    return window;
  }
  void sort(Window& window, bool is_blob = false) {
    sort_rows(config_, is_blob, 0, window.chunk->rows(), 2, &recent_, &window);
  }
  static std::vector<std::string> issues(const Window& window) {
    std::vector<std::string> lines;
    for (const RowIssue& issue : window.issues)
      lines.push_back(std::to_string(issue.row) + " " + std::string(issue.kind) + " " +
                      std::to_string(static_cast<int>(issue.policy)));
    return lines;
  }

  TableJobConfig config_;
  RecentTexts recent_{1000};
  Database database_;
  Connection connection_;
};

TEST_F(WindowTest, IsCutByBytesAndHoldsOneRowAtLeast) {
  const Window window = window_of(
      "(1, repeat('x', 50), false), (2, repeat('x', 50), false),"
      " (3, NULL, false), (4, repeat('x', 500), false)");
  EXPECT_EQ(window_rows(*window.chunk, 1, 0, 1), 1u);
  EXPECT_EQ(window_rows(*window.chunk, 1, 0, 60), 2u);
  EXPECT_EQ(window_rows(*window.chunk, 1, 0, 103), 4u);
  EXPECT_EQ(window_rows(*window.chunk, 1, 3, 1), 1u);
  EXPECT_EQ(window_rows(*window.chunk, 1, 4, 1), 0u);
  EXPECT_EQ(window_rows(*window.chunk, 1, 0, 1 << 20), 4u);
}

TEST_F(WindowTest, EqualTextsShareAVectorWithinAndAcrossWindows) {
  Window first = window_of("(1, 'a', false), (2, 'b', false), (3, 'a', true)");
  sort(first);
  EXPECT_THAT(first.texts, ElementsAre("a", "b"));
  EXPECT_EQ(first.rows[2].vector.index, 0u);
  EXPECT_TRUE(first.rows[2].changed);
  EXPECT_FALSE(first.rows[0].changed);

  Window second = window_of("(4, 'b', false), (5, 'c', false)");
  sort(second);
  EXPECT_THAT(second.texts, ElementsAre("c"));
  EXPECT_EQ(second.rows[0].vector.vectors, first.vectors);
  EXPECT_EQ(second.rows[0].vector.index, 1u);
}

TEST_F(WindowTest, NullAndEmptyTextsFollowTheirPolicies) {
  const char* values = "(1, NULL, false), (2, '', false), (3, 'x', false)";
  for (const Policy policy : {Policy::kSkip, Policy::kKeep, Policy::kError}) {
    config_.on_null = config_.on_empty = policy;
    recent_ = RecentTexts(1000);
    Window window = window_of(values);
    sort(window);
    const bool keeps = policy == Policy::kKeep;
    EXPECT_EQ(window.rows[0].action, keeps ? RowAction::kWriteNull : RowAction::kLeaveOut);
    EXPECT_EQ(window.rows[1].action, keeps ? RowAction::kWrite : RowAction::kLeaveOut);
    EXPECT_EQ(window.rows[2].action, RowAction::kWrite);
    EXPECT_EQ(window.texts.size(), keeps ? 2u : 1u);
    const std::string number = std::to_string(static_cast<int>(policy));
    EXPECT_THAT(issues(window), ElementsAre("0 null " + number, "1 empty " + number));
    EXPECT_EQ(window.issues[0].text_hash, "");
    EXPECT_EQ(window.issues[1].text_hash, text_hash(""));
  }
}

TEST_F(WindowTest, AWindowOfNothingToEmbedHasNoTexts) {
  Window window = window_of("(1, NULL::VARCHAR, false), (2, '', false)");
  sort(window);
  EXPECT_THAT(window.texts, IsEmpty());
  ASSERT_NE(window.vectors, nullptr);
  judge_rows(config_, &window);
  EXPECT_EQ(window.issues.size(), 2u);
}

TEST_F(WindowTest, BlobsAreRepairedAndKeepTheHashOfTheirBytes) {
  Window window = window_of(R"((1, 'a\xFF'::BLOB, false), (2, 'good'::BLOB, false))");
  sort(window, true);
  EXPECT_THAT(window.texts, ElementsAre("a\xEF\xBF\xBD", "good"));
  EXPECT_THAT(issues(window), ElementsAre("0 repaired_utf8 1"));
  EXPECT_EQ(window.issues[0].text_hash, text_hash("a\xFF"));
  EXPECT_EQ(window.rows[0].text, "a\xEF\xBF\xBD");
}

TEST_F(WindowTest, TruncatedTextsAndBadVectorsAreJudgedByThePolicies) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  for (const Policy policy : {Policy::kSkip, Policy::kKeep, Policy::kError}) {
    config_.on_truncate = config_.on_bad_vector = policy;
    recent_ = RecentTexts(1000);
    Window window = window_of(
        "(1, 'long', false), (2, 'nan', false), (3, 'infinite', false),"
        " (4, 'good', false), (5, 'both', false), (6, 'nan', false)");
    sort(window);
    ASSERT_EQ(window.texts.size(), 5u);
    window.vectors->values = {1, 1, nan, 1, 1, -infinity, 3e38f, -1, nan, nan};
    window.vectors->reports = {{8, true}, {3, false}, {3, false}, {3, false}, {8, true}};
    judge_rows(config_, &window);
    const bool keeps = policy == Policy::kKeep;
    for (const std::size_t bad : {0, 1, 2, 4, 5})
      EXPECT_EQ(window.rows[bad].action, keeps ? RowAction::kWrite : RowAction::kLeaveOut);
    EXPECT_EQ(window.rows[3].action, RowAction::kWrite);
    const std::string p = " " + std::to_string(static_cast<int>(policy));
    // A row that is left out for its length needs no second reason.
    if (keeps)
      EXPECT_THAT(issues(window),
                  ElementsAre("0 truncated" + p, "1 bad_vector" + p, "2 bad_vector" + p,
                              "4 truncated" + p, "4 bad_vector" + p, "5 bad_vector" + p));
    else
      EXPECT_THAT(issues(window),
                  ElementsAre("0 truncated" + p, "1 bad_vector" + p, "2 bad_vector" + p,
                              "4 truncated" + p, "5 bad_vector" + p));
    EXPECT_EQ(window.issues[0].detail, "cut at 8 tokens");
  }
}

}  // namespace
}  // namespace colvec
