// Datasets: tables whose columns may carry an embedding step that is kept up to date.
//
// A dataset is a folder of the home: dataset.json names the source, its columns and what is to be
// embedded; below it lie a store of embeddings for each such column (colvec/store.h), the records
// of past runs, and the table with its vectors. docs/datasets.md is for users,
// docs/formats/dataset.md lists every field.
//
// Thread-safety: functions are thread-safe; several processes may use one home. Structs are values.
// Errors: kNotFound: no such dataset, column, file or model; kInvalidArgument: a setting is wrong
// (the message names column, field, value and what is allowed), or rows are (NULL or equal keys);
// kConflict: dataset.json was changed meanwhile, or a model is another than it was; kCorruption,
// kIo as everywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "colvec/cancel.h"
#include "colvec/encoder.h"
#include "colvec/error.h"
#include "colvec/policy.h"
#include "colvec/precision.h"

namespace colvec {

/// How vectors become shorter than the model's own.
enum class CompressionMethod {
  kAuto,      ///< A cut where the model was trained for it, else PCA.
  kTruncate,  ///< The first numbers, scaled to length 1 again.
  kPca,       ///< The directions in which the stored vectors differ most.
};

struct Compression {
  CompressionMethod method = CompressionMethod::kAuto;
  /// kPca without a dimension: as many numbers as explain this share of the variance, 0 to 1.
  double variance = 0;
  bool operator==(const Compression&) const = default;
};

/// preprocessing_steps.params.embedding of a column; members have the names of its fields.
struct EmbeddingStep {
  std::string model;
  std::size_t dimension = 0;  ///< 0: the model's own, or what the compression comes to.
  std::vector<std::string> primary_key_column{};  ///< Empty: the columns with the flag.
  std::string text_column{};                      ///< Empty: the column itself.
  std::optional<std::string> prompt{};            ///< None: the model's default.
  bool normalize = true;
  Precision precision = Precision::kAuto;
  Compression compression{};
  bool explode = false;    ///< Also one column for each number, for tree models.
  bool store_text = true;  ///< Whether the store keeps the texts; else only their hashes.
  Policy on_null = Policy::kSkip;
  Policy on_empty = Policy::kSkip;
  Policy on_truncate = Policy::kKeep;
  Policy on_bad_vector = Policy::kError;
  bool operator==(const EmbeddingStep&) const = default;
};

/// The vectors that a step comes to, once its model has been opened.
struct ColumnVectors {
  std::string fingerprint;  ///< 64 hex digits, of what is handed out.
  std::string base;         ///< Of the vectors that are stored; the same without a compression.
  Precision precision = Precision::kF32;
  std::size_t dimension = 0;       ///< Of what is handed out.
  std::size_t base_dimension = 0;  ///< Of what is stored.
  std::string settings;            ///< JSON of the fields that decide vectors, as they were.
  bool operator==(const ColumnVectors&) const = default;
};

struct DatasetColumn {
  std::string name;
  std::string type{};  ///< As the source had it when the dataset was added; for people.
  bool is_primary_key = false;
  bool is_target = false;
  bool is_date_column = false;
  std::optional<EmbeddingStep> embedding{};
  /// What readers get: the vectors that the last complete refresh left.
  std::optional<ColumnVectors> active{};
  /// What a refresh that has not come to its end is filling in.
  std::optional<ColumnVectors> target{};
  bool operator==(const DatasetColumn&) const = default;
};

struct DatasetSource {
  /// A DuckDB file, Parquet, CSV or JSON lines (globs too); also s3://bucket/key.
  std::filesystem::path path;
  std::string table{};  ///< Of a DuckDB file.
  bool operator==(const DatasetSource&) const = default;
};

/// Whether commits are pushed to the remote by themselves.
enum class SyncMode { kManual, kAuto };

/// dataset.json.
struct Dataset {
  std::string name;
  std::uint64_t revision = 0;  ///< Counts the changes of dataset.json.
  DatasetSource source{};
  std::vector<DatasetColumn> columns{};
  std::string remote{};  ///< "s3://bucket/prefix" or a folder; "" for none.
  SyncMode sync = SyncMode::kManual;
  bool operator==(const Dataset&) const = default;

