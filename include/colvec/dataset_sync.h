// Datasets and their remote: the stores of all columns, what dataset.json says of the columns, and
// the records of runs.
//
//   <remote>/datasets/<dataset>/dataset.json
//   <remote>/datasets/<dataset>/embeddings/<column>/...   a store (colvec/sync.h)
//   <remote>/datasets/<dataset>/runs/<uuid>.json
//
// So one remote serves any number of datasets, as a home does. The source, the remote itself, and
// whether it is synced by itself are a matter of each home. docs/remote.md tells more.
//
// Thread-safety: functions are thread-safe; any number of homes may use one remote at once.
// Errors: as colvec/sync.h and colvec/dataset.h; kConflict also: a column was changed here and
// there (names it, and what to do).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "colvec/dataset.h"
#include "colvec/error.h"
#include "colvec/sync.h"

namespace colvec {

/// Whose settings of a column stay where both homes changed them.
enum class SettingsOf { kNobody, kOurs, kTheirs };

struct DatasetSyncOptions {
  /// `remote`: "" for that of dataset.json, which takes the first one that is named here. A path is
  /// relative to the home.
  SyncOptions sync{};
  SettingsOf keep = SettingsOf::kNobody;  ///< kNobody: an error.
  /// Of a dataset that is pulled into a home without it: where its source is here; "" for the path
  /// that the other home has.
  std::string source{};
};

/// Where a remote has a dataset, and nowhere else is it read or written: the path of a folder (what
/// "file:///PATH" means, percent-coding, dots and all; a relative one is below the home), or a URL.
std::string place_at_remote(const std::filesystem::path& home, std::string_view dataset,
                            const std::string& remote);

/// Paths in the result are relative to the dataset's folder. The outcome is written down for
/// dataset_status(), also that of a failure.
Result<Synced> push_dataset(const std::filesystem::path& home, std::string_view dataset,
                            const DatasetSyncOptions& options);
/// Makes the dataset where the home has none of this name.
Result<Synced> pull_dataset(const std::filesystem::path& home, std::string_view dataset,
                            const DatasetSyncOptions& options);
/// Pulls, then pushes.
Result<Synced> sync_dataset(const std::filesystem::path& home, std::string_view dataset,
                            const DatasetSyncOptions& options);

}  // namespace colvec
