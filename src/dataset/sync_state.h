// How the last sync of a dataset went: _remote/state.json of its folder. A matter of this home
// alone; the remote knows nothing of it.
//
// Thread-safety: thread-safe; the last one who writes wins. Errors: kIo; what cannot be read counts
// as nothing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "colvec/dataset_status.h"
#include "colvec/error.h"

namespace colvec {

// The newest versions of the tables of each store, as text, by the name of its folder; of
// shared_versions() also what dataset.json shares, by a name that no folder has.
using StoreVersions = std::map<std::string, std::string>;

// Which ways a sync goes.
struct SyncWays {
  bool pull = false;
  bool push = false;
};

struct SyncState {
  std::string place{};         // Of the dataset at the remote that it was synced with last.
  std::int64_t pushed_ms = 0;  // Of the last push that came to its end; 0: none.
  std::int64_t pulled_ms = 0;  // The same of a pull.
  std::string error{};         // Of the last sync, where it failed.
  std::int64_t error_ms = 0;   // When it did.
  StoreVersions pushed{};      // What is known to be at that remote: see pushed_after().
  bool operator==(const SyncState&) const = default;
};

SyncState read_sync_state(const std::filesystem::path& home, std::string_view dataset);
Status write_sync_state(const std::filesystem::path& home, std::string_view dataset,
                        const SyncState& state);

// What is at the remote after a sync that came to its end, where `pushed` was before it, and the
// home had `before` and then `after`. A push leaves all as it is: what was here when it began is
// there. What a pull brought is there anyway: it leaves a home in step that was.
StoreVersions pushed_after(SyncWays ways, const StoreVersions& pushed, const StoreVersions& before,
                           const StoreVersions& after);

SyncStatus sync_status(const std::filesystem::path& home, const Dataset& dataset);

// Cost: lists the logs.
StoreVersions stored_versions(const std::filesystem::path& home, std::string_view dataset);
// The same with dataset.json, where there is one: all of which a change puts this home ahead.
StoreVersions shared_versions(const std::filesystem::path& home, std::string_view dataset);

}  // namespace colvec
