// What a Delta commit says, as values, and their JSON (one action a line).
//
// Source: Delta Lake protocol, "Actions" (github.com/delta-io/delta, PROTOCOL.md), reader version
// 1, writer version 2. Members that we do not know are ignored when read, as the protocol asks.
//
// Thread-safety: values and pure functions. Errors: kCorruption with the place for what is not such
// JSON.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "colvec/error.h"

namespace colvec {

// Partition column to value; nullopt is NULL.
using PartitionValues = std::map<std::string, std::optional<std::string>>;

// A data file that is part of the table from here on.
struct AddFile {
  std::string path;  // Relative to the table, as the file system has it; URI-encoded in the JSON.
  PartitionValues partition;
  std::uint64_t size = 0;        // Bytes.
  std::int64_t modified_ms = 0;  // Since the epoch.
  bool data_change = true;
  std::string stats;                        // JSON; empty where there is none.
  std::map<std::string, std::string> tags;  // Ours: "xxh3_128", hex digits of the file's content.
};

// A data file that is no longer part of the table.
struct RemoveFile {
  std::string path;
  std::int64_t deleted_ms = 0;
  bool data_change = true;
  PartitionValues partition;
  std::uint64_t size = 0;
};

struct DeltaProtocol {
  std::uint64_t reader = 1;
  std::uint64_t writer = 2;
  std::vector<std::string> reader_features;  // Of version 3 on.
  std::vector<std::string> writer_features;  // Of version 7 on.
};

struct DeltaMetaData {
  std::string id;  // A UUID: the table's, for good.
  std::string name;
  std::string description;
  std::string schema_string;  // JSON, see delta_schema.h.
  std::vector<std::string> partition_columns;
  std::map<std::string, std::string> configuration;
  std::int64_t created_ms = 0;
};

// Tells whether a commit whose answer was lost has landed; `app_id` is new for every run.
struct DeltaTransaction {
  std::string app_id;
  std::uint64_t version = 0;
  std::int64_t updated_ms = 0;
};

struct CommitInfo {
  std::int64_t timestamp_ms = 0;
  std::string operation{};                          // "WRITE", "OPTIMIZE", "RESTORE", ...
  std::string commit_id{};                          // A UUID; ours. Empty in tables of others.
  std::string engine{};                             // "colvec/0.1.0".
  std::map<std::string, std::string> parameters{};  // operationParameters.
  // Ours: the version that the entry is, so that it cannot stand in for another.
  std::optional<std::uint64_t> version{};
  // Ours, in the keys table: the version of the vectors table that holds all vectors of these keys.
  std::optional<std::uint64_t> vectors_version{};
  // Ours, of a compaction: the commits whose files it replaces.
  std::vector<std::string> replaced_commits{};
};

// All that one version says. A path is never added and removed by the same commit.
struct DeltaCommit {
  std::optional<CommitInfo> info;
  std::optional<DeltaProtocol> protocol;
  std::optional<DeltaMetaData> meta_data;
  std::vector<DeltaTransaction> transactions;
  std::vector<RemoveFile> removes;
  std::vector<AddFile> adds;
};

// The lines of a log entry: commitInfo first; it ends in a hash of all that the entry says.
std::string to_json_lines(const DeltaCommit& commit);
// `where` is for errors: the path of the file. Takes paths below the table's folder only.
// kUnsupported: absolute paths, deletion vectors, files that are not Parquet.
Result<DeltaCommit> parse_commit(std::string_view lines, const std::string& where);

// The same, line by line, for checkpoints: all actions but commitInfo, each without its line end;
// and one that is added to what `commit` has.
std::vector<std::string> action_lines(const DeltaCommit& commit);
Status parse_action(std::string_view line, const std::string& where, DeltaCommit* commit);

// The rows that the statistics of a file promise; nullopt where they do not say.
std::optional<std::uint64_t> rows_of(const AddFile& file);

}  // namespace colvec
