#include "job/refresh_sync.h"

namespace colvec {

std::unique_ptr<BackgroundSync> begin_sync(const std::filesystem::path& home,
                                           const Dataset& dataset, RefreshOptions* options,
                                           DatasetRun* run) {
  if (dataset.sync != SyncMode::kAuto || dataset.remote.empty()) return nullptr;
  // Whoever waits for a refresh does not wait long for that; pushes are tried again as a whole.
  constexpr std::size_t kAttempts = 3;
  if (options->on_progress) options->on_progress(Progress{.phase = "pulling from the remote"});
  const auto pulled =
      pull_dataset(home, dataset.name,
                   {.sync = {.cancel = options->cancel, .attempts_max = kAttempts}, .source = {}});
  // The first push makes the remote.
  if (!pulled && pulled.error().code != ErrorCode::kNotFound)
    run->notes.push_back("not pulled: " + pulled.error().message);
  auto sync = std::make_unique<BackgroundSync>(
      home, dataset.name, DatasetSyncOptions{.sync = {.attempts_max = kAttempts}, .source = {}});
  options->on_commit = [sync = sync.get(), given = options->on_commit] {
    sync->notify();
    if (given) given();
  };
  return sync;
}

void finish_sync(BackgroundSync* sync, const CancelToken* cancel, DatasetRun* run) {
  if (sync == nullptr) return;
  Status pushed = fail(ErrorCode::kCancelled, "cancelled");
  if (run->outcome != "cancelled") {
    sync->notify();
    pushed = sync->finish(cancel);
  }
  if (!pushed)
    run->notes.push_back("not pushed, the next refresh or colvec push goes on: " +
                         pushed.error().message);
}

}  // namespace colvec
