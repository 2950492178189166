#include "compute/workspace.h"

#include <gtest/gtest.h>

#include <array>

#include "base/parallel.h"

namespace colvec {
namespace {

TEST(Workspace, GrowsToWhatIsAskedFor) {
  for (const std::size_t count : {10u, 100'000u, 5u, 3'000'000u}) {
    float* const memory = thread_workspace(count);
    memory[0] = memory[count - 1] = 1;
  }
}

TEST(Workspace, ThreadsDoNotShareIt) {
  std::array<bool, 200> whole{};
  const ThreadLimit limit(4);
  parallel_for(whole.size(), [&](std::size_t i) {
    constexpr std::size_t kCount = 10'000;
    float* const memory = thread_workspace(kCount);
    for (std::size_t j = 0; j < kCount; ++j) memory[j] = static_cast<float>(i);
    whole[i] = true;
    for (std::size_t j = 0; j < kCount; ++j)
      whole[i] = whole[i] && memory[j] == static_cast<float>(i);
  });
  for (const bool w : whole) EXPECT_TRUE(w);
}

}  // namespace
}  // namespace colvec
