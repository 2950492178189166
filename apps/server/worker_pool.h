// Runs what may block (DuckDB, files, opening models) on a few threads of its own. A task that
// throws ends there, and is destroyed as one that came to its end.
//
// Thread-safety: thread-safe.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace colvec::server {

class WorkerPool {
 public:
  WorkerPool(std::size_t threads, std::size_t waiting_max);
  // Drops what waits, and lets what runs come to its end.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False, and nothing is done, where too much is waiting already.
  bool post(std::function<void()> task);
  std::size_t waiting() const;

 private:
  void work();

  const std::size_t waiting_max_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;
  bool is_stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace colvec::server
