// The embedding store: vectors that were computed once, kept in append-only Parquet tables that
// other engines read too.
//
// A store is a folder (docs/formats/store.md). It holds a vector for each distinct text, model and
// precision, and which keys had which texts. Several processes may use one at a time; a kill at any
// moment leaves the state before or after a commit.
//
// Thread-safety: thread-compatible. Errors: kNotFound: no store, no such version; kCorruption: a
// file is missing or damaged, by its path; kUnsupported: a table that we cannot read; kConflict:
// the store is of another shape; kIo: disks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "colvec/cancel.h"
#include "colvec/encoder.h"
#include "colvec/error.h"

namespace colvec {

struct StoreOptions {
  std::string memory_limit = "1GB";  ///< For queries; they spill beside the store beyond that.
  std::size_t threads = 0;           ///< 0: one a core.
};

/// Which state of a store is read: the newest, a version, or the newest at a time.
struct StoreMoment {
  std::optional<std::uint64_t>
      version{};       ///< Of the table of keys; of vectors, where there is none.
  std::string time{};  ///< As SQL writes it: "2026-11-21 10:00:00+01".
};

/// The vectors of one model in a store.
struct StoredModel {
  std::string model;   ///< "f" and 16 hex digits of the fingerprint.
  std::string name{};  ///< As it was asked for; "" where not known.
  std::string precision;
  std::size_t dimension = 0;
  std::uint64_t vectors = 0;
  std::uint64_t bytes = 0;
  std::uint64_t files = 0;
  bool active = false;  ///< Whether readers that name no model get these.
};

struct StoreInfo {
  std::vector<std::string> key_columns;  ///< "product_id BIGINT"; empty: a cache without keys.
  std::uint64_t keys = 0;
  std::uint64_t bytes = 0;  ///< Of all live files.
  std::uint64_t files = 0;
  std::optional<std::uint64_t> keys_version;
  std::uint64_t vectors_version = 0;
  std::vector<StoredModel> models;
};

/// One object, on one line.
std::string to_json(const StoreInfo& info);

/// A live data file.
struct StoreFile {
  std::string table;  ///< "vectors" or "keys".
  std::filesystem::path path;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
};

/// One commit.
struct StoreVersion {
  std::string table;
  std::uint64_t version = 0;
  std::int64_t time_ms = 0;  ///< Since the epoch.
  std::string operation{};
  std::uint64_t files_added = 0;
  std::uint64_t files_removed = 0;
  std::uint64_t rows_added = 0;
  std::string commit_id{};
};

/// How rows are handed out.
enum class RowFormat { kTable, kCsv, kJson, kParquet, kNpy, kDuckDb };

/// Rows of (key columns, text_hash, text_value, embedding, token_count, truncated, seen_at); a
/// cache has no keys and no seen_at. All conditions that are given must hold.
struct StoreQuery {
  StoreMoment moment{};
  std::string model{};                ///< "" for the active one; "f" and up to 64 hex digits.
  std::string precision{};            ///< "" for the only or active one.
  std::vector<std::string> keys{};    ///< Values of the key column, or lists like "17,2024-01-01".
  std::filesystem::path keys_file{};  ///< Parquet, CSV or JSON lines: key columns, maybe the text.
  std::string keys_text_column{};     ///< Of keys_file: only rows whose text is this.
  std::vector<std::string> hashes{};
  std::vector<std::string> texts{};
  std::string where{};  ///< One SQL expression over the columns above.
  std::optional<std::uint64_t> limit{};
  bool latest = false;  ///< Of each key only the text that was seen last.
  bool with_vectors = true;

