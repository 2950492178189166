// Several writers to one output, each with a transaction of its own, so that windows are written at
// the same time: DuckDB copies, measures and compresses some 50 MB/s of vectors on one core, and an
// encoder may make ten times as much.
//
// A thread that comes with a window while another writes leaves it there, and goes back to
// encoding: who writes goes on with what was left. Only where windows are left faster than one
// writer takes them does another one begin; the idle one whose transaction is the oldest. So a slow
// encoder keeps one writer busy, and waits for none, not even while it commits.
//
// When a transaction is `commit_seconds` old, or a window took as long to come, all writers commit,
// one after the other: DuckDB makes a checkpoint, which empties its log, only when no other
// transaction is open.
//
// Thread-safety: thread-safe, but before_commit(), finish() and committed(): without a write() at
// the same time. Errors: those of Writer, from the call that writes, which need not be the one that
// brought the window; what other writers hold is committed all the same.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "colvec/error.h"
#include "colvec/table_job.h"
#include "duck/database.h"
#include "job/output.h"
#include "job/window.h"
#include "job/writer.h"

namespace colvec {

// How many writers are worth having: one a thread, as far as their row groups fit into half of the
// memory limit. One where rows are changed.
Result<std::size_t> writer_count(const TableJobConfig& config, const Output& output,
                                 std::size_t dimension);

struct WritersOptions {
  std::size_t count = 1;
  double commit_seconds = 10;
};

class Writers {
 public:
  // REQUIRES: output.has_staging if rows are changed.
  static Result<std::unique_ptr<Writers>> open(Database& database, const TableJobConfig& config,
                                               const Output& output, std::size_t dimension,
                                               const WritersOptions& options);
  std::size_t count() const { return slots_.size(); }
  // Runs `before` at the start of each commit; an error of it ends the commit. REQUIRES: one
  // writer.
  void before_commit(std::function<Status()> before);

  // Writes the window, or leaves it for a call that is writing, and then what others have left.
  // Waits only where too much is left. When no call is under way, nothing is left, unless one has
  // failed.
  Status write(Window window);
  // Commits what is left.
  Status finish();
  // Committed rows only.
  WriterTotals committed() const;
  // Those of open transactions too; of windows that are being written, none.
  std::uint64_t rows_done() const;

 private:
  struct Slot {
    std::unique_ptr<Writer> writer;
    bool is_busy = false;         // With one thread, which alone may touch the writer.
    std::uint64_t rows_done = 0;  // The writer's, when it was last idle.
  };

  explicit Writers(double commit_seconds) : commit_seconds_(commit_seconds) {}
  bool any_busy() const;
  // The one whose transaction is the oldest; null if all are busy or are being committed.
  Slot* idle();
  // Writes the first of what is left, without the lock.
  Status write_next(Slot* slot, std::unique_lock<std::mutex>& lock);
  // Whether an idle writer has a transaction that should wait for no more windows.
  bool is_due() const;
  // Waits until all writers are idle.
  Status commit_all(std::unique_lock<std::mutex>& lock);

  using Clock = std::chrono::steady_clock;
  const double commit_seconds_;
  mutable std::mutex mutex_;  // Over what follows.
  std::condition_variable changed_;
  std::vector<Slot> slots_;  // Never grows after open().
  std::deque<Window> left_;  // To be written by who is writing.
  bool is_committing_ = false;
  Clock::time_point came_ = Clock::now();  // When the last window came.
  bool is_slow_ = false;                   // One that is not committed took too long to come.
};

}  // namespace colvec
