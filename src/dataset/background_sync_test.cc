#include "dataset/background_sync.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "dataset/dataset_fixture.h"
#include "dataset/home.h"
#include "dataset/sync_state.h"
#include "store/column_store.h"

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
  EXPECT_TRUE(sync.finish(nullptr));
  EXPECT_TRUE(is_pushed());
}

// At a byte a second the push of a store takes the better part of an hour.
TEST_F(BackgroundSyncs, ACancelEndsThePushThatIsUnderWay) {
  const std::string row = "(SELECT 1 AS id, 'a' AS text_value, " + text_hash_sql("'a'") +
                          " AS text_hash, [1, 0]::FLOAT[] AS embedding, NULL::INTEGER AS"
                          " token_count, NULL::BOOLEAN AS truncated)";
  const auto store = ColumnStore::open_or_create(local_file_system(), folder_.database(),
                                                 store_folder(folder_.home(), "wares", "text"), {});
  ASSERT_TRUE(store.has_value());
  ASSERT_TRUE((*store)->append(
      {.set = vector_set_of(fingerprint_of('a'), "f32"), .dimension = 2, .vectors = row}));
  BackgroundSync sync(folder_.home(), "wares", {.sync = {.bandwidth = "1B"}, .source = {}});
  sync.notify();
  CancelToken cancel;
  std::jthread asks([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    cancel.request();
  });
  EXPECT_EQ(sync.finish(&cancel).error().code, ErrorCode::kCancelled);
  EXPECT_FALSE(is_pushed());
  // That it was stopped is no failure.
  const Dataset dataset = read_dataset(folder_.home(), "wares").value();
  EXPECT_EQ(sync_status(folder_.home(), dataset).health, SyncHealth::kNever);
}

TEST_F(BackgroundSyncs, WithoutNewsNothingIsDone) {
  BackgroundSync sync = begin();
  EXPECT_TRUE(sync.finish(nullptr));
  EXPECT_FALSE(is_pushed());
}

TEST_F(BackgroundSyncs, TriesAgainUntilTheRemoteIsThere) {
  std::ofstream(remote()) << "a file where a folder is to be";
  BackgroundSync sync = begin();
  sync.notify();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  fs::remove(remote());
  EXPECT_TRUE(sync.finish(nullptr));
  EXPECT_TRUE(is_pushed());
}

TEST_F(BackgroundSyncs, SaysAtTheEndWhatKeptFailing) {
  std::ofstream(remote()) << "a file where a folder is to be";
  BackgroundSync sync = begin();
  sync.notify();
  const Status pushed = sync.finish(nullptr);
  ASSERT_FALSE(pushed.has_value());
  EXPECT_THAT(pushed.error().message, HasSubstr("remote"));
}

}  // namespace
}  // namespace colvec
