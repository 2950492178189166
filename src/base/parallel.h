// Runs loops on all cores. The one place where threads are counted.
//
// Thread-safety: thread-safe. Loops may be nested: an inner loop takes cores that are idle and
// never waits for work of an outer one.
#pragma once

#include <cstddef>
#include <functional>

namespace colvec {

// Limits every later loop of the process to `count` threads; 0 means one per core that we may run
// on. The limit holds while the object lives.
class ThreadLimit {
 public:
  explicit ThreadLimit(std::size_t count);
  ~ThreadLimit();
  ThreadLimit(const ThreadLimit&) = delete;
  ThreadLimit& operator=(const ThreadLimit&) = delete;

 private:
  struct Control;
  Control* control_;
};

// Threads that a loop may use now.
std::size_t thread_count();

// Calls body(i) for every i in [0, count), in any order, on several threads.
void parallel_for(std::size_t count, const std::function<void(std::size_t)>& body);

}  // namespace colvec