  /// kNotFound: there is none, by a message that names the dataset and the columns that there are.
  Result<const DatasetColumn*> column(std::string_view column) const;
  /// Null where there is none.
  const DatasetColumn* find(std::string_view column) const;
  DatasetColumn* find(std::string_view column);
};

/// Reads and checks `json`, text of dataset.json or of a file that a user wrote. `where` names it
/// in errors. Relative paths stay as they are.
Result<Dataset> parse_dataset(std::string_view json, const std::string& where);
std::string to_json(const Dataset& dataset);

/// Reads the value of `embedding` alone, for `column`.
Result<EmbeddingStep> parse_embedding_step(std::string_view json, const std::string& column);
std::string to_json(const EmbeddingStep& step);

/// One field of a step with its new value, as JSON; "null" is its default.
struct StepChange {
  std::string field;
  std::string value;
  bool operator==(const StepChange&) const = default;
};
/// `before` with some fields changed; a new step where there is none. The whole is checked.
Result<EmbeddingStep> change_step(const std::optional<EmbeddingStep>& before,
                                  const std::vector<StepChange>& changes,
                                  const std::string& column);

/// The names of all datasets of the home, sorted.
Result<std::vector<std::string>> list_datasets(const std::filesystem::path& home);

Result<Dataset> read_dataset(const std::filesystem::path& home, std::string_view name);

/// Makes a new dataset, or replaces dataset.json by a changed one whose revision is that which it
/// was read with; the revision then counts one up. Checks the columns against each other, not
/// against the source. kConflict: there is one of that name already, or another revision.
Result<Dataset> save_dataset(const std::filesystem::path& home, const Dataset& dataset);

/// Renames the dataset, with all that it has. kConflict: the new name is taken.
Status rename_dataset(const std::filesystem::path& home, std::string_view from,
                      std::string_view to);

/// Deletes the dataset with its vectors and runs; the source stays.
Status remove_dataset(const std::filesystem::path& home, std::string_view name);

/// Renames a column after it was renamed in the source: flags, step and vectors go along, nothing
/// is embedded. kConflict: there is a column of the new name already.
Result<Dataset> rename_column(const std::filesystem::path& home, std::string_view dataset,
                              std::string_view from, std::string_view to);

/// What to change of a column; what is left out stays.
struct ColumnChange {
  std::optional<bool> is_primary_key{};
  std::optional<bool> is_target{};
  std::optional<bool> is_date_column{};
  std::vector<StepChange> step{};  ///< Not empty: the column gets an embedding step, or another.
  bool remove_step = false;        ///< Vectors stay in the store.
  bool refit = false;              ///< What shortens the vectors is made anew by the next refresh.
  bool operator==(const ColumnChange&) const = default;
};

/// The dataset with the change, and with the column, if only its source has that: checked against
/// the source and, where the step changed, against its model, which is opened. Saves nothing.
Result<Dataset> change_column(const std::filesystem::path& home, const Dataset& dataset,
                              std::string_view column, const ColumnChange& change,
                              const OpenEncoder& open = open_encoder);

/// What a source looks like, as a dataset that could be added.
struct DatasetProposal {
  Dataset dataset;                 ///< With flags proposed; no column has an embedding step.
  std::vector<std::string> notes;  ///< Why, in lines for the user; text columns are pointed out.
  std::vector<std::string> text_like;  ///< Columns that look like text worth embedding.
  std::uint64_t rows = 0;
  /// The first rows as text, in the order of the columns; NULL is nullopt.
  std::vector<std::vector<std::optional<std::string>>> preview;
};

struct ProposeOptions {
  std::filesystem::path home;  ///< Where the files of a source in a bucket go, in sources/.
  bool key = true;             ///< Propose a primary key; false where the caller knows it.
  bool date = true;            ///< The same of the date column.
  const CancelToken* cancel = nullptr;
};

/// Looks at the source, whose path is relative to the current folder; writes nothing but the files
/// of a source in a bucket. A key is proposed where a column is unique and named like one.
/// kCancelled: by `cancel`, which may be null.
Result<DatasetProposal> propose_dataset(std::string name, const DatasetSource& source,
                                        const ProposeOptions& options = {});

std::string to_json(const DatasetProposal& proposal);

/// Checks that the source has the columns of the dataset, with types that keys and texts can have.
/// The message names column, field and value.
Status check_against_source(const std::filesystem::path& home, const Dataset& dataset);

/// The path of the source, which may be relative to the home; a URL as it is.
std::filesystem::path source_path(const std::filesystem::path& home, const Dataset& dataset);
/// The folder of a column's store.
std::filesystem::path store_folder(const std::filesystem::path& home, std::string_view dataset,
                                   std::string_view column);
/// The folder with the table and its vectors, as Parquet: <home>/datasets/<dataset>/processed.
std::filesystem::path processed_folder(const std::filesystem::path& home, std::string_view dataset);

}  // namespace colvec
