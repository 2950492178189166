// The refresh of a dataset that is synced by itself: first it gets what others have made, then each
// commit is pushed as it is made.
//
// Thread-safety: thread-compatible. What goes wrong with the remote is a note of the run: it is
// embedded all the same.
#pragma once

#include <filesystem>
#include <memory>

#include "colvec/dataset.h"
#include "colvec/refresh.h"
#include "dataset/background_sync.h"

namespace colvec {

// Pulls, and makes `options` tell what it returns of each commit. Null: it is synced by hand.
std::unique_ptr<BackgroundSync> begin_sync(const std::filesystem::path& home,
                                           const Dataset& dataset, RefreshOptions* options,
                                           DatasetRun* run);

// Waits for the last push. Who cancelled the run does not wait for that either. `sync` may be null.
void finish_sync(BackgroundSync* sync, const CancelToken* cancel, DatasetRun* run);

}  // namespace colvec
