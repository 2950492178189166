// Brings the vectors of a dataset up to date, and hands the table back with them.
//
//   source ── look up ──> embed ──> append ──> hand back
//            (primary     (what is   (vectors,  (the source's columns and order, and
//             key, text)   missing)   then keys) <column>_embedding beside them)
//
// Killed at any moment, the next refresh goes on: a text whose vector was committed is not embedded
// again. An unchanged source costs one scan: no forward pass, no new file.
//
// Thread-safety: functions are thread-safe. Of two refreshes of a column at once on one machine,
// the second waits for the first; those of several machines both come to their end. Errors: those
// of colvec/dataset.h and of models; kPolicy is not among them: rows that met a policy `error` are
// counted.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "colvec/cancel.h"
#include "colvec/dataset.h"
#include "colvec/encoder.h"
#include "colvec/error.h"
#include "colvec/shard.h"
#include "colvec/table_job.h"

namespace colvec {

/// A row with an issue, as an example.
struct RowExample {
  std::string kind;  ///< "null", "empty", "truncated", "bad_vector".
  std::string key;   ///< "product_id = 17, shop = 3".
  std::string detail{};
  bool operator==(const RowExample&) const = default;
};

/// What a refresh did for one column.
struct ColumnRun {
  std::string column;
  std::string model;
  ColumnVectors vectors{};
  std::uint64_t rows = 0;            ///< Of the source.
  std::uint64_t rows_with_text = 0;  ///< Of these: with a text that is to have a vector.
  std::uint64_t distinct_texts = 0;
  std::uint64_t rows_new = 0;       ///< Keys that were not known.
  std::uint64_t rows_changed = 0;   ///< Keys that were known with another text only.
  std::uint64_t keys_removed = 0;   ///< Known keys that the source no longer has.
  std::uint64_t texts_missing = 0;  ///< That had no vector.
  std::uint64_t texts_copied = 0;   ///< Of these: taken from another column of the dataset.
  std::uint64_t texts_embedded = 0;
  std::uint64_t tokens = 0;
  std::uint64_t vectors_added = 0;
  std::uint64_t keys_added = 0;
  std::map<std::string, std::uint64_t> issues{};  ///< Rows by kind.
  std::vector<RowExample> examples{};             ///< A few of each kind.
  std::uint64_t policy_errors = 0;                ///< Rows that met a policy `error`.
  double explained_variance = 0;                  ///< Of a PCA: 0 to 1.
  double overlap_at_10 = 0;  ///< Of a shortened column: nearest neighbours it shares with its base.
  std::vector<std::string> did{};  ///< What was done and why, in lines for the user.
  bool operator==(const ColumnRun&) const = default;
};

/// One run of a refresh; kept as runs/<id>.json.
struct DatasetRun {
  std::string id;               ///< A UUID.
  std::int64_t started_ms = 0;  ///< Since the epoch.
  double seconds = 0;
  std::string outcome;  ///< "done", "unchanged", "cancelled", "failed".
  std::string error{};  ///< Of a failed run.
  std::uint64_t rows = 0;
  std::vector<ColumnRun> columns{};
  std::vector<std::string> notes{};
  /// Seconds of thread time by stage: read, tokenise, encode, append; of wall time: scan, write.
  std::vector<std::pair<std::string, double>> stage_seconds{};
  std::string engine_version{};
  /// What tells the next run that nothing has changed.
  std::string state{};
  bool pulled = false;  ///< Of another home: a pull brought the record.
  bool operator==(const DatasetRun&) const = default;
};

struct RefreshOptions {
  std::vector<std::string> columns{};  ///< Only these; empty: all that have a step.
  /// May be null. Breaks off what only reads, and stops between two windows.
  const CancelToken* cancel = nullptr;
  std::function<void(const Progress&)> on_progress{};  ///< Called from one thread at a time.
  std::string memory_limit = "1GB";
  std::size_t threads = 0;     ///< 0: one a core.
  std::size_t batch_size = 0;  ///< Texts in a forward pass; 0: chosen for the machine.
  /// Goes on where the folder of a model holds another model than it did; else that is kConflict.
  bool accept_changed_models = false;
  double commit_seconds = 10;   ///< Longest time between two commits of vectors.
  bool write_processed = true;  ///< Whether the table with its vectors is written.
  /// Only embeds the texts of this shard, for another refresh to go on from: no keys are appended,
  /// no table is written, and the run is not recorded.
  std::optional<Shard> shard{};
  /// Texts that have no vector are kNotFound: the shards should have embedded them.
  bool only_stored = false;
  OpenEncoder open_encoder{};
  std::function<void()> on_commit{};  ///< After each commit to a store; one thread at a time.
};

/// Refreshes the dataset. The run is recorded whatever its outcome. After a cancel, what was
/// embedded is kept, and the table with its vectors is as it was before.
///
/// One that is synced by itself pulls from its remote first, and pushes after every commit, while
/// it goes on. What fails of that is a note: the next refresh, or push_dataset(), goes on.
Result<DatasetRun> refresh_dataset(const std::filesystem::path& home, std::string_view dataset,
                                   const RefreshOptions& options);

/// The runs of a dataset, the newest first.
Result<std::vector<DatasetRun>> list_runs(const std::filesystem::path& home,
                                          std::string_view dataset);
std::string to_json(const DatasetRun& run);

/// What a refresh would do for a column.
struct ColumnPlan {
  ColumnRun run{};  ///< Only the counts that are known without embedding.
  std::uint64_t sampled_texts = 0;
  std::vector<std::pair<std::string, std::uint64_t>> token_histogram{};  ///< Of the sample.
  double tokens_mean = 0;
  double truncated_share = 0;  ///< 0 to 1.
  double texts_per_second = 0;
  double seconds_predicted = 0;
  std::uint64_t bytes_predicted = 0;
};

/// Reads and measures, writes nothing. `dataset` may differ from what is saved: a dry run of
/// settings. kCancelled: by options.cancel.
Result<std::vector<ColumnPlan>> plan_refresh(const std::filesystem::path& home,
                                             const Dataset& dataset, const RefreshOptions& options);

std::string to_json(const std::vector<ColumnPlan>& plans);

/// The step as a call for any pipeline, without a dataset.
struct EmbedColumn {
  std::string column;             ///< Names the vectors: <column>_embedding.
  EmbeddingStep step{};           ///< primary_key_column must be given.
  std::filesystem::path store{};  ///< The folder of its store; made where there is none.
};

/// Reads `input`, looks every (primary key, text) up in the stores, embeds what is missing, appends
/// it, and writes the table with its vectors to `output` (a Parquet file), in the order of the
/// input. The run is not recorded.
Result<DatasetRun> embed_columns(const DatasetSource& input,
                                 const std::vector<EmbedColumn>& columns,
                                 const std::filesystem::path& output,
                                 const RefreshOptions& options);

}  // namespace colvec
