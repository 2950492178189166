// The table job: reads a text table, embeds what is pending, writes id, text and vector to a DuckDB
// file.
//
// A job may be killed at any moment and run again: it goes on where it was, and the table ends the
// same. docs/table_job.md describes every key; docs/formats/output.md the tables that are written.
//
// Thread-safety: functions are thread-safe for different outputs; the structs are values.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "colvec/cancel.h"
#include "colvec/encoder.h"
#include "colvec/error.h"
#include "colvec/policy.h"

namespace colvec {

enum class VectorType { kArray, kList };  ///< FLOAT[n] or FLOAT[].
enum class OnChange { kUpdate, kKeep };   ///< Rows whose text is another now.
enum class OnDelete { kKeep, kRemove };   ///< Rows of the output that the input no longer has.
enum class OnModelChange { kError, kRebuild };    ///< An output that another model has made.
enum class OnDuplicateId { kError, kKeepFirst };  ///< Rows of the input with the same id.

/// config.json; the members have the names of its keys.
struct TableJobConfig {
  std::filesystem::path
      input_db_path;  ///< A DuckDB file, or Parquet, CSV or JSON lines (globs, s3:// too).
  std::filesystem::path output_db_path;
  std::string input_table;             ///< Empty where the input is not a DuckDB file.
  std::vector<std::string> id_column;  ///< One or several.
  std::string text_column;
  std::string output_table;

  std::string model = "builtin:lexical";
  std::string vector_column = "embedding";
  VectorType vector_type = VectorType::kArray;
  std::size_t dimension = 0;          ///< 0: the model's.
  std::optional<std::string> prompt;  ///< None: the model's default.
  std::string prompt_name;            ///< One of the model's own; empty: none. Not with `prompt`.
  bool strip = false;                 ///< As EncoderOptions::strip.
  bool normalize = true;
  Precision precision = Precision::kAuto;
  std::string device = "auto";         ///< As EncoderOptions::device.
  std::size_t batch_size = 0;          ///< Texts in a forward pass; 0: chosen for the machine.
  std::size_t threads = 0;             ///< 0: one a core.
  std::string memory_limit = "1GB";    ///< For DuckDB; it spills beside the output beyond that.
  std::optional<std::uint64_t> limit;  ///< Rows that one run embeds at most.
  std::filesystem::path store;  ///< A store of embeddings to take vectors from and add new ones to:
                                ///< a folder, or s3://bucket/prefix; empty: none.
  std::string where;            ///< One SQL expression over the input; empty: all rows.
  Policy on_null = Policy::kSkip;
  Policy on_empty = Policy::kSkip;
  Policy on_truncate = Policy::kKeep;
  Policy on_bad_vector = Policy::kError;
  OnChange on_change = OnChange::kUpdate;
  OnDelete on_delete = OnDelete::kKeep;
  OnModelChange on_model_change = OnModelChange::kError;
  OnDuplicateId on_duplicate_id = OnDuplicateId::kError;
};

/// A value that replaces that of a key: from the command line or the environment.
struct ConfigOverride {
  std::string source;  ///< For errors: "--batch-size", "BATCH_SIZE".
  std::string key;
  std::string value;  ///< Text as it was given.
};

/// Reads and checks config.json; relative paths in it are relative to it. Later overrides win;
/// relative paths in overrides are relative to the current folder. kNotFound, kIo: cannot read it.
/// kCorruption: not JSON. kInvalidArgument: a missing or unknown key (with the nearest known one)
/// or a wrong value, with what is allowed.
Result<TableJobConfig> read_table_config(const std::filesystem::path& path,
                                         const std::vector<ConfigOverride>& overrides);

/// The same for a config that is not in a file: `json` is its text, `where` names it in errors, and
/// relative paths are relative to `folder`.
Result<TableJobConfig> parse_table_config(std::string_view json, const std::string& where,
                                          const std::filesystem::path& folder,
                                          const std::vector<ConfigOverride>& overrides);

/// The names of all keys, in the order of the documentation.
std::vector<std::string_view> table_config_keys();

/// The options with which the model of `config` is to be opened.
EncoderOptions encoder_options(const TableJobConfig& config);

/// Checks that `config` asks for nothing of a model that `encoder`, which was opened elsewhere,
/// does not do already. kInvalidArgument: another dimension, or a prompt, which the encoder has or
/// has not.
Status check_given_encoder(const TableJobConfig& config, const EncoderInfo& encoder);

/// What a running job says of itself, about four times a second.
struct Progress {
  std::string_view phase;         ///< "looking for pending rows", "embedding", "finishing".
  std::uint64_t rows_done = 0;    ///< Of this run.
  std::uint64_t rows_total = 0;   ///< Pending at the start of this run.
  double rows_per_second = 0;     ///< Over the last ten seconds or so.
  double eta_seconds = 0;         ///< 0 while unknown.
  std::uint64_t tokens_done = 0;  ///< Of this run; 0 where they are not counted.
};

struct RunOptions {
  /// May be null. Must outlive the run. Breaks off what only reads, and stops between two windows.
  const CancelToken* cancel = nullptr;
  std::function<void(const Progress&)> on_progress =
      {};                      ///< May be empty. Called from one thread at a time.
  double commit_seconds = 10;  ///< Longest time between two commits.
  bool serial = false;         ///< One thread, one window at a time: the reference.
  /// Texts must have their vectors in the store, or it is kNotFound (colvec/shard.h);
  /// config.store must not be empty.
  bool only_stored = false;
};

/// What a run did.
struct TableJobSummary {
  std::uint64_t input_rows = 0;
  std::uint64_t pending_rows = 0;    ///< At the start of this run.
  std::uint64_t rows_written = 0;    ///< Rows of the output that this run wrote.
  std::uint64_t distinct_texts = 0;  ///< Among the pending rows.
  std::uint64_t texts_embedded = 0;
  std::uint64_t texts_again = 0;         ///< Texts embedded more than once in this run.
  std::uint64_t vectors_reused = 0;      ///< Rows whose vector was there already.
  std::uint64_t vectors_from_store = 0;  ///< Of these: from the store.
  std::uint64_t vectors_to_store = 0;    ///< New to the store.
  std::uint64_t rows_changed = 0;        ///< Of those pending: rows whose text is another now.
  std::uint64_t rows_removed = 0;
  std::uint64_t tokens = 0;
  std::map<std::string, std::uint64_t>
      issues;                       ///< Rows of this run by kind: null, empty, truncated, ...
  std::uint64_t policy_errors = 0;  ///< Rows that met a policy `error`.
  std::uint64_t commits = 0;
  bool cancelled = false;
  bool rebuilt = false;
  EncoderInfo encoder;
  std::vector<std::string> notes;  ///< Lines to show to the user.

