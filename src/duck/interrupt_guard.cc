#include "duck/interrupt_guard.h"

#include <duckdb.h>

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "base/io_threads.h"

namespace colvec {
namespace {

// Soon enough for who waits, and seldom enough to cost nothing. A signal handler, which may not
// wake a thread, makes the request.
constexpr std::chrono::milliseconds kLookEvery{50};

}  // namespace

class InterruptGuard::Watch {
 public:
  Watch(Connection& connection, const CancelToken& cancel)
      : handle_(connection.handle()),
        is_interrupted_(*connection.is_interrupted_),
        cancel_(cancel) {}

  ~Watch() {
    {
      const std::lock_guard lock(mutex_);
      has_ended_ = true;
    }
    ended_.notify_one();
    thread_.reset();
    is_interrupted_ = false;
  }

 private:
  void look() {
    std::unique_lock lock(mutex_);
    do {
      if (cancel_.requested()) interrupt();
    } while (!ended_.wait_for(lock, kLookEvery, [this] { return has_ended_; }));
  }

  void interrupt() {
    is_interrupted_ = true;  // First: the query may end at once.
    duckdb_interrupt(handle_);
  }

  const duckdb_connection handle_;
  std::atomic<bool>& is_interrupted_;
  const CancelToken& cancel_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool has_ended_ = false;
  std::unique_ptr<IoThread> thread_ = std::make_unique<IoThread>([this] { look(); });  // The last.
};

InterruptGuard::InterruptGuard(Connection& connection, const CancelToken* cancel)
    : watch_(cancel == nullptr ? nullptr : std::make_unique<Watch>(connection, *cancel)) {}
InterruptGuard::~InterruptGuard() = default;

}  // namespace colvec
