// Pushes a dataset while something else works on it: after each commit, on a thread of its own.
//
// Commits that come while a push is under way go with the next one. A push that fails is tried
// again, with pauses; work on the dataset goes on meanwhile. If the remote has what is not here,
// that is pulled first.
//
// Thread-safety: thread-safe; finish() is called once.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/backoff.h"
#include "colvec/dataset_sync.h"
#include "colvec/error.h"

namespace colvec {

class BackgroundSync {
 public:
  BackgroundSync(std::filesystem::path home, std::string_view dataset, DatasetSyncOptions options,
                 const BackoffOptions& pauses = {.first_ms = 1'000, .longest_ms = 60'000});
  // Leaves what is not pushed yet to the next push.
  ~BackgroundSync();
  BackgroundSync(const BackgroundSync&) = delete;
  BackgroundSync& operator=(const BackgroundSync&) = delete;

  // There is something to push.
  void notify();
  // Waits until all that was notified has been pushed; after a failure one last attempt is made,
  // whose error is returned. `cancel`, which may be null, ends that: kCancelled, and what is not
  // pushed yet is left to the next push.
  Status finish(const CancelToken* cancel);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace colvec
