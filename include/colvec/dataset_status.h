// How far the vectors of a dataset are: computed from the stores, the source and the last run,
// never stored.
//
// Thread-safety: functions are thread-safe. Errors: those of colvec/dataset.h. A store that cannot
// be read is a status, not an error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "colvec/cancel.h"
#include "colvec/dataset.h"
#include "colvec/error.h"

namespace colvec {

enum class ColumnState {
  kNotConfigured,  ///< No embedding step.
  kEmpty,          ///< No vector of this model yet.
  kPartial,        ///< Some rows lack theirs.
  kReady,          ///< None does.
  kStale,          ///< All keys are known, some have another text now.
  kFailed,         ///< The last run ended in an error.
};
/// "not configured", "empty", ...
std::string_view name_of(ColumnState state);

struct ColumnStatus {
  std::string column;
  ColumnState state = ColumnState::kNotConfigured;
  std::string detail{};  ///< One line: why, and what to do; may be empty.
  std::string model{};
  ColumnVectors vectors{};           ///< Empty fingerprint: not known before a refresh.
  std::uint64_t rows = 0;            ///< Of the source.
  std::uint64_t rows_with_text = 0;  ///< Of these: to have a vector.
  std::uint64_t embedded = 0;        ///< Rows whose text has its vector.
  std::uint64_t missing = 0;         ///< Rows with a text that has none.
  std::uint64_t changed = 0;         ///< Of these: whose key is known with another text.
  std::uint64_t distinct_texts = 0;
  std::uint64_t vectors_stored = 0;  ///< Of this model, those of former texts too.
  std::uint64_t bytes = 0;           ///< Of the live files of the store.
  std::uint64_t files = 0;
};

struct RunBrief {
  std::string id;
  std::int64_t started_ms = 0;
  double seconds = 0;
  std::string outcome;
  std::string error{};
};

enum class SyncHealth {
  kNoRemote,
  kNever,   ///< Nothing was pushed to this remote, or pulled from it.
  kInStep,  ///< All that is here was pushed.
  kAhead,   ///< Something here was not pushed yet.
  kFailed,  ///< The last sync ended in an error.
};
/// "no remote", "never synced", "in step", "ahead", "failed".
std::string_view name_of(SyncHealth health);

/// How the dataset stands to its remote, as far as this home knows: the remote is not asked.
struct SyncStatus {
  SyncHealth health = SyncHealth::kNoRemote;
  std::string remote{};        ///< As dataset.json names it.
  std::int64_t pushed_ms = 0;  ///< The last push and pull that came to their end; 0: none.
  std::int64_t pulled_ms = 0;
  std::string error{};  ///< Of the last sync, where it failed, and when that was.
  std::int64_t error_ms = 0;
};

struct DatasetStatus {
  Dataset dataset;
  std::uint64_t rows = 0;
  std::vector<ColumnStatus> columns;
  std::optional<RunBrief> last_run{};
  SyncStatus sync{};
  std::string processed{};  ///< The folder with the table and its vectors; "" where there is none.
};

struct StatusOptions {
  std::string memory_limit = "1GB";
  std::size_t threads = 0;
  const CancelToken* cancel = nullptr;  ///< Breaks off the scan with kCancelled; may be null.
};

/// Cost: one scan of the key and text columns of the source, and a join with the stores.
Result<DatasetStatus> dataset_status(const std::filesystem::path& home, std::string_view dataset,
                                     const StatusOptions& options);

std::string to_json(const ColumnStatus& status);
std::string to_json(const DatasetStatus& status);

}  // namespace colvec
