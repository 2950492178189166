// Runs work that waits for networks and disks, not for the processor: on threads of its own, as
// many as are asked for. Work that computes goes to base/parallel.h.
//
// Thread-safety: free functions are thread-safe; IoThread is thread-compatible.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "colvec/error.h"

namespace colvec {

// Calls body(i) for every i in [0, count) on up to `threads` threads, in about this order. After an
// error no more begin; the first error (by i) is returned, when all that began have ended.
Status for_each_io(std::size_t count, std::size_t threads,
                   const std::function<Status(std::size_t)>& body);

// One thread; it is waited for when the object goes.
class IoThread {
 public:
  explicit IoThread(std::function<void()> body);
  ~IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace colvec
