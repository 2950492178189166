// A checkpoint is a commit that says all at once. Its actions are the lines that a log entry would
// have: DuckDB turns them into the columns that the protocol wants, and columns back into lines, so
// that one reader knows the actions, whoever wrote them.
#include "store/delta_checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/check.h"
#include "base/hash.h"
#include "base/number.h"
#include "base/uuid.h"
#include "duck/appender.h"
#include "store/log_names.h"
#include "store/whole_file.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kRetentionMs = std::int64_t{7} * 24 * 60 * 60 * 1000;

// Parquet's key-value metadata, ours.
constexpr std::string_view kHashKey = "colvec_actions_hash";
constexpr std::string_view kTimestampKey = "colvec_timestamp_ms";

// The columns and their types, by the protocol's "Checkpoint Schema", for from_json().
constexpr std::string_view kColumns = R"json({
  "txn": {"appId": "VARCHAR", "version": "BIGINT", "lastUpdated": "BIGINT"},
  "add": {"path": "VARCHAR", "partitionValues": "MAP(VARCHAR, VARCHAR)", "size": "BIGINT",
          "modificationTime": "BIGINT", "dataChange": "BOOLEAN", "stats": "VARCHAR",
          "tags": "MAP(VARCHAR, VARCHAR)"},
  "remove": {"path": "VARCHAR", "deletionTimestamp": "BIGINT", "dataChange": "BOOLEAN",
             "extendedFileMetadata": "BOOLEAN", "partitionValues": "MAP(VARCHAR, VARCHAR)",
             "size": "BIGINT", "tags": "MAP(VARCHAR, VARCHAR)"},
  "metaData": {"id": "VARCHAR", "name": "VARCHAR", "description": "VARCHAR",
               "format": {"provider": "VARCHAR", "options": "MAP(VARCHAR, VARCHAR)"},
               "schemaString": "VARCHAR", "partitionColumns": ["VARCHAR"],
               "configuration": "MAP(VARCHAR, VARCHAR)", "createdTime": "BIGINT"},
  "protocol": {"minReaderVersion": "INTEGER", "minWriterVersion": "INTEGER",
               "readerFeatures": ["VARCHAR"], "writerFeatures": ["VARCHAR"]}
})json";

// All of `snapshot` as one commit.
DeltaCommit commit_of(const DeltaSnapshot& snapshot) {
  DeltaCommit commit;
  commit.protocol = snapshot.protocol;
  commit.meta_data = snapshot.meta_data;
  for (const auto& [id, transaction] : snapshot.transactions)
    commit.transactions.push_back(transaction);
  for (const auto& [path, file] : snapshot.tombstones) commit.removes.push_back(file);
  for (const auto& [path, file] : snapshot.files) commit.adds.push_back(file);
  return commit;
}

// Forgets what a checkpoint leaves out.
void expire(DeltaSnapshot* snapshot) {
  const std::int64_t oldest_ms = snapshot->timestamp_ms - kRetentionMs;
  std::erase_if(snapshot->tombstones,
                [&](const auto& item) { return item.second.deleted_ms < oldest_ms; });
  // A transaction that does not say when it was is kept for ever.
  std::erase_if(snapshot->transactions, [&](const auto& item) {
    return item.second.updated_ms != 0 && item.second.updated_ms < oldest_ms;
  });
}

// Of all that `snapshot` says; its actions are the `lines`.
std::string hash_of(const DeltaSnapshot& snapshot, const std::vector<std::string>& lines) {
  Sha256 hash;
  hash.update(fmt::format("{} {}\n", *snapshot.version, snapshot.timestamp_ms));
  for (const std::string& line : lines) {
    hash.update(line);
    hash.update("\n");
  }
  return hex(hash.finish());
}

// A table in memory for the lines, dropped at the end.
class LineTable {
 public:
  explicit LineTable(Connection& connection)
      : connection_(&connection), name_("colvec_checkpoint_" + new_uuid()) {}
  LineTable(const LineTable&) = delete;
  LineTable& operator=(const LineTable&) = delete;
  ~LineTable() { static_cast<void>(connection_->execute("DROP TABLE IF EXISTS " + sql_name())); }

  std::string sql_name() const { return "temp." + quote_identifier(name_); }

  Status fill(const std::vector<std::string>& lines) {
    COLVEC_TRY(
        connection_->execute("CREATE TEMP TABLE " + quote_identifier(name_) + " (line VARCHAR)"));
    COLVEC_ASSIGN(Appender appender, Appender::open(*connection_, "temp", "main", name_));
    for (std::size_t begin = 0; begin < lines.size(); begin += kChunkRowsMax) {
      const std::size_t rows = std::min(kChunkRowsMax, lines.size() - begin);
      for (std::size_t r = 0; r < rows; ++r) appender.set_text(0, r, lines[begin + r]);
      COLVEC_TRY(appender.append(rows));
    }
    return appender.flush();
  }

 private:
  Connection* connection_;
  std::string name_;
};

Status write_parquet(Connection& connection, const DeltaSnapshot& snapshot,
                     const std::vector<std::string>& lines, const fs::path& path) {
  LineTable table(connection);
  COLVEC_TRY(table.fill(lines));
  return connection.execute(fmt::format(
      "COPY (SELECT unnest(from_json(line, {})) FROM {}) TO {} (FORMAT parquet, COMPRESSION zstd,"
      " KV_METADATA {{{}: '{}', {}: '{}'}})",
      quote_literal(kColumns), table.sql_name(), quote_literal(path.string()), kHashKey,
      hash_of(snapshot, lines), kTimestampKey, snapshot.timestamp_ms));
}

