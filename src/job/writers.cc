#include "job/writers.h"

#include <algorithm>

#include "base/check.h"
#include "base/clock.h"
#include "base/parallel.h"
#include "base/size.h"

namespace colvec {
namespace {

// Windows that are left for who is writing: a thread takes about a second to encode so many with a
// small model, and a commit no longer.
constexpr std::size_t kLeftMax = 4;

// What a row holds beside its vector, in the memory of a writer.
constexpr std::uint64_t kRowBytes = 300;

// Whether the transaction of `one` began before that of `other`; none is the youngest.
bool is_older(const Writer& one, const Writer& other) {
  if (!one.begun() || !other.begun()) return one.begun().has_value() && !other.begun();
  return *one.begun() < *other.begun();
}

}  // namespace

Result<std::size_t> writer_count(const TableJobConfig& config, const Output& output,
                                 std::size_t dimension) {
  // One staging table, and rows of the output that go: not for several transactions at once.
  if (output.has_staging) return 1;
  Result<std::uint64_t> limit = parse_size(config.memory_limit);
  if (!limit) return at("memory_limit", std::move(limit).error());
  // Vectors so wide that they are committed before a row group is full go through the log: DuckDB
  // empties it only while no other transaction is open.
  if (commit_rows(dimension) < kRowGroupRows) return 1;
  const std::uint64_t row_group_bytes = kRowGroupRows * (dimension * sizeof(float) + kRowBytes);
  const std::uint64_t fitting = *limit / 2 / row_group_bytes;
  return std::clamp<std::size_t>(fitting, 1, thread_count());
}

Result<std::unique_ptr<Writers>> Writers::open(Database& database, const TableJobConfig& config,
                                               const Output& output, std::size_t dimension,
                                               const WritersOptions& options) {
  COLVEC_CHECK(options.count > 0);
  std::unique_ptr<Writers> writers(new Writers(options.commit_seconds));
  for (std::size_t i = 0; i < options.count; ++i) {
    COLVEC_ASSIGN(Connection connection, database.connect());
    COLVEC_ASSIGN(std::unique_ptr<Writer> writer,
                  Writer::open(std::move(connection), config, output, dimension));
    writers->slots_.push_back({.writer = std::move(writer)});
  }
  return writers;
}

void Writers::before_commit(std::function<Status()> before) {
  COLVEC_CHECK(slots_.size() == 1);
  slots_.front().writer->before_commit(std::move(before));
}

Status Writers::write(Window window) {
  std::unique_lock lock(mutex_);
  if (seconds_since(came_) >= commit_seconds_) is_slow_ = true;
  came_ = Clock::now();
  changed_.wait(lock, [&] { return left_.size() < kLeftMax || idle() != nullptr; });
  left_.push_back(std::move(window));
  // One that writes takes this window too, in time.
  if (left_.size() < kLeftMax && any_busy()) return {};
  // Without an idle writer, what is left is taken by who has them.
  for (Slot* slot = idle(); slot != nullptr && !left_.empty(); slot = idle()) {
    COLVEC_TRY(write_next(slot, lock));
    if (is_due()) COLVEC_TRY(commit_all(lock));
  }
  return {};
}

Status Writers::finish() {
  std::unique_lock lock(mutex_);
  return commit_all(lock);
}

bool Writers::any_busy() const {
  return is_committing_ ||
         std::any_of(slots_.begin(), slots_.end(), [](const Slot& slot) { return slot.is_busy; });
}

Writers::Slot* Writers::idle() {
  if (is_committing_) return nullptr;
  Slot* oldest = nullptr;
  for (Slot& slot : slots_)
    if (!slot.is_busy && (oldest == nullptr || is_older(*slot.writer, *oldest->writer)))
      oldest = &slot;
  return oldest;
}

Status Writers::write_next(Slot* slot, std::unique_lock<std::mutex>& lock) {
  // Given back however the writing ends: who commits waits for all writers.
  struct Loan {
    Writers& writers;
    Slot* slot;
    std::unique_lock<std::mutex>& lock;
    ~Loan() {
      lock.lock();
      slot->is_busy = false;
      slot->rows_done = slot->writer->rows_done();
      writers.changed_.notify_all();
    }
  };
  slot->is_busy = true;
  Window next = std::move(left_.front());
  left_.pop_front();
  changed_.notify_all();  // There is room for another.
  lock.unlock();
  const Loan loan{*this, slot, lock};
  const Window window = std::move(next);  // Freed before the lock is taken again.
  return slot->writer->write(window);
}

bool Writers::is_due() const {
  // A busy writer is looked at when it is given back.
  return std::any_of(slots_.begin(), slots_.end(), [&](const Slot& slot) {
    if (slot.is_busy || !slot.writer->begun()) return false;
    return is_slow_ || seconds_since(*slot.writer->begun()) >= commit_seconds_;
  });
}

Status Writers::commit_all(std::unique_lock<std::mutex>& lock) {
  // What another thread commits now includes what this one wrote.
  if (is_committing_) return {};
  is_committing_ = true;
  changed_.wait(lock, [&] {
    return std::none_of(slots_.begin(), slots_.end(), [](const Slot& s) { return s.is_busy; });
  });
  Status first;
  for (Slot& slot : slots_) {
    lock.unlock();  // Nobody takes a writer meanwhile, but progress is asked for.
    Status finished = slot.writer->finish();
    lock.lock();
    slot.rows_done = slot.writer->rows_done();
    if (first && !finished) first = std::move(finished);
  }
  is_committing_ = false;
  is_slow_ = false;
  changed_.notify_all();
  return first;
}

WriterTotals Writers::committed() const {
  WriterTotals totals;
  for (const Slot& slot : slots_) {
    const WriterTotals& of_one = slot.writer->committed();
    totals.rows_written += of_one.rows_written;
    totals.rows_done += of_one.rows_done;
    totals.policy_errors += of_one.policy_errors;
    totals.commits += of_one.commits;
    for (const auto& [kind, count] : of_one.issues) totals.issues[kind] += count;
  }
  return totals;
}

std::uint64_t Writers::rows_done() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t rows = 0;
  for (const Slot& slot : slots_) rows += slot.rows_done;
  return rows;
}

}  // namespace colvec
