#include "compute/workspace.h"

#include <algorithm>

#include "compute/large_memory.h"

namespace colvec {

float* thread_workspace(std::size_t count) {
  thread_local LargeMemory workspace;
  if (workspace.count() < count) {
    // Half as much again as before, so that slowly growing requests do not allocate often.
    const std::size_t grown = std::max(count, workspace.count() * 3 / 2);
    workspace = LargeMemory();
    workspace = LargeMemory(grown);
  }
  return workspace.data();
}

}  // namespace colvec
