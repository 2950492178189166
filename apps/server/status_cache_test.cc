#include "status_cache.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <future>
#include <thread>
#include <vector>

namespace colvec::server {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

StatusCache::Clock::time_point in(std::chrono::seconds seconds) {
  return StatusCache::Clock::now() + seconds;
}

// A home with the dataset "wares". A scan waits for open_gate(), where close_gate() came before;
// its number is the count of rows that it finds, unless `rows` is another.
class StatusCacheTest : public testing::Test {
 protected:
  StatusCacheTest() {
    open_gate();
    write_source("id\n1\n");
    save("wares.csv");
  }
  ~StatusCacheTest() override {
    open_gate();
    cache_.reset();
    fs::remove_all(folder_);
  }

  void save(const std::string& source) {
    Dataset dataset{.name = "wares", .source = {.path = folder_ / source}};
    dataset.columns.push_back({.name = "id"});
    if (const auto before = read_dataset(folder_ / "home", "wares"))
      dataset.revision = before->revision;
    ASSERT_TRUE(save_dataset(folder_ / "home", dataset));
  }
  void write_source(const std::string& text) {
    fs::create_directories(folder_);
    std::ofstream(folder_ / "wares.csv") << text;
  }
  KnownStatus get(bool fresh, std::chrono::seconds wait) {
    return cache_->get("wares", fresh, in(wait));
  }

  void close_gate() {
    const std::lock_guard lock(mutex_);
    opener_ = {};
    gate_ = opener_.get_future().share();
  }
  void open_gate() {
    const std::lock_guard lock(mutex_);
    if (!gate_.valid()) gate_ = opener_.get_future().share();
    if (gate_.wait_for(0s) != std::future_status::ready) opener_.set_value();
  }
  void wait_for_scans(std::uint64_t count) {
    while (scans_ < count) std::this_thread::yield();
  }

  Result<DatasetStatus> scan() {
    const std::uint64_t number = ++scans_;
    std::shared_future<void> gate;
    {
      const std::lock_guard lock(mutex_);
      gate = gate_;
    }
    gate.wait();
    if (is_broken_off_) return fail(ErrorCode::kCancelled, "cancelled");
    DatasetStatus status;
    status.rows = rows_ == 0 ? number : rows_.load();
    return status;
  }

  const fs::path folder_ =
      fs::temp_directory_path() / ("status_cache_test." + std::to_string(::getpid()));
  std::mutex mutex_;
  std::promise<void> opener_;
  std::shared_future<void> gate_;
  std::atomic<std::uint64_t> scans_ = 0, rows_ = 0, told_ = 0;
  std::atomic<bool> is_broken_off_ = false;
  std::optional<StatusCache> cache_{std::in_place, folder_ / "home",
                                    [this](const std::string&) { return scan(); },
                                    [this](const std::string&) { ++told_; }};
};

TEST_F(StatusCacheTest, ScansOnceForAsLongAsNothingChanges) {
  for (int i = 0; i < 3; ++i) {
    const KnownStatus known = get(false, 10s);
    EXPECT_TRUE(known.is_current);
    EXPECT_EQ(known.status->rows, 1u);
  }
  write_source("id\n1\n2\n");
  EXPECT_EQ(get(false, 10s).status->rows, 2u);
  EXPECT_EQ(get(true, 10s).status->rows, 3u);
  EXPECT_EQ(scans_, 3u);
}

TEST_F(StatusCacheTest, TellsOfAnotherStatusOnly) {
  rows_ = 7;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(get(true, 10s).is_current);
  rows_ = 8;
  EXPECT_EQ(get(true, 10s).status->rows, 8u);
  cache_.reset();  // All scans have told.
  EXPECT_EQ(told_, 2u);
}

TEST_F(StatusCacheTest, AScanThatIsBrokenOffSaysNothing) {
  EXPECT_EQ(get(false, 10s).status->rows, 1u);
  is_broken_off_ = true;
  const KnownStatus known = get(true, 1s);
  EXPECT_GE(scans_, 2u);
  EXPECT_FALSE(known.is_current);
  EXPECT_FALSE(known.error);
  EXPECT_EQ(known.status->rows, 1u);
  cache_.reset();
  EXPECT_EQ(told_, 1u);
}

TEST_F(StatusCacheTest, ASourceWithoutATimeCountsForAWhileFromTheEndOfItsScan) {
  save("*.csv");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(get(false, 10s).status->rows, 1u);
  EXPECT_EQ(scans_, 1u);
}

TEST_F(StatusCacheTest, AScanThatBeganBeforeAChangeIsNotTheAnswer) {
  for (const bool fresh : {false, true}) {
    close_gate();
    const std::uint64_t before = scans_;
    if (!fresh) write_source("id\n1\n2\n");
    EXPECT_FALSE(get(true, 0s).is_current);
    wait_for_scans(before + 1);
    if (!fresh) write_source("id\n1\n2\n3\n");
    auto asked = std::async(std::launch::async, [&] { return get(fresh, 20s); });
    std::this_thread::sleep_for(50ms);
    open_gate();
    const KnownStatus known = asked.get();
    EXPECT_TRUE(known.is_current);
    EXPECT_EQ(known.status->rows, before + 2);
  }
}

TEST_F(StatusCacheTest, GivesWhatItKnewWhereTheScanTakesLonger) {
  close_gate();
  EXPECT_EQ(get(false, 0s).status, nullptr);
  open_gate();
  EXPECT_EQ(get(false, 10s).status->rows, 1u);
  close_gate();
  write_source("id\n1\n2\n");
  const KnownStatus known = get(false, 0s);
  EXPECT_EQ(known.status->rows, 1u);
  EXPECT_FALSE(known.is_current);
}

TEST_F(StatusCacheTest, FewWaitAndNoneAfterTheStop) {
  close_gate();
  std::vector<std::future<KnownStatus>> asked;
  for (int i = 0; i < 20; ++i)
    asked.push_back(std::async(std::launch::async, [&] { return get(false, 600s); }));
  const auto waiting = [&] {
    return std::count_if(asked.begin(), asked.end(), [](const auto& one) {
      return one.wait_for(0s) != std::future_status::ready;
    });
  };
  while (waiting() > 4) std::this_thread::yield();
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(waiting(), 4);
  cache_->stop();
  for (auto& one : asked) EXPECT_FALSE(one.get().is_current);
}

}  // namespace
}  // namespace colvec::server
