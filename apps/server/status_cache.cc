#include "status_cache.h"

#include <fmt/format.h>

#include <system_error>

namespace colvec::server {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kScanners = 2;
constexpr std::size_t kScansWaitingMax = 10000;
// A glob has no time of its own: its scan counts for so long.
constexpr std::int64_t kGlobSeconds = 10;

// Time and size of a file or folder; a folder's time is that of the last entry made in it.
std::string stamp_of(const fs::path& path) {
  std::error_code error;
  const auto time = fs::last_write_time(path, error);
  if (error) return "-;";
  const std::uintmax_t size = fs::is_regular_file(path, error) ? fs::file_size(path, error) : 0;
  return fmt::format("{}:{};", time.time_since_epoch().count(), size);
}

// Changes whenever a status may have changed.
std::string stamp_of(const fs::path& home, const std::string& name) {
  const Result<Dataset> dataset = read_dataset(home, name);
  if (!dataset) return "gone";
  const fs::path source = source_path(home, *dataset);
  const fs::path folder = processed_folder(home, name).parent_path();
  std::string stamp = fmt::format("{};", dataset->revision) + stamp_of(source) +
                      stamp_of(fs::path(source.string() + ".wal")) + stamp_of(folder / "runs");
  std::error_code ignored;
  if (!fs::exists(source, ignored))
    stamp += fmt::format("{};", std::chrono::duration_cast<std::chrono::seconds>(
                                    StatusCache::Clock::now().time_since_epoch())
                                        .count() /
                                    kGlobSeconds);
  for (const DatasetColumn& column : dataset->columns) {
    if (!column.embedding) continue;
    const fs::path store = store_folder(home, name, column.name);
    stamp += stamp_of(store / "vectors" / "_delta_log") + stamp_of(store / "keys" / "_delta_log");
  }
  return stamp;
}

}  // namespace

StatusCache::StatusCache(fs::path home, StatusOptions options,
                         std::function<void(const std::string&)> on_computed)
    : home_(std::move(home)),
      options_(std::move(options)),
      on_computed_(std::move(on_computed)),
      scanners_(kScanners, kScansWaitingMax) {}

KnownStatus StatusCache::get(const std::string& dataset, bool fresh, Clock::time_point deadline) {
  const std::string stamp = stamp_of(home_, dataset);
  std::unique_lock lock(mutex_);
  Entry& entry = entries_[dataset];
  bool is_current = !fresh && entry.stamp == stamp;
  if (!is_current) {
    if (!entry.is_scanning)
      entry.is_scanning = scanners_.post([this, dataset, stamp] { scan(dataset, stamp); });
    // The entry may be forgotten meanwhile.
    is_current = entry.is_scanning && changed_.wait_until(lock, deadline, [&] {
      const auto found = entries_.find(dataset);
      return found == entries_.end() || !found->second.is_scanning;
    });
  }
  const auto found = entries_.find(dataset);
  if (found == entries_.end()) return {};
  return {found->second.status, found->second.error, is_current};
}

void StatusCache::forget(const std::string& dataset) {
  const std::lock_guard lock(mutex_);
  entries_.erase(dataset);
  changed_.notify_all();
}

void StatusCache::scan(const std::string& dataset, const std::string& stamp) {
  Result<DatasetStatus> status = dataset_status(home_, dataset, options_);
  {
    const std::lock_guard lock(mutex_);
    const auto entry = entries_.find(dataset);
    if (entry == entries_.end()) return;
    entry->second = {.stamp = stamp};
    if (status)
      entry->second.status = std::make_shared<const DatasetStatus>(*std::move(status));
    else
      entry->second.error = std::move(status).error();
  }
  changed_.notify_all();
  on_computed_(dataset);
}

}  // namespace colvec::server
