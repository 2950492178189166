#include "encode/pass_places.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>
#include <vector>

namespace colvec {
namespace {

// Counts how often it was cleared.
class CountingScratch final : public Scratch {
 public:
  explicit CountingScratch(std::size_t* clears) : clears_(clears) {}
  Mat mat(std::size_t, std::size_t) override { return {}; }
  void clear() override { ++*clears_; }

 private:
  std::size_t* clears_;
};

TEST(PassPlaces, GiveEachDeviceItsPlacesInTurns) {
  std::size_t clears = 0;
  PassPlaces places(2, 2, [&](std::size_t) { return std::make_unique<CountingScratch>(&clears); });
  std::vector<PassPlace> taken;
  std::vector<std::size_t> devices;
  for (int i = 0; i < 4; ++i) {
    taken.push_back(places.take());
    devices.push_back(taken.back().device);
  }
  EXPECT_EQ(devices, (std::vector<std::size_t>{0, 1, 0, 1}));
  const Scratch* const second = taken[1].scratch.get();
  places.put_back(std::move(taken[1]));
  places.put_back(std::move(taken[2]));
  EXPECT_EQ(clears, 2u);
  EXPECT_EQ(places.take().scratch.get(), second) << "the one that is free the longest";
}

TEST(PassPlaces, AreGivenUpButForTheLastOfADevice) {
  std::size_t clears = 0;
  std::size_t made = 0;
  PassPlaces places(2, 2, [&](std::size_t) {
    ++made;
    return std::make_unique<CountingScratch>(&clears);
  });
  EXPECT_TRUE(places.give_up(places.take())) << "the first of device 0";
  PassPlace other = places.take();
  EXPECT_EQ(other.device, 1u);
  PassPlace last = places.take();
  EXPECT_EQ(last.device, 0u);
  EXPECT_FALSE(places.give_up(std::move(last))) << "its device has no other";
  EXPECT_TRUE(places.give_up(std::move(other)));
  EXPECT_EQ(made, 3u);
  EXPECT_EQ(places.take().device, 0u) << "what was put back";
  EXPECT_EQ(places.take().device, 1u);
}

TEST(PassPlaces, APassThatWasNotAloneMayBeTriedAgain) {
  std::size_t clears = 0;
  PassPlaces places(1, 2, [&](std::size_t) { return std::make_unique<CountingScratch>(&clears); });
  PassPlace first = places.take();
  PassPlace second = places.take();
  EXPECT_TRUE(places.give_up(std::move(first)));
  EXPECT_TRUE(places.give_up(std::move(second))) << "the first may have had what it lacked";
  EXPECT_FALSE(places.give_up(places.take()));
}

TEST(PassPlaces, WaitWhereAllAreTaken) {
  std::size_t clears = 0;
  PassPlaces places(1, 3, [&](std::size_t) { return std::make_unique<CountingScratch>(&clears); });
  std::atomic<int> inside = 0;
  std::atomic<int> most = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        PassPlace place = places.take();
        const int now = ++inside;
        for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
        }
        std::this_thread::yield();
        --inside;
        places.put_back(std::move(place));
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most, 3);
}

TEST(PassPlaces, HaveNoBoundOnACpuAndUseTheLastMemoryFirst) {
  std::size_t clears = 0;
  std::size_t made = 0;
  PassPlaces places(1, 0, [&](std::size_t) {
    ++made;
    return std::make_unique<CountingScratch>(&clears);
  });
  std::vector<PassPlace> taken;
  for (int i = 0; i < 20; ++i) taken.push_back(places.take());
  EXPECT_EQ(made, 20u);
  places.put_back(std::move(taken[3]));
  const Scratch* const last = taken[7].scratch.get();
  places.put_back(std::move(taken[7]));
  EXPECT_EQ(places.take().scratch.get(), last);
  EXPECT_EQ(made, 20u);
}

}  // namespace
}  // namespace colvec
