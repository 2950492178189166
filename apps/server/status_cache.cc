#include "status_cache.h"

#include <fmt/format.h>

#include <system_error>

#include "guarded.h"

namespace colvec::server {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kScanners = 2;
constexpr std::size_t kScansWaitingMax = 10000;
constexpr std::size_t kWaitersMax = 4;  // Requests: half of the workers.
// For how long the scan of a source counts that has no time of its own.
constexpr std::chrono::seconds kTimelessAge{10};

// Time and size of a file or folder; a folder's time is that of the last entry made in it.
std::string stamp_of(const fs::path& path) {
  std::error_code error;
  const auto time = fs::last_write_time(path, error);
  if (error) return "-;";
  const std::uintmax_t size = fs::is_regular_file(path, error) ? fs::file_size(path, error) : 0;
  return fmt::format("{}:{};", time.time_since_epoch().count(), size);
}

// What a status depends on, as far as the times of files tell.
struct Stamp {
  std::string text{};
  bool has_source = true;  // false: whether the source changes, they do not.
};

Stamp stamp_of(const fs::path& home, const std::string& name) {
  const Result<Dataset> dataset = read_dataset(home, name);
  if (!dataset) return {"gone"};
  const fs::path source = source_path(home, *dataset);
  const fs::path folder = processed_folder(home, name).parent_path();
  std::error_code ignored;
  Stamp stamp{.text = fmt::format("{};", dataset->revision) + stamp_of(source) +
                      stamp_of(fs::path(source.string() + ".wal")) + stamp_of(folder / "runs") +
                      stamp_of(folder / "_remote" / "state.json"),
              .has_source = fs::exists(source, ignored)};
  for (const DatasetColumn& column : dataset->columns) {
    if (!column.embedding) continue;
    const fs::path store = store_folder(home, name, column.name);
    stamp.text +=
        stamp_of(store / "vectors" / "_delta_log") + stamp_of(store / "keys" / "_delta_log");
  }
  return stamp;
}

bool is_same(const Result<DatasetStatus>& now, const std::shared_ptr<const DatasetStatus>& before,
             const std::optional<Error>& error) {
  if (!now) return error && error->message == now.error().message;
  return before != nullptr && to_json(*before) == to_json(*now);
}

}  // namespace

StatusCache::StatusCache(fs::path home, Scan scan,
                         std::function<void(const std::string&)> on_change)
    : home_(std::move(home)),
      scan_(std::move(scan)),
      on_change_(std::move(on_change)),
      scanners_(kScanners, kScansWaitingMax) {}

KnownStatus StatusCache::get(const std::string& dataset, bool fresh, Clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  // A scan that runs already may have read what has changed since.
  const std::uint64_t scan_min = fresh ? scans_ + 1 : 1;
  while (true) {
    lock.unlock();
    const Stamp stamp = stamp_of(home_, dataset);
    lock.lock();
    Entry& entry = entries_[dataset];
    const bool is_young = stamp.has_source || Clock::now() < entry.ended + kTimelessAge;
    const bool is_current = entry.scan >= scan_min && entry.stamp == stamp.text && is_young;
    const KnownStatus known{entry.status, entry.error, is_current};
    if (is_current) return known;
    if (!entry.is_scanning)
      entry.is_scanning = scanners_.post([this, dataset] { run_scan(dataset); });
    if (!entry.is_scanning || !wait_for_scan(lock, dataset, deadline)) return known;
  }
}

// False where there is nothing to wait for any more.
bool StatusCache::wait_for_scan(std::unique_lock<std::mutex>& lock, const std::string& dataset,
                                Clock::time_point deadline) {
  if (waiting_ == kWaitersMax) return false;
  ++waiting_;
  const auto is_scanning = [&] {
    const auto entry = entries_.find(dataset);
    return entry != entries_.end() && entry->second.is_scanning;
  };
  const bool is_over =
      changed_.wait_until(lock, deadline, [&] { return is_stopping_ || !is_scanning(); });
  --waiting_;
  return is_over && !is_stopping_ && entries_.contains(dataset);
}

void StatusCache::forget(const std::string& dataset) {
  const std::lock_guard lock(mutex_);
  entries_.erase(dataset);
  changed_.notify_all();
}

void StatusCache::stop() {
  const std::lock_guard lock(mutex_);
  is_stopping_ = true;
  changed_.notify_all();
}

void StatusCache::run_scan(const std::string& dataset) {
  std::unique_lock lock(mutex_);
  if (is_stopping_) return;
  const std::uint64_t number = ++scans_;
  lock.unlock();
  Stamp stamp;
  Result<DatasetStatus> status = guarded([&] {
    // Before the scan: what changes meanwhile asks for another one.
    stamp = stamp_of(home_, dataset);
    return scan_(dataset);
  });
  lock.lock();
  const auto found = entries_.find(dataset);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  if (!status && status.error().code == ErrorCode::kCancelled) {
    entry.is_scanning = false;  // What was known stays: it was broken off, and says nothing.
    lock.unlock();
    changed_.notify_all();
    return;
  }
  const bool is_news = !is_same(status, entry.status, entry.error);
  entry = {.scan = number, .stamp = stamp.text, .ended = Clock::now()};
  if (status)
    entry.status = std::make_shared<const DatasetStatus>(*std::move(status));
  else
    entry.error = std::move(status).error();
  lock.unlock();
  changed_.notify_all();
  if (is_news) on_change_(dataset);
}

}  // namespace colvec::server
