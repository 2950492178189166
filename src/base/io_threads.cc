#include "base/io_threads.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace colvec {
namespace {

// Hands out the indexes and keeps the first error.
class Work {
 public:
  Work(std::size_t count, const std::function<Status(std::size_t)>& body)
      : count_(count), body_(body) {}

  void run() {
    while (const std::optional<std::size_t> index = next()) {
      Status done = body_(*index);
      if (!done) keep(*index, std::move(done).error());
    }
  }

  Status result() && {
    return error_ ? Status(tl::make_unexpected(std::move(error_->second))) : Status();
  }

 private:
  std::optional<std::size_t> next() {
    const std::lock_guard lock(mutex_);
    if (error_ || next_ == count_) return std::nullopt;
    return next_++;
  }
  void keep(std::size_t index, Error error) {
    const std::lock_guard lock(mutex_);
    if (!error_ || index < error_->first) error_.emplace(index, std::move(error));
  }

  const std::size_t count_;
  const std::function<Status(std::size_t)>& body_;
  std::mutex mutex_;
  std::size_t next_ = 0;
  std::optional<std::pair<std::size_t, Error>> error_;
};

}  // namespace

Status for_each_io(std::size_t count, std::size_t threads,
                   const std::function<Status(std::size_t)>& body) {
  Work work(count, body);
  std::vector<std::jthread> helpers;
  for (std::size_t i = 1; i < std::min(count, threads); ++i)
    helpers.emplace_back([&work] { work.run(); });
  work.run();
  helpers.clear();
  return std::move(work).result();
}

struct IoThread::State {
  std::jthread thread;
};

IoThread::IoThread(std::function<void()> body) : state_(new State{std::jthread(std::move(body))}) {}
IoThread::~IoThread() = default;

}  // namespace colvec