  RowFormat format = RowFormat::kTable;
  /// "" for kTable, whose lines go to `on_line`. Those of kCsv and kJson do so too where this is
  /// ""; without an `on_line` they go to standard output.
  std::filesystem::path output{};
  std::string table = "embeddings";  ///< For kDuckDb.
  std::function<void(std::string_view line)> on_line{};
};

struct StoreQueryResult {
  std::uint64_t rows = 0;
  std::uint64_t keys_missing = 0;  ///< Of keys, hashes and texts asked for: those without a vector.
};

/// Vectors that were made elsewhere.
struct StoreImport {
  std::filesystem::path input{};           ///< Parquet, CSV, JSON lines, or a DuckDB file.
  std::string table{};                     ///< For a DuckDB file.
  std::vector<std::string> key_columns{};  ///< Empty: a cache.
  std::string text_column{};
  std::string vector_column{};
  std::string fingerprint{};  ///< 64 hex digits; of the encoder that made them.
  std::string model_name{};
  std::string made_of{};
  std::string precision = "f32";
  bool store_text = true;
  bool plain_floats = false;
  /// Compared with the vectors of a sample of the texts, where given: cosine of at least 0.999.
  Encoder* check_with = nullptr;
};

struct StoreImported {
  std::uint64_t rows = 0;
  std::uint64_t vectors_added = 0;
  std::uint64_t keys_added = 0;
  double cosine_min = 0;  ///< Over the sample; 0 without one.
};

struct StoreCompacted {
  std::uint64_t files_before = 0;
  std::uint64_t files_after = 0;
  std::uint64_t doubles_dropped = 0;
};

struct StoreVacuumed {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::vector<std::filesystem::path> paths;  ///< Deleted, or with `dry_run` to be deleted.
};

struct StoreForgotten {
  std::uint64_t keys = 0;
  std::uint64_t texts = 0;  ///< That no other key has.
  std::uint64_t files_deleted = 0;
};

struct StoreVerified {
  std::uint64_t files = 0;
  std::uint64_t vectors = 0;
  std::uint64_t keys = 0;
  std::vector<std::string> problems;  ///< Each names its file.
  std::vector<std::string> notes;     ///< Files that no version names, and the like: no damage.
};

/// How long the texts of the vectors of one model are.
struct StoreTokens {
  std::uint64_t texts = 0;  ///< Whose tokens were counted: not those of imported vectors.
  std::uint64_t truncated = 0;
  double tokens_mean = 0;
  std::uint64_t tokens_max = 0;
  std::vector<std::pair<std::string, std::uint64_t>> histogram{};  ///< "9-16": texts.
};

class Store {
 public:
  static Result<std::unique_ptr<Store>> open(const std::filesystem::path& folder,
                                             const StoreOptions& options);
  ~Store();

  Result<StoreInfo> info();
  Result<std::vector<StoreFile>> files(const StoreMoment& moment);
  Result<std::vector<StoreVersion>> history();
  /// `model` and `precision` as in StoreQuery. kNotFound: no such vectors.
  Result<StoreTokens> tokens(const std::string& model, const std::string& precision);

  /// kInvalidArgument: a column, model or value that the store does not know.
  Result<StoreQueryResult> query(const StoreQuery& query);

  /// A query of all rows over the live files, for any DuckDB: the columns of StoreQuery.
  Result<std::string> select_sql(const StoreMoment& moment, const std::string& model,
                                 const std::string& precision);
  /// SQL that makes a view `embeddings` of these rows.
  Result<std::string> view_sql(const StoreMoment& moment, const std::string& model,
                               const std::string& precision);

  /// Puts small files together, so that readers open few. Content stays the same. kCancelled: by
  /// `cancel`, which may be null, before the next file was written; what is committed stays.
  Result<StoreCompacted> compact(const CancelToken* cancel = nullptr);
  /// Deletes files that no version of the last `retention_hours` names. Files that no version at
  /// all names are deleted when they are 7 days old.
  Result<StoreVacuumed> vacuum(double retention_hours, bool dry_run);
  /// Makes the keys those of an earlier version again, in a new commit. Vectors stay.
  Result<std::uint64_t> restore(const StoreMoment& moment);
  /// Erases keys for which `where` (one SQL expression over the key columns) is true, and texts and
  /// vectors that no other key has; with `now` also from all files and earlier versions.
  Result<StoreForgotten> forget(const std::string& where, bool now);

 private:
  struct State;
  explicit Store(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Takes vectors in, making the store where there is none. kInvalidArgument: rows without key or
/// text, vectors of several lengths or with numbers that are not finite (says how many and one
/// example); vectors that `check_with` does not give.
Result<StoreImported> import_to_store(const std::filesystem::path& folder,
                                      const StoreImport& import, const StoreOptions& options);

/// Looks at every file, row count, checksum, and at all rows for doubles and missing vectors; also
/// at a store that is too damaged to be opened. kNotFound: no store there.
Result<StoreVerified> verify_store(const std::filesystem::path& folder,
                                   const StoreOptions& options);

/// What a migration did.
struct StoreMigrated {
  std::uint64_t texts = 0;           ///< That needed a vector of the new model.
  std::uint64_t texts_embedded = 0;  ///< By this run.
  bool switched = false;             ///< Whether the new model is the active one now.
  bool cancelled = false;
};

/// Fills in the vectors of `encoder` for every text of the store, beside the old ones, then makes
/// it the active model in one commit. Killed or cancelled, it goes on where it was. Going back is
/// migrating to the old model: nothing is embedded. kUnsupported: a store without texts.
Result<StoreMigrated> migrate_store(
    const std::filesystem::path& folder, Encoder& encoder, const StoreOptions& options,
    const CancelToken* cancel,
    const std::function<void(std::uint64_t done, std::uint64_t total)>& on_progress);

/// Embeds a sample of the stored texts of the encoder's model again. The smallest cosine to what is
/// stored; kNotFound: no vectors of this model.
Result<double> rehash_store(const std::filesystem::path& folder, Encoder& encoder,
                            const StoreOptions& options, std::size_t sample);

}  // namespace colvec
