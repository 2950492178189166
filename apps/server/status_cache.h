// The status of datasets, computed once for as long as nothing has changed.
//
// A status costs a scan of the source. What it depends on is looked at by the times of files:
// dataset.json, the source, the logs of the stores, the records of runs. Scans run on threads of
// their own, so that who asks need not wait for the end.
//
// Thread-safety: thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "colvec/dataset_status.h"
#include "colvec/error.h"
#include "worker_pool.h"

namespace colvec::server {

// What is known of a dataset; neither of the two before the first scan has come to its end.
struct KnownStatus {
  std::shared_ptr<const DatasetStatus> status{};
  std::optional<Error> error{};
  bool is_current = false;  // false: something has changed, and is being looked at.
};

class StatusCache {
 public:
  using Clock = std::chrono::steady_clock;
  // `on_computed` is called with the dataset's name after each scan, from the scanning thread.
  StatusCache(std::filesystem::path home, StatusOptions options,
              std::function<void(const std::string& dataset)> on_computed);

  // Waits until `deadline` at most. `fresh`: scans even if nothing seems to have changed.
  KnownStatus get(const std::string& dataset, bool fresh, Clock::time_point deadline);
  // Of a dataset that is gone.
  void forget(const std::string& dataset);

 private:
  struct Entry {
    std::string stamp{};
    std::shared_ptr<const DatasetStatus> status{};
    std::optional<Error> error{};
    bool is_scanning = false;
  };
  void scan(const std::string& dataset, const std::string& stamp);

  const std::filesystem::path home_;
  const StatusOptions options_;
  const std::function<void(const std::string&)> on_computed_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Entry> entries_;
  WorkerPool scanners_;  // The last: ends before what it uses.
};

}  // namespace colvec::server
