#include "base/io_threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <set>
#include <thread>
#include <vector>

namespace colvec {
namespace {

TEST(IoThreads, CallsEveryIndexOnce) {
  for (const std::size_t threads : {1u, 3u, 50u}) {
    std::vector<std::atomic<int>> calls(20);
    ASSERT_TRUE(for_each_io(20, threads, [&](std::size_t i) {
      ++calls[i];
      return Status();
    }));
    for (const auto& count : calls) EXPECT_EQ(count, 1);
  }
  EXPECT_TRUE(for_each_io(0, 4, [](std::size_t) { return Status(); }));
}

TEST(IoThreads, WaitsAtOnce) {
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(for_each_io(10, 10, [](std::size_t) {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    return Status();
  }));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(1500));
}

TEST(IoThreads, GivesTheFirstErrorAndBeginsNoMore) {
  std::atomic<int> calls = 0;
  const Status status = for_each_io(1000, 4, [&](std::size_t i) -> Status {
    ++calls;
    if (i == 5) return fail(ErrorCode::kIo, "five");
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return {};
  });
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().message, "five");
  EXPECT_LT(calls, 100);
}

TEST(IoThreads, AThreadIsWaitedFor) {
  std::atomic<bool> is_done = false;
  {
    const IoThread thread([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      is_done = true;
    });
  }
  EXPECT_TRUE(is_done);
}

}  // namespace
}  // namespace colvec
