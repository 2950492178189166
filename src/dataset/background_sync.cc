#include "dataset/background_sync.h"

#include <chrono>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <optional>

#include "base/io_threads.h"

namespace colvec {

class BackgroundSync::State {
 public:
  State(std::filesystem::path home, std::string_view dataset, DatasetSyncOptions options,
        BackoffOptions pauses)
      : home_(std::move(home)), dataset_(dataset), options_(std::move(options)), pauses_(pauses) {
    pauses_.attempts_max = std::numeric_limits<std::size_t>::max();
    options_.sync.cancel = &cancel_;
    thread_.emplace([this] { run(); });
  }

  ~State() {
    cancel_.request();
    {
      const std::lock_guard lock(mutex_);
      is_ending_ = true;
      has_news_ = false;
    }
    changed_.notify_all();
    thread_.reset();
  }

  void notify() {
    const std::lock_guard lock(mutex_);
    has_news_ = true;
    changed_.notify_all();
  }

  Status finish(const CancelToken* cancel) {
    // A token tells nobody that it was asked for: it is looked at.
    constexpr std::chrono::milliseconds kLookEvery(50);
    {
      std::unique_lock lock(mutex_);
      is_ending_ = true;
      changed_.notify_all();
      while (!changed_.wait_for(lock, kLookEvery, [&] { return is_over_; }))
        if (cancel != nullptr && cancel->requested()) cancel_.request();
    }
    thread_.reset();  // Waits for it.
    return last_;
  }

 private:
  void run() {
    push_news();
    const std::lock_guard lock(mutex_);
    is_over_ = true;
    changed_.notify_all();
  }

  void push_news() {
    std::optional<Backoff> backoff;
    while (true) {
      bool is_last = false;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return has_news_ || is_ending_; });
        if (!has_news_) return;
        has_news_ = false;
        is_last = is_ending_;
      }
      last_ = push();
      if (last_) {
        backoff.reset();
        continue;
      }
      if (!backoff) backoff.emplace(pauses_);
      std::unique_lock lock(mutex_);
      // What failed before the end gets one more attempt.
      if (is_last || cancel_.requested()) return;
      has_news_ = true;
      changed_.wait_for(lock, std::chrono::milliseconds(backoff->next_ms().value_or(0)),
                        [&] { return is_ending_; });
    }
  }

  Status push() const {
    Result<Synced> pushed = push_dataset(home_, dataset_, options_);
    if (!pushed && pushed.error().code == ErrorCode::kConflict)
      pushed = sync_dataset(home_, dataset_, options_);
    return pushed ? Status() : tl::make_unexpected(pushed.error());
  }

  std::filesystem::path home_;
  std::string dataset_;
  DatasetSyncOptions options_;
  BackoffOptions pauses_;
  CancelToken cancel_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool has_news_ = false;
  bool is_ending_ = false;
  bool is_over_ = false;  // Of the thread.
  Status last_;
  std::optional<IoThread> thread_;
};

BackgroundSync::BackgroundSync(std::filesystem::path home, std::string_view dataset,
                               DatasetSyncOptions options, const BackoffOptions& pauses)
    : state_(std::make_unique<State>(std::move(home), dataset, std::move(options), pauses)) {}

BackgroundSync::~BackgroundSync() = default;

void BackgroundSync::notify() { state_->notify(); }

Status BackgroundSync::finish(const CancelToken* cancel) { return state_->finish(cancel); }

}  // namespace colvec
