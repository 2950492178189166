#include "worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <new>
#include <thread>

namespace colvec::server {
namespace {

TEST(WorkerPool, RunsWhatItTook) {
  std::promise<void> all;
  std::atomic<int> ran = 0;
  WorkerPool pool(3, 1000);
  for (int i = 0; i < 100; ++i)
    EXPECT_TRUE(pool.post([&] {
      if (++ran == 100) all.set_value();
    }));
  all.get_future().wait();
}

TEST(WorkerPool, EndsWithWhatRunsAndDropsWhatWaits) {
  std::promise<void> begun, open;
  const std::shared_future<void> gate = open.get_future().share();
  std::atomic<bool> has_ended = false, ran_late = false;
  const auto waits = std::make_shared<int>(0);
  std::thread opener;
  {
    WorkerPool pool(1, 1000);
    ASSERT_TRUE(pool.post([&] {
      begun.set_value();
      gate.wait();
      has_ended = true;
    }));
    begun.get_future().wait();
    EXPECT_TRUE(pool.post([&ran_late, waits] { ran_late = true; }));
    // The end has begun when what waits is gone from the queue.
    opener = std::thread([&] {
      while (pool.waiting() > 0) std::this_thread::yield();
      open.set_value();
    });
  }
  opener.join();
  EXPECT_TRUE(has_ended);
  EXPECT_FALSE(ran_late);
  EXPECT_EQ(waits.use_count(), 1);
}

// What it held tells who waits: a Reply answers when it goes.
TEST(WorkerPool, OutlivesATaskThatThrowsAndLetsGoOfIt) {
  WorkerPool pool(1, 1000);
  auto held = std::make_shared<int>(0);
  const std::weak_ptr<int> watched = held;
  EXPECT_TRUE(pool.post([held = std::move(held)] { throw std::bad_alloc(); }));
  std::promise<bool> is_gone;
  EXPECT_TRUE(pool.post([&] { is_gone.set_value(watched.expired()); }));
  EXPECT_TRUE(is_gone.get_future().get());
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
