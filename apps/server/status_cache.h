// The status of datasets, computed once for as long as nothing has changed.
//
// A status costs a scan of the source. What it depends on is looked at by the times of files:
// dataset.json, the source, the logs of the stores, the records of runs. A source without a time of
// its own (a glob, a bucket) is scanned again some seconds after the end of the last scan. Scans
// run on threads of their own, so that who asks need not wait for the end; of those who would, only
// a few may, so that they do not hold all workers.
//
// Thread-safety: thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
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
  // How long a request waits for scans.
  static constexpr std::chrono::seconds kWait{2};
  using Scan = std::function<Result<DatasetStatus>(const std::string& dataset)>;
  // `on_change` is called with the dataset's name after each scan that found something else than
  // the one before, from the scanning thread.
  StatusCache(std::filesystem::path home, Scan scan,
              std::function<void(const std::string& dataset)> on_change);

  // Waits until `deadline` at most. `fresh`: scans even if nothing seems to have changed.
  KnownStatus get(const std::string& dataset, bool fresh, Clock::time_point deadline);
  // Of a dataset that is gone.
  void forget(const std::string& dataset);
  // Nobody waits from now on, and no scan begins.
  void stop();

 private:
  // What the last scan found, and what it began with.
  struct Entry {
    std::uint64_t scan = 0;  // Its number; 0: none has come to its end.
    std::string stamp{};
    Clock::time_point ended{};
    std::shared_ptr<const DatasetStatus> status{};
    std::optional<Error> error{};
    bool is_scanning = false;
  };
  void run_scan(const std::string& dataset);
  bool wait_for_scan(std::unique_lock<std::mutex>& lock, const std::string& dataset,
                     Clock::time_point deadline);

  const std::filesystem::path home_;
  const Scan scan_;
  const std::function<void(const std::string&)> on_change_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Entry> entries_;
  std::uint64_t scans_ = 0;  // That have begun.
  std::size_t waiting_ = 0;
  bool is_stopping_ = false;
  WorkerPool scanners_;  // The last: ends before what it uses.
};

}  // namespace colvec::server
