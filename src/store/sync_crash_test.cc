// What is left of both sides when a push or a pull stops at any step, of the remote or of the disk,
// or loses an answer: whole stores, in which no key lacks its vector; and once more, all is there.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/replica_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kStepsMax = 200;

// Every step takes minutes.
std::size_t stride() { return runs_long() ? 1 : 4; }

// Two homes that are both ahead of their remote, one of them with a compaction, rows that were
// taken out, and files that are gone.
class SyncCrash : public testing::Test {
 protected:
  SyncCrash() {
    const std::unique_ptr<ObjectStore> remote = folder_remote(before("remote"));
    const Home a(before("a"));
    const Home b(before("b"));
    a.append({0, 6});
    EXPECT_TRUE(push(a.folder(), *remote));
    EXPECT_TRUE(pull(b.folder(), *remote));
    b.append({4, 4});
    EXPECT_TRUE(push(b.folder(), *remote));
    a.append({6, 3});
    a.append({20, 3});
    a.compact();
    a.vacuum();
    a.append({30, 2});
    a.forget("id = 1");
    // The mirror is where things happen, too.
    fs::remove_all(a.folder() / "_remote");
    held_before_ = Home(before("remote")).contents();
  }

  fs::path before(const std::string& name) const { return place_.path() / "before" / name; }
  fs::path now(const std::string& name) const { return place_.path() / "now" / name; }
  void start() const {
    fs::remove_all(place_.path() / "now");
    fs::copy(place_.path() / "before", place_.path() / "now", fs::copy_options::recursive);
  }

  // All keys of `few` that were not forgotten are in `many`.
  static void expect_no_less(const StoreContents& few, const StoreContents& many) {
    for (const std::string& key : few.keys) {
      if (key.starts_with("1|")) continue;
      EXPECT_THAT(many.keys, ::testing::Contains(key));
    }
  }

  StoreFolder place_;
  StoreContents held_before_;
};

TEST_F(SyncCrash, APushMayStopBeforeAnyStep) {
  start();
  {
    const auto remote = folder_remote(now("remote"));
    ASSERT_TRUE(push(now("a"), *remote));
  }
  const StoreContents after = Home(now("remote")).contents();
  ASSERT_NE(after, held_before_);
  for (std::size_t step = 0; step < kStepsMax; step += stride()) {
    for (const bool loses_answer : {false, true}) {
      SCOPED_TRACE(fmt::format("step {}, answer lost: {}", step, loses_answer));
      start();
      const auto remote = folder_remote(now("remote"));
      FaultyObjectStore faulty(*remote);
      if (loses_answer)
        faulty.lose_answer_of(step);
      else
        faulty.stop_before(step);
      const auto done = push(now("a"), faulty);
      const bool is_over = faulty.steps() <= step;
      EXPECT_TRUE(done || !is_over) << done.error().message;
      const Home there(now("remote"));
      EXPECT_EQ(there.problems(), "");
      expect_no_less(held_before_, there.contents());
      ASSERT_TRUE(push(now("a"), *remote));
      EXPECT_EQ(there.contents(), after);
      EXPECT_EQ(there.problems(), "");
      EXPECT_EQ(push(now("a"), *remote)->commits, 0u);
      if (is_over && loses_answer) return;
    }
    if (HasFailure()) return;
  }
  FAIL() << "more than " << kStepsMax << " steps";
}

TEST_F(SyncCrash, ThePushingMachineMayStopBeforeAnyStep) {
  for (std::size_t step = 0; step < kStepsMax; step += stride()) {
    SCOPED_TRACE(fmt::format("step {}", step));
    start();
    const auto remote = folder_remote(now("remote"));
    FaultyFileSystem files(now("a"));
    files.stop_before(step);
    const auto done = push(now("a"), *remote, {.files = &files});
    const bool is_over = files.steps() <= step;
    EXPECT_TRUE(done || !is_over) << done.error().message;
    files.lose_power(PowerLoss::kSomeNames, static_cast<unsigned>(step));
    const Home there(now("remote"));
    EXPECT_EQ(there.problems(), "");
    ASSERT_TRUE(push(now("a"), *remote));
    EXPECT_EQ(there.problems(), "");
    EXPECT_EQ(push(now("a"), *remote)->commits, 0u);
    if (is_over || HasFailure()) return;
  }
}

TEST_F(SyncCrash, APullMayStopBeforeAnyStep) {
  start();
  {
    const auto remote = folder_remote(now("remote"));
    ASSERT_TRUE(push(now("a"), *remote));
  }
  fs::remove_all(place_.path() / "before");
  fs::rename(place_.path() / "now", place_.path() / "before");
  const StoreContents held = Home(before("b")).contents();
  start();
  ASSERT_TRUE(pull(now("b"), *folder_remote(now("remote"))));
  const StoreContents after = Home(now("b")).contents();
  ASSERT_NE(after, held);
  const std::vector<std::optional<PowerLoss>> losses = {
      std::nullopt, PowerLoss::kNamesLost, PowerLoss::kNamesKept, PowerLoss::kSomeNames};
  for (std::size_t step = 0; step < kStepsMax; step += stride()) {
    bool is_over = false;
    for (const std::optional<PowerLoss>& loss : losses) {
      SCOPED_TRACE(fmt::format("step {}, power loss {}", step, loss ? int(*loss) : -1));
      start();
      const auto remote = folder_remote(now("remote"));
      FaultyFileSystem files(now("b"));
      files.stop_before(step);
      const auto done = pull(now("b"), *remote, {.files = &files});
      is_over = files.steps() <= step;
      EXPECT_TRUE(done || !is_over) << done.error().message;
      if (loss) files.lose_power(*loss, static_cast<unsigned>(step));
      const Home here(now("b"));
      EXPECT_EQ(here.problems(), "");
      expect_no_less(held, here.contents());
      ASSERT_TRUE(pull(now("b"), *remote));
      EXPECT_EQ(here.contents(), after);
      EXPECT_EQ(here.problems(), "");
      if (HasFailure()) return;
    }
    if (is_over) return;
  }
  FAIL() << "more than " << kStepsMax << " steps";
}

TEST_F(SyncCrash, APullIntoAnEmptyFolderMayStopBeforeAnyStep) {
  start();
  const auto remote = folder_remote(now("remote"));
  const StoreContents there = Home(now("remote")).contents();
  for (std::size_t step = 0; step < kStepsMax; step += stride()) {
    SCOPED_TRACE(fmt::format("step {}", step));
    const fs::path folder = now("new");
    fs::remove_all(folder);
    FaultyFileSystem files(folder);
    files.stop_before(step);
    const auto done = pull(folder, *remote, {.files = &files});
    const bool is_over = files.steps() <= step;
    EXPECT_TRUE(done || !is_over) << done.error().message;
    files.lose_power(PowerLoss::kSomeNames, static_cast<unsigned>(step));
    ASSERT_TRUE(pull(folder, *remote));
    EXPECT_EQ(Home(folder).contents(), there);
    EXPECT_EQ(Home(folder).problems(), "");
    if (is_over || HasFailure()) return;
  }
}

}  // namespace
}  // namespace colvec
