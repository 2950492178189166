#include "base/file_lock.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace colvec {
namespace {

class FileLockTest : public testing::Test {
 protected:
  FileLockTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "colvec_lock_XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~FileLockTest() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
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

TEST_F(FileLockTest, SaysWhereThereIsNoFolder) {
  const Result<FileLock> lock = FileLock::acquire(folder_ / "none" / "lock");
  ASSERT_FALSE(lock.has_value());
  EXPECT_EQ(lock.error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace colvec
