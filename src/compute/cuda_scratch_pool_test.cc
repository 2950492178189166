#include "compute/cuda_scratch_pool.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace colvec {
namespace {

int lanes_opened = 0;
int lanes_open = 0;
int waits = 0;
bool has_room = true;

class CudaScratchPoolTest : public testing::Test {
 protected:
  void SetUp() override {
    lanes_opened = lanes_open = waits = 0;
    has_room = true;
    // A lane of the host: no one looks into it.
    table_.open_lane = [](int, CudaLane** lane) {
      if (!has_room) return 2;
      *lane = reinterpret_cast<CudaLane*>(&lanes_opened);
      ++lanes_opened;
      ++lanes_open;
      return 0;
    };
    table_.close_lane = [](CudaLane*) { --lanes_open; };
    table_.wait = [](CudaLane*) {
      ++waits;
      return 0;
    };
    table_.allocate = [](int, std::size_t bytes, void** memory) {
      *memory = std::malloc(bytes);
      return 0;
    };
    table_.release = [](int, void* memory) { std::free(memory); };
  }

  CudaTable table_;
};

TEST_F(CudaScratchPoolTest, AScratchIsLentAgainWithItsLane) {
  {
    CudaScratchPool pool(table_, 0, CudaType::kBf16);
    for (int pass = 0; pass < 3; ++pass) pool.borrow()->mat(2, 3);
    EXPECT_EQ(lanes_opened, 1);
    const std::unique_ptr<Scratch> first = pool.borrow();
    const std::unique_ptr<Scratch> second = pool.borrow();
    EXPECT_EQ(lanes_opened, 2);
    EXPECT_EQ(lanes_open, 2);
  }
  EXPECT_EQ(lanes_open, 0);
}

TEST_F(CudaScratchPoolTest, ALaneThatThereWasNoRoomForIsOpenedLater) {
  CudaScratchPool pool(table_, 0, CudaType::kBf16);
  has_room = false;
  std::unique_ptr<Scratch> scratch = pool.borrow();
  EXPECT_EQ(pool.of(scratch->mat(1, 1)).code(), 2);
  scratch->clear();
  EXPECT_EQ(lanes_opened, 0);
  has_room = true;
  scratch->clear();
  EXPECT_EQ(pool.of(scratch->mat(1, 1)).code(), 0);
  EXPECT_EQ(lanes_opened, 1);
}

TEST_F(CudaScratchPoolTest, WhatIsGivenUpIsWaitedForBeforeItsMemoryIsUsedAgain) {
  CudaScratchPool pool(table_, 0, CudaType::kBf16);
  std::unique_ptr<Scratch> scratch = pool.borrow();
  scratch->mat(1, 1);
  scratch->clear();
  EXPECT_EQ(waits, 1);
  scratch->clear();
  EXPECT_EQ(waits, 1) << "nothing was asked for";
}

TEST_F(CudaScratchPoolTest, AMatrixLeadsToTheScratchThatMadeIt) {
  CudaScratchPool pool(table_, 0, CudaType::kBf16);
  const std::unique_ptr<Scratch> first = pool.borrow();
  const std::unique_ptr<Scratch> second = pool.borrow();
  const Mat of_first = first->mat(2, 3);
  const Mat of_second = second->wide(4, 5);
  EXPECT_NE(&pool.of(of_first), &pool.of(of_second));
  EXPECT_EQ(pool.of(of_first).resolve(of_first).type, CudaType::kBf16);
  EXPECT_EQ(pool.of(of_second).resolve(of_second).type, CudaType::kF32);
  EXPECT_EQ(&pool.of(first->mat(1, 1)), &pool.of(of_first));
}

}  // namespace
}  // namespace colvec
