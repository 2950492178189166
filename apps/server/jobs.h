// What runs for long, in the background: refreshes, compactions, deployments, syncs.
//
// A job waits until a thread is free and no other job of its turn runs: of its dataset, or what
// else it has named. Cancelled while it waits, it never runs; while it runs, it is asked to stop,
// and keeps what it has committed.
//
// Thread-safety: thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "colvec/cancel.h"
#include "colvec/error.h"
#include "colvec/table_job.h"

namespace colvec::server {

enum class JobState { kQueued, kRunning, kDone, kFailed, kCancelled };
std::string_view name_of(JobState state);

// Progress with a phase of its own.
struct JobProgress {
  std::string phase{};
  std::uint64_t done = 0;
  std::uint64_t total = 0;
  double per_second = 0;
  std::uint64_t tokens_done = 0;
  double tokens_per_second = 0;
  double eta_seconds = 0;  // 0 while unknown.
};
JobProgress job_progress(const Progress& progress);

struct JobInfo {
  std::string id;
  std::string
      kind;  // "refresh", "compact", "deploy", "push", "pull", "sync", "bench", "pull_model", ...
  std::string title;
  std::string dataset;
  JobState state = JobState::kQueued;
  std::int64_t created_ms = 0;  // Since the epoch; 0 for what has not happened yet.
  std::int64_t started_ms = 0;
  std::int64_t finished_ms = 0;
  JobProgress progress{};
  std::optional<Error> error{};
  std::string result{};  // JSON; "" for none.

  bool is_over() const { return state >= JobState::kDone; }
};
std::string to_json(const JobInfo& job);

// What a running job gets.
struct JobContext {
  const CancelToken& cancel;
  std::function<void(const JobProgress&)> report;
};

struct NewJob {
  std::string kind;
  std::string title;
  std::string dataset;
  // Of those without a dataset: of one turn, one runs at a time; "" waits for no other.
  std::string turn{};
  // Returns JSON of what it did. kCancelled: it was asked to stop, and did.
  std::function<Result<std::string>(const JobContext&)> run{};
};

class Jobs {
 public:
  // `on_change` is called with each new state and progress, from any thread, and must not call
  // back.
  Jobs(std::size_t threads, std::function<void(const JobInfo&)> on_change);
  // As stop(), then waits.
  ~Jobs();
  Jobs(const Jobs&) = delete;
  Jobs& operator=(const Jobs&) = delete;

  // kConflict: such a job waits already; the server stops. kIo: too many wait.
  Result<JobInfo> add(NewJob job);

  // The newest first; of those that are over the last few hundred.
  std::vector<JobInfo> list() const;
  Result<JobInfo> get(std::string_view id) const;
  // Shows all jobs, the oldest first; none changes meanwhile. `look` must not call back.
  void visit(const std::function<void(const JobInfo&)>& look) const;
  // Asks it to stop. kNotFound; kConflict: it is over.
  Result<JobInfo> cancel(std::string_view id);

  // A job of the dataset that waits or runs.
  std::optional<JobInfo> of_dataset(std::string_view dataset) const;

  // Drops what waits and asks what runs to stop.
  void stop();
  bool is_idle() const;

  struct Counts {
    std::size_t queued = 0;
    std::size_t running = 0;
  };
  Counts counts() const;

 private:
  struct Entry {
    JobInfo info;
    std::string turn;
    std::function<Result<std::string>(const JobContext&)> run;
    CancelToken cancel{};
  };
  void work();
  std::shared_ptr<Entry> next();
  void run(const std::shared_ptr<Entry>& entry);
  void end(Entry& entry, JobState state);
  void forget_oldest();
  Entry* find(std::string_view id) const;

  const std::function<void(const JobInfo&)> on_change_;
  const std::int64_t started_ms_;  // Part of the ids: those of an earlier server mean nothing here.
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::shared_ptr<Entry>> entries_;  // The oldest first.
  std::uint64_t count_ = 0;
  bool is_stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace colvec::server