Status write_pointer(FileSystem& files, const fs::path& log_folder, std::uint64_t version,
                     std::size_t actions) {
  return write_whole(files, log_folder / "_last_checkpoint",
                     fmt::format("{{\"version\":{},\"size\":{}}}\n", version, actions));
}

// Reading.

struct CheckpointMarks {
  std::optional<std::string> hash;
  std::optional<std::int64_t> timestamp_ms;
};

Result<CheckpointMarks> read_marks(Connection& connection, const fs::path& path) {
  CheckpointMarks marks;
  COLVEC_ASSIGN(const Rows rows, connection.query(fmt::format("SELECT decode(key), decode(value)"
                                                              " FROM parquet_kv_metadata({})"
                                                              " WHERE decode(key) IN ('{}', '{}')",
                                                              quote_literal(path.string()),
                                                              kHashKey, kTimestampKey)));
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const std::string value = rows.text(r, 1);
    if (rows.text(r, 0) == kHashKey) {
      marks.hash = value;
      continue;
    }
    std::int64_t number = 0;
    if (!parse_number(value, &number))
      return fail(ErrorCode::kCorruption, path.string() + ": not a timestamp: " + value);
    marks.timestamp_ms = number;
  }
  return marks;
}

Result<DeltaCommit> read_actions(Connection& connection, const std::vector<fs::path>& paths) {
  std::string list;
  for (const fs::path& path : paths)
    list += (list.empty() ? "" : ", ") + quote_literal(path.string());
  COLVEC_ASSIGN(Stream stream,
                connection.stream(fmt::format("SELECT to_json(t)::VARCHAR FROM read_parquet([{}],"
                                              " hive_partitioning = false) t",
                                              list)));
  DeltaCommit commit;
  std::size_t row = 0;
  while (true) {
    COLVEC_ASSIGN(const std::optional<DataChunk> chunk, stream.next());
    if (!chunk) return commit;
    for (std::size_t r = 0; r < chunk->rows(); ++r, ++row)
      COLVEC_TRY(parse_action(chunk->text(0, r),
                              fmt::format("{}: row {}", paths.front().string(), row), &commit));
  }
}

Result<DeltaSnapshot> read_one(Connection& connection, const std::vector<fs::path>& paths,
                               std::uint64_t version) {
  const std::string where = paths.front().string();
  COLVEC_ASSIGN(const CheckpointMarks marks, read_marks(connection, paths.front()));
  COLVEC_ASSIGN(const DeltaCommit commit, read_actions(connection, paths));
  DeltaSnapshot snapshot;
  // To the rules it is a first commit: protocol and metaData are there, no path comes twice.
  COLVEC_TRY(snapshot.apply(0, commit, where));
  snapshot.version = version;
  snapshot.timestamp_ms = marks.timestamp_ms.value_or(0);
  if (marks.hash && *marks.hash != hash_of(snapshot, action_lines(commit_of(snapshot))))
    return fail(ErrorCode::kCorruption, where + ": not what was written as this version");
  return snapshot;
}

// The checkpoints of which all parts are there, by version.
Result<std::map<std::uint64_t, std::vector<fs::path>>> list_checkpoints(
    FileSystem& files, const fs::path& log_folder) {
  COLVEC_ASSIGN(const std::vector<FolderEntry> entries, files.list(log_folder));
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::map<std::uint64_t, fs::path>> found;
  for (const FolderEntry& entry : entries)
    if (const auto name = parse_checkpoint_name(entry.name))
      found[{name->version, name->parts}][name->part] = log_folder / entry.name;
  std::map<std::uint64_t, std::vector<fs::path>> complete;
  for (const auto& [key, parts] : found) {
    const auto& [version, part_count] = key;
    // Writers may have cut the same version differently; any whole one will do.
    if (parts.size() != part_count || complete.contains(version)) continue;
    for (const auto& [part, path] : parts) complete[version].push_back(path);
  }
  return complete;
}

}  // namespace

Status write_checkpoint(FileSystem& files, Connection& connection, const fs::path& log_folder,
                        const DeltaSnapshot& snapshot) {
  COLVEC_CHECK(snapshot.version.has_value());
  DeltaSnapshot kept = snapshot;
  expire(&kept);
  const std::vector<std::string> lines = action_lines(commit_of(kept));

  COLVEC_TRY(make_whole(
      files, log_folder / checkpoint_name(*kept.version),
      [&](const fs::path& draft) { return write_parquet(connection, kept, lines, draft); }));
  return write_pointer(files, log_folder, *kept.version, lines.size());
}

Result<std::optional<DeltaSnapshot>> read_checkpoint(FileSystem& files, Connection& connection,
                                                     const fs::path& log_folder,
                                                     std::uint64_t version_max) {
  COLVEC_ASSIGN(const auto checkpoints, list_checkpoints(files, log_folder));
  for (auto next = checkpoints.rbegin(); next != checkpoints.rend(); ++next) {
    if (next->first > version_max) continue;
    Result<DeltaSnapshot> snapshot = read_one(connection, next->second, next->first);
    if (snapshot) return std::optional<DeltaSnapshot>(std::move(*snapshot));
    const ErrorCode code = snapshot.error().code;
    if (code == ErrorCode::kUnsupported || code == ErrorCode::kCancelled)
      return tl::make_unexpected(std::move(snapshot).error());
  }
  return std::optional<DeltaSnapshot>();
}

}  // namespace colvec