  double wall_seconds = 0;
  std::size_t threads = 0;
  /// Seconds of thread time by stage: read, hash, tokenise, encode, write, wait.
  std::vector<std::pair<std::string, double>> stage_seconds;
};

/// One object, on one line; members have the names above.
std::string to_json(const TableJobSummary& summary);

/// What a run whose summary this is comes to. kCancelled: it was stopped. kPolicy: rows met a
/// policy `error`, with how many and where they are listed.
Status status_of(const TableJobConfig& config, const TableJobSummary& summary);

/// Runs the job. The input is never written. After an error or a cancel, what was committed stays.
/// kInvalidArgument, kNotFound: input, output or columns are not as the config says (the message
/// lists what is there). kConflict: the output was made with another model. kIo: disks, locks.
Result<TableJobSummary> embed_table(const TableJobConfig& config, Encoder& encoder,
                                    const RunOptions& options);

/// What a run would do; nothing is written. kCancelled: by `cancel`, which may be null.
struct TableJobPlan {
  std::uint64_t input_rows = 0;
  std::uint64_t pending_rows = 0;
  std::uint64_t distinct_texts = 0;  ///< Among the pending rows.
  std::uint64_t sampled_texts = 0;   ///< What the figures below are measured on.
  std::vector<std::pair<std::string, std::uint64_t>>
      token_histogram;  ///< "1-16", "17-32", ...; of the sample.
  double tokens_mean = 0;
  double truncated_share = 0;  ///< 0 to 1.
  double texts_per_second = 0;
  double seconds_predicted = 0;
  std::uint64_t bytes_predicted = 0;  ///< On disk, of the rows to be written.
  EncoderInfo encoder;
  std::vector<std::string> notes;
};
Result<TableJobPlan> plan_table(const TableJobConfig& config, Encoder& encoder,
                                const CancelToken* cancel);

/// The first rows of the output and, for the first of them, its nearest neighbours by cosine.
struct OutputPeek {
  struct Row {
    std::string id;
    std::string text;
    std::string vector;  ///< The first numbers.
    double score = 0;
  };
  std::uint64_t rows = 0;
  std::vector<Row> first;
  Row query;
  std::vector<Row> nearest;
  std::string sql;  ///< The nearest-neighbour query, for the user to run.
};
Result<OutputPeek> peek_output(const TableJobConfig& config);

/// Opens the model of the config, in its precision or, where that is auto, in that of the vectors
/// which the output has already. Errors: those of open_encoder(), and as embed_table() has for an
/// output that cannot be opened. A model that has not got the precision of the output, which
/// another one made, is opened in one that it has: embed_table() says what becomes of such an
/// output.
Result<std::unique_ptr<Encoder>> open_encoder_for_output(const TableJobConfig& config);

/// Writes `dir`/config.json and `dir`/input.duckdb (made from the CSV `sample`), unless they are
/// there.
Status make_example(const std::filesystem::path& dir, const std::filesystem::path& sample);

}  // namespace colvec
