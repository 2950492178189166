#include "job/refresh_turn.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <optional>
#include <string>

#include "job/refresh_fixture.h"

namespace colvec {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class RefreshTurnTest : public testing::Test {
 protected:
  RefreshTurnTest() {
    home_.write(kManyTexts);
    home_.save({.model = "m"});
  }

  // Null where the wait was cancelled. `waited_for_` has the column that was waited for.
  std::optional<RefreshTurn> take(const std::vector<std::string>& columns,
                                  const CancelToken* cancel) {
    waited_for_.clear();
    return RefreshTurn::take(home_.home(), "wares", columns, cancel,
                             [&](std::string_view column) { waited_for_ = column; })
        .value();
  }

  RefreshHome home_;
  std::string waited_for_;
};

TEST_F(RefreshTurnTest, OneAtATimeIsAtAColumn) {
  CancelToken cancel;
  cancel.request();
  std::optional<RefreshTurn> first = take({"text", "a/b"}, nullptr);
  EXPECT_FALSE(first->has_waited());
  EXPECT_EQ(take({"more", "a/b"}, &cancel), std::nullopt);
  EXPECT_EQ(waited_for_, "a/b");
  EXPECT_TRUE(take({"more"}, &cancel)) << "nobody is at it, nor waits for it";
  first.reset();
  EXPECT_TRUE(take({"text", "a/b"}, &cancel));
  EXPECT_THAT(waited_for_, IsEmpty());
}

TEST_F(RefreshTurnTest, ARefreshThatIsCancelledWhileItWaitsDoesNothing) {
  const std::optional<RefreshTurn> other = take({"text"}, nullptr);
  CancelToken cancel;
  RefreshOptions options = home_.options();
  options.cancel = &cancel;
  std::vector<std::string> phases;
  options.on_progress = [&](const Progress& progress) {
    phases.emplace_back(progress.phase);
    cancel.request();
  };
  EXPECT_EQ(refresh_dataset(home_.home(), "wares", options)->outcome, "cancelled");
  EXPECT_THAT(phases, ElementsAre("waiting for another refresh of text"));
  EXPECT_THAT(list_runs(home_.home(), "wares").value(), IsEmpty());
  EXPECT_THAT(home_.opened, IsEmpty());
}

TEST_F(RefreshTurnTest, ASecondRefreshEmbedsNothingOfTheFirst) {
  std::promise<void> second_waits;
  RefreshOptions second_options = home_.options();
  second_options.on_progress = [&](const Progress& progress) {
    if (progress.phase.starts_with("waiting")) second_waits.set_value();
  };
  std::future<Result<DatasetRun>> second;
  RefreshOptions options = home_.options();
  options.on_commit = [&] {
    if (second.valid()) return;
    second = std::async(std::launch::async,
                        [&] { return refresh_dataset(home_.home(), "wares", second_options); });
    second_waits.get_future().wait();
  };
  const DatasetRun first = refresh_dataset(home_.home(), "wares", options).value();
  EXPECT_EQ(first.columns.front().texts_embedded, 5000u);
  EXPECT_EQ(second.get()->outcome, "unchanged");
  EXPECT_EQ(home_.encoder.encoded().size(), 5000u);
}

}  // namespace
}  // namespace colvec
