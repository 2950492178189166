#include "job/refresh_sync.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "job/refresh_fixture.h"

namespace colvec {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class RefreshSync : public testing::Test {
 protected:
  RefreshSync() {
    home_.write(kManyTexts);
    Dataset dataset = home_.save({.model = "m"});
    dataset.remote = (home_.path() / "remote").string();
    dataset.sync = SyncMode::kAuto;
    EXPECT_TRUE(save_dataset(home_.home(), dataset));
  }

  RefreshHome home_;
};

TEST_F(RefreshSync, ACancelledRunDoesNotPushWhatIsLeft) {
  CancelToken cancel;
  home_.encoder.cancel_after = &cancel;
  home_.encoder.cancel_at = 1000;
  RefreshOptions options = home_.options();
  options.cancel = &cancel;
  const DatasetRun cancelled = refresh_dataset(home_.home(), "wares", options).value();
  EXPECT_THAT(cancelled.notes, ElementsAre(HasSubstr("not pushed, the next refresh")));

  home_.encoder.cancel_after = nullptr;
  EXPECT_THAT(home_.refresh().notes, IsEmpty());
  EXPECT_EQ(list_runs(home_.path() / "remote", "wares")->size(), 2u);
}

TEST_F(RefreshSync, WhatIsWrongWithTheRemoteIsNotedAndStopsNothing) {
  const std::filesystem::path there = home_.path() / "remote" / "datasets" / "wares";
  std::filesystem::create_directories(there);
  std::ofstream(there / "dataset.json") << "{";
  const DatasetRun run = home_.refresh();
  EXPECT_EQ(run.columns.front().texts_embedded, 5000u);
  EXPECT_THAT(run.notes, ElementsAre(StartsWith("not pulled: "), StartsWith("not pushed, ")));
}

TEST_F(RefreshSync, ADatasetThatIsSyncedByHandIsLeftAlone) {
  Dataset dataset = home_.saved();
  RefreshOptions options;
  DatasetRun run;
  dataset.sync = SyncMode::kManual;
  EXPECT_EQ(begin_sync(home_.home(), dataset, &options, &run), nullptr);
  EXPECT_FALSE(options.on_commit);
  finish_sync(nullptr, nullptr, &run);
  EXPECT_THAT(run.notes, IsEmpty());
}

}  // namespace
}  // namespace colvec
