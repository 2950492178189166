#include "base/file_lock.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "temporary_folder.h"

namespace colvec {
namespace {

class FileLockTest : public testing::Test {
 protected:
  const TemporaryFolder place_;
  const std::filesystem::path folder_ = place_.path();
};

TEST_F(FileLockTest, OneHolderAtATime) {
  std::atomic<int> inside = 0;
  std::atomic<int> entered = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 200; ++n) {
        const Result<FileLock> lock = FileLock::acquire(folder_ / "lock");
        ASSERT_TRUE(lock.has_value());
        EXPECT_EQ(inside++, 0);
        ++entered;
        --inside;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(entered, 800);
}

TEST_F(FileLockTest, GoesWithTheObject) {
  Result<FileLock> first = FileLock::acquire(folder_ / "lock");
  ASSERT_TRUE(first.has_value());
  { const FileLock moved = *std::move(first); }
  EXPECT_TRUE(FileLock::acquire(folder_ / "lock").has_value());
}

// Whoever waited gets the lock on the file that has the name now.
TEST_F(FileLockTest, FollowsTheNameWhenTheFolderWasMovedMeanwhile) {
  const std::filesystem::path path = folder_ / "a" / "lock";
  std::filesystem::create_directory(folder_ / "a");
  Result<FileLock> first = FileLock::acquire(path);
  ASSERT_TRUE(first.has_value());
  std::optional<Result<FileLock>> second;
  std::thread waiting([&] { second = FileLock::acquire(path); });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  std::filesystem::rename(folder_ / "a", folder_ / "b");
  std::filesystem::create_directory(folder_ / "a");
  { const FileLock released = *std::move(first); }
  waiting.join();
  ASSERT_TRUE(second->has_value());
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(descriptor, 0);
  EXPECT_NE(::flock(descriptor, LOCK_EX | LOCK_NB), 0) << "nobody has the lock";
  ::close(descriptor);
}

TEST_F(FileLockTest, SaysWhereThereIsNoFolder) {
  const Result<FileLock> lock = FileLock::acquire(folder_ / "none" / "lock");
  ASSERT_FALSE(lock.has_value());
  EXPECT_EQ(lock.error().code, ErrorCode::kNotFound);
}

TEST_F(FileLockTest, TryingDoesNotWait) {
  std::optional<FileLock> first = *FileLock::try_acquire(folder_ / "lock");
  ASSERT_TRUE(first.has_value());
  EXPECT_FALSE(FileLock::try_acquire(folder_ / "lock")->has_value());
  first.reset();
  EXPECT_TRUE(FileLock::try_acquire(folder_ / "lock")->has_value());
  EXPECT_EQ(FileLock::try_acquire(folder_ / "none" / "lock").error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace colvec
