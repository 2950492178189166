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

// The place of a dataset at a remote: a URL, or an absolute path (relative ones are below the
// home).
std::string place_at_remote(const std::filesystem::path& home, std::string_view dataset,
                            const std::string& remote);

struct SyncState {
  std::string place{};         // Of the dataset at the remote that it was synced with last.
  std::int64_t pushed_ms = 0;  // Of the last push that came to its end; 0: none.
  std::int64_t pulled_ms = 0;  // The same of a pull.
  std::string error{};         // Of the last sync, where it failed.
  std::int64_t error_ms = 0;   // When it did.
  // stored_versions() of the last push that came to its end, before it began.
  std::map<std::string, std::string> pushed{};
  bool operator==(const SyncState&) const = default;
};

SyncState read_sync_state(const std::filesystem::path& home, std::string_view dataset);
Status write_sync_state(const std::filesystem::path& home, std::string_view dataset,
                        const SyncState& state);

SyncStatus sync_status(const std::filesystem::path& home, const Dataset& dataset);

// The newest versions of the tables of each store, as text, by the name of its folder. Cost: lists
// the logs.
std::map<std::string, std::string> stored_versions(const std::filesystem::path& home,
                                                   std::string_view dataset);

}  // namespace colvec
