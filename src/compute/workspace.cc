#include "compute/workspace.h"

#include <cstdlib>
#include <memory>

#include "base/check.h"

namespace colvec {
namespace {

struct Free {
  void operator()(float* memory) const { std::free(memory); }
};

struct Workspace {
  std::unique_ptr<float, Free> memory;
  std::size_t count = 0;
};

}  // namespace

float* thread_workspace(std::size_t count) {
  thread_local Workspace workspace;
  if (workspace.count < count) {
    // Whole pages, and half as much again as before, so that slowly growing requests do not copy
    // often.
    constexpr std::size_t kPageFloats = 4096 / sizeof(float);
    const std::size_t grown = count > workspace.count * 3 / 2 ? count : workspace.count * 3 / 2;
    workspace.count = (grown + kPageFloats - 1) / kPageFloats * kPageFloats;
    workspace.memory.reset();
    workspace.memory.reset(
        static_cast<float*>(std::aligned_alloc(64, workspace.count * sizeof(float))));
    COLVEC_CHECK(workspace.memory != nullptr);
  }
  return workspace.memory.get();
}

}  // namespace colvec
