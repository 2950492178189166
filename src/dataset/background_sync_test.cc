#include "dataset/background_sync.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "dataset/dataset_fixture.h"
#include "dataset/home.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class BackgroundSyncs : public testing::Test {
 protected:
  BackgroundSyncs() {
    Dataset dataset{.name = "wares", .source = {.path = "/data/wares.parquet"}};
    dataset.columns = {{.name = "id", .is_primary_key = true}};
    dataset.remote = remote().string();
    dataset.sync = SyncMode::kAuto;
    EXPECT_TRUE(save_dataset(folder_.home(), dataset));
  }
  fs::path remote() const { return folder_.path() / "remote"; }
  bool is_pushed() const { return read_dataset(remote(), "wares").has_value(); }
  BackgroundSync begin() {
    return BackgroundSync(folder_.home(), "wares", {}, {.first_ms = 1, .longest_ms = 5});
  }

  DatasetFolder folder_;
};

TEST_F(BackgroundSyncs, PushesWhatItIsToldOf) {
  BackgroundSync sync = begin();
  EXPECT_FALSE(is_pushed());
  sync.notify();
  sync.notify();
  EXPECT_TRUE(sync.finish());
  EXPECT_TRUE(is_pushed());
}

TEST_F(BackgroundSyncs, WithoutNewsNothingIsDone) {
  BackgroundSync sync = begin();
  EXPECT_TRUE(sync.finish());
  EXPECT_FALSE(is_pushed());
}

TEST_F(BackgroundSyncs, TriesAgainUntilTheRemoteIsThere) {
  std::ofstream(remote()) << "a file where a folder is to be";
  BackgroundSync sync = begin();
  sync.notify();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  fs::remove(remote());
  EXPECT_TRUE(sync.finish());
  EXPECT_TRUE(is_pushed());
}

TEST_F(BackgroundSyncs, SaysAtTheEndWhatKeptFailing) {
  std::ofstream(remote()) << "a file where a folder is to be";
  BackgroundSync sync = begin();
  sync.notify();
  const Status pushed = sync.finish();
  ASSERT_FALSE(pushed.has_value());
  EXPECT_THAT(pushed.error().message, HasSubstr("remote"));
}

}  // namespace
}  // namespace colvec
