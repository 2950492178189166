#include "duck/interrupt_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <optional>
#include <thread>

#include "duck/duck_fixture.h"

namespace colvec {
namespace {

using Clock = std::chrono::steady_clock;
using testing::ElementsAre;

// Takes hours, on many machines.
const std::string kEndless =
    "SELECT count(*) FROM range(100000000) a(i), range(1000000) b(j) WHERE hash(i, j) % 7 = 3";
// Such that all chunks come after hours of work; and one whose first chunks come at once.
const std::string kEndlessToFirstChunk = "SELECT * FROM (" + kEndless + ")";
const std::string kEndlessRows = "SELECT i + j FROM range(100000000) a(i), range(1000000) b(j)";

// Far more than it takes, and far less than the queries take.
constexpr std::chrono::seconds kSoon{20};

class InterruptGuardTest : public testing::Test {
 protected:
  // Requests the cancel in a moment, when what follows runs.
  [[nodiscard]] std::future<void> cancel_soon() {
    return std::async(std::launch::async, [this] {
      std::this_thread::sleep_for(std::chrono::milliseconds(300));
      cancel_.request();
    });
  }
  void TearDown() override { EXPECT_LT(Clock::now() - begin_, kSoon); }

  Connection& connection() { return folder_.connection(); }

  DuckFolder folder_;
  CancelToken cancel_;
  const Clock::time_point begin_ = Clock::now();
};

TEST_F(InterruptGuardTest, ARequestEndsTheQueryThatRuns) {
  const auto requested = cancel_soon();
  const InterruptGuard guard(connection(), &cancel_);
  const Result<Rows> rows = connection().query(kEndless);
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(rows.error().message, "cancelled");
}

TEST_F(InterruptGuardTest, ARequestEndsAStreamBeforeItsFirstChunk) {
  const auto requested = cancel_soon();
  const InterruptGuard guard(connection(), &cancel_);
  Result<Stream> rows = connection().stream(kEndlessToFirstChunk);
  // Whether the query runs before the first chunk is asked for or then is DuckDB's affair.
  const ErrorCode code = rows ? rows->next().error().code : rows.error().code;
  EXPECT_EQ(code, ErrorCode::kCancelled);
}

TEST_F(InterruptGuardTest, ARequestEndsAStreamBetweenTwoChunks) {
  const auto requested = cancel_soon();
  const InterruptGuard guard(connection(), &cancel_);
  Stream rows = connection().stream(kEndlessRows).value();
  while (true) {
    const Result<std::optional<DataChunk>> chunk = rows.next();
    if (!chunk) {
      EXPECT_EQ(chunk.error().code, ErrorCode::kCancelled);
      break;
    }
    ASSERT_TRUE(chunk->has_value()) << "the end, without an error";
    ASSERT_LT(Clock::now() - begin_, kSoon);
  }
}

TEST_F(InterruptGuardTest, ARequestBeforeTheQueryEndsItAndTheNext) {
  cancel_.request();
  const InterruptGuard guard(connection(), &cancel_);
  EXPECT_EQ(connection().query(kEndless).error().code, ErrorCode::kCancelled);
  EXPECT_EQ(connection().execute("CREATE TEMP TABLE t AS " + kEndless).error().code,
            ErrorCode::kCancelled);
}

TEST_F(InterruptGuardTest, AfterItsEndTheConnectionWorksAsBefore) {
  cancel_.request();
  {
    const InterruptGuard guard(connection(), &cancel_);
    EXPECT_FALSE(connection().execute("CREATE TABLE db.t AS " + kEndless));
  }
  ASSERT_TRUE(connection().execute(
      "BEGIN; CREATE TABLE db.t AS FROM range(1000000); DELETE FROM db.t WHERE range = 7; COMMIT"));
  EXPECT_THAT(folder_.rows("SELECT count(*) FROM db.t"), ElementsAre("999999"));
  Stream rows = connection().stream("FROM db.t").value();
  std::size_t count = 0;
  while (const std::optional<DataChunk> chunk = rows.next().value()) count += chunk->rows();
  EXPECT_EQ(count, 999999u);
}

TEST_F(InterruptGuardTest, OtherConnectionsGoOn) {
  cancel_.request();
  Connection other = folder_.database().connect().value();
  const InterruptGuard guard(connection(), &cancel_);
  EXPECT_FALSE(connection().query(kEndless));
  EXPECT_EQ(other.query("SELECT sum(i) FROM range(100000000) r(i)").value().text(0, 0),
            "4999999950000000");
}

TEST_F(InterruptGuardTest, WithoutATokenOrARequestNothingHappens) {
  const InterruptGuard without(connection(), nullptr);
  const InterruptGuard unasked(connection(), &cancel_);
  EXPECT_THAT(folder_.rows("SELECT count(*) FROM range(1000000)"), ElementsAre("1000000"));
}

TEST_F(InterruptGuardTest, ItsEndWaitsForNothing) {
  const Clock::time_point begin = Clock::now();
  for (int i = 0; i < 1000; ++i) const InterruptGuard guard(connection(), &cancel_);
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(10));  // With pauses it would be 50.
}

}  // namespace
}  // namespace colvec
