#include "store/log_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/history_fixture.h"

namespace colvec {
namespace {

using ::testing::ElementsAre;

TEST(LogHistory, HoldsCommitsAndThoseThatWereReplaced) {
  StoreFolder place;
  const WrittenLog log(place, "c1 +f1; o1 O -f1 +g1; s1 O =c2,c3 +k1; d1 D -k1");
  EXPECT_THAT(log.history().commits(), ElementsAre("made", "c1", "c2", "c3", "d1"));
  EXPECT_TRUE(log.history().holds("c1"));
  EXPECT_TRUE(log.history().holds("c3"));
  // A compaction is a matter of one log alone.
  EXPECT_FALSE(log.history().holds("o1"));
  EXPECT_EQ(log.history().first_with("c3"), 3u);
  EXPECT_EQ(log.history().first_with("none"), std::nullopt);
}

TEST(LogHistory, ACompactionThatReplacesACompactionNamesNoCommit) {
  StoreFolder place;
  const WrittenLog log(place, "c1 +f1; o1 O =c1 -f1 +g1; o2 O =o1,c2 -g1 +g2");
  EXPECT_THAT(log.history().commits(), ElementsAre("made", "c1", "c2"));
}

TEST(LogHistory, KnowsWhatBecameOfFiles) {
  StoreFolder place;
  const WrittenLog log(place, "c1 +f1 +f2:700; o1 O -f1 +g1; c2 +f1");
  const FileFate back = log.history().fate_of("f1").value();
  EXPECT_EQ(back.added_by, 3u);
  EXPECT_EQ(back.removed_by, std::nullopt);
  EXPECT_EQ(log.history().fate_of("f2")->size, 700u);
  EXPECT_EQ(log.history().fate_of("none"), std::nullopt);
  WrittenLog removed(place, "c1 +f1; o1 O -f1 +g1");
  EXPECT_EQ(removed.history().fate_of("f1")->removed_by, 2u);
}

TEST(LogHistory, AFileThatIsNamedAgainWasAddedBefore) {
  StoreFolder place;
  const WrittenLog log(place, "c1 +f1!; o1 O +f1");
  EXPECT_EQ(log.history().fate_of("f1")->added_by, 1u);
}

TEST(LogHistory, KnowsWhatTakesRowsOut) {
  StoreFolder place;
  const WrittenLog log(place, "c1 +f1 +f2; o1 O -f1 +g1; d1 D -f2; e1 O ~d2 -g1 +g2");
  std::string erasing;
  for (const LogEntry& entry : log.history().entries()) erasing += entry.erases() ? "1" : "0";
  EXPECT_EQ(erasing, "00011");
}

TEST(LogHistory, GrowsWithTheLog) {
  StoreFolder place;
  WrittenLog log(place, "c1 +f1");
  EXPECT_EQ(log.history().entries().size(), 2u);
  log.write("c2 +f2");
  EXPECT_EQ(log.history().entries().size(), 3u);
  EXPECT_TRUE(log.history().holds("c2"));
}

TEST(LogHistory, RefusesCommitsOfOtherPrograms) {
  StoreFolder place;
  WrittenLog log(place, "");
  put_file(log.log().folder() / "_delta_log" / "00000000000000000001.json",
           R"({"commitInfo":{"timestamp":1,"operation":"WRITE","engineInfo":"Other/1.0"}})"
           "\n");
  ASSERT_TRUE(log.log().refresh({}));
  LogHistory history;
  const Status read = history.extend(log.log());
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(read.error().message.find("version 1: has no commitId (Other/1.0"), std::string::npos)
      << read.error().message;
}

}  // namespace
}  // namespace colvec
