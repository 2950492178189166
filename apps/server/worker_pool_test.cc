#include "worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace colvec::server {
namespace {

TEST(WorkerPool, RunsAllThatItTookBeforeItEnds) {
  std::atomic<int> ran = 0;
  {
    WorkerPool pool(3, 1000);
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(pool.post([&] { ++ran; }));
  }
  EXPECT_EQ(ran, 100);
}

TEST(WorkerPool, RefusesWhenTooMuchWaits) {
  std::promise<void> open;
  const std::shared_future<void> gate = open.get_future().share();
  WorkerPool pool(1, 2);
  std::promise<void> begun;
  ASSERT_TRUE(pool.post([&] {
    begun.set_value();
    gate.wait();
  }));
  begun.get_future().wait();
  EXPECT_TRUE(pool.post([] {}));
  EXPECT_TRUE(pool.post([] {}));
  EXPECT_EQ(pool.waiting(), 2u);
  EXPECT_FALSE(pool.post([] {}));
  open.set_value();
}

}  // namespace
}  // namespace colvec::server
