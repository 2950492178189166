#include "store/delta_action.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/hash.h"
#include "base/json.h"
#include "store/uri.h"

namespace colvec {
namespace {

// The longest line that is read: an action is a file with its statistics, or a schema.
constexpr std::size_t kLineBytesMax = std::size_t{64} << 20;

// Ours, in commitInfo: the text hash of the lines behind it, so that an entry that was cut between
// two lines, or changed in any, is noticed.
constexpr std::string_view kEntryHash = "entryHash";

// Puts an object together, member by member.
class ObjectWriter {
 public:
  void raw(std::string_view key, std::string_view json) {
    text_ += fmt::format("{}{}:{}", text_.size() == 1 ? "" : ",", json_quote(key), json);
  }
  void string(std::string_view key, std::string_view value) { raw(key, json_quote(value)); }
  void boolean(std::string_view key, bool value) { raw(key, value ? "true" : "false"); }
  template <typename Number>
  void number(std::string_view key, Number value) {
    raw(key, fmt::format("{}", value));
  }
  std::string finish() && { return std::move(text_) + "}"; }

 private:
  std::string text_ = "{";
};

std::string strings_json(const std::vector<std::string>& values) {
  std::string text = "[";
  for (const std::string& value : values) text += (text.size() == 1 ? "" : ",") + json_quote(value);
  return text + "]";
}

std::string map_json(const std::map<std::string, std::string>& values) {
  ObjectWriter object;
  for (const auto& [key, value] : values) object.string(key, value);
  return std::move(object).finish();
}

// "" stands for NULL in Delta, whatever the type.
std::string partition_json(const PartitionValues& partition) {
  ObjectWriter object;
  for (const auto& [column, value] : partition)
    object.raw(column, value.value_or("").empty() ? "null" : json_quote(*value));
  return std::move(object).finish();
}

// A colon in the first folder would make it the scheme of a URI.
std::string encode_action_path(std::string_view path) {
  std::string text = encode_uri_path(path);
  for (std::size_t colon = text.find(':'); colon < text.find('/'); colon = text.find(':'))
    text.replace(colon, 1, "%3A");
  return text;
}

// What the hash of an entry is taken of: commitInfo without its last member, and all lines behind.
std::string entry_hash(std::string_view info, std::string_view actions) {
  return text_hash(std::string(info) + "\n" + std::string(actions));
}

std::string info_json(const CommitInfo& info, std::string_view actions) {
  ObjectWriter object;
  object.number("timestamp", info.timestamp_ms);
  object.string("operation", info.operation);
  object.raw("operationParameters", map_json(info.parameters));
  object.string("engineInfo", info.engine);
  object.string("commitId", info.commit_id);
  if (info.version) object.number("version", *info.version);
  if (info.vectors_version) object.number("vectorsVersion", *info.vectors_version);
  if (!info.replaced_commits.empty())
    object.raw("replacedCommits", strings_json(info.replaced_commits));
  std::string json = std::move(object).finish();
  json.pop_back();
  return fmt::format("{},\"{}\":\"{}\"}}", json, kEntryHash, entry_hash(json, actions));
}

std::string protocol_json(const DeltaProtocol& protocol) {
  ObjectWriter object;
  object.number("minReaderVersion", protocol.reader);
  object.number("minWriterVersion", protocol.writer);
  if (protocol.reader >= 3) object.raw("readerFeatures", strings_json(protocol.reader_features));
  if (protocol.writer >= 7) object.raw("writerFeatures", strings_json(protocol.writer_features));
  return std::move(object).finish();
}

std::string meta_data_json(const DeltaMetaData& meta_data) {
  ObjectWriter object;
  object.string("id", meta_data.id);
  if (!meta_data.name.empty()) object.string("name", meta_data.name);
  if (!meta_data.description.empty()) object.string("description", meta_data.description);
  object.raw("format", R"({"provider":"parquet","options":{}})");
  object.string("schemaString", meta_data.schema_string);
  object.raw("partitionColumns", strings_json(meta_data.partition_columns));
  object.raw("configuration", map_json(meta_data.configuration));
  object.number("createdTime", meta_data.created_ms);
  return std::move(object).finish();
}

std::string transaction_json(const DeltaTransaction& transaction) {
  ObjectWriter object;
  object.string("appId", transaction.app_id);
  object.number("version", transaction.version);
  if (transaction.updated_ms != 0) object.number("lastUpdated", transaction.updated_ms);
  return std::move(object).finish();
}

std::string remove_json(const RemoveFile& file) {
  ObjectWriter object;
  object.string("path", encode_action_path(file.path));
  object.number("deletionTimestamp", file.deleted_ms);
  object.boolean("dataChange", file.data_change);
  // Old writers do not say what they have removed.
  const bool is_extended = file.size > 0 || !file.partition.empty();
  object.boolean("extendedFileMetadata", is_extended);
  if (is_extended) {
    object.raw("partitionValues", partition_json(file.partition));
    object.number("size", file.size);
  }
  return std::move(object).finish();
}

std::string add_json(const AddFile& file) {
  ObjectWriter object;
  object.string("path", encode_action_path(file.path));
  object.raw("partitionValues", partition_json(file.partition));
  object.number("size", file.size);
  object.number("modificationTime", file.modified_ms);
  object.boolean("dataChange", file.data_change);
  if (!file.stats.empty()) object.string("stats", file.stats);
  if (!file.tags.empty()) object.raw("tags", map_json(file.tags));
  return std::move(object).finish();
}

// Reading.

// Delta's numbers are Java's: a size, a count or a version has 63 bits.
Result<std::uint64_t> count_of(const Json& json, std::string_view key) {
  COLVEC_ASSIGN(const Json value, json.member(key));
  COLVEC_ASSIGN(const std::uint64_t count, value.as_unsigned());
  if (count > std::uint64_t{std::numeric_limits<std::int64_t>::max()})
    return value.wrong("more than 63 bits");
  return count;
}

Result<std::vector<std::string>> strings_of(const Json& json, std::string_view key) {
  std::vector<std::string> values;
  COLVEC_ASSIGN(const std::optional<Json> array, json.find(key));
  if (!array) return values;
  if (!array->is_array()) return array->wrong("not a list");
  for (std::size_t i = 0; i < array->size(); ++i) {
    COLVEC_ASSIGN(std::string value, array->element(i).as_string());
    values.push_back(std::move(value));
  }
  return values;
}

Result<std::map<std::string, std::string>> map_of(const Json& json, std::string_view key) {
  std::map<std::string, std::string> values;
  COLVEC_ASSIGN(const std::optional<Json> object, json.find(key));
  if (!object) return values;
  COLVEC_TRY(object->each([&](std::string_view name, const Json& value) -> Status {
    if (value.is_null()) return {};
    COLVEC_ASSIGN(values[std::string(name)], value.as_string());
    return {};
  }));
  return values;
}

Result<PartitionValues> partition_of(const Json& json) {
  PartitionValues values;
  COLVEC_ASSIGN(const std::optional<Json> object, json.find("partitionValues"));
  if (!object) return values;
  COLVEC_TRY(object->each([&](std::string_view column, const Json& value) -> Status {
    std::optional<std::string>& slot = values[std::string(column)];
    if (value.is_null()) return {};
    COLVEC_ASSIGN(std::string text, value.as_string());
    if (!text.empty()) slot = std::move(text);
    return {};
  }));
  return values;
}

bool is_absolute_uri(std::string_view uri) {
  if (uri.starts_with('/')) return true;
  constexpr std::string_view kOfSchemes =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.";
  const std::size_t end = uri.find_first_not_of(kOfSchemes);
  return end != std::string_view::npos && end > 0 && uri[end] == ':';
}

// Whether `path` names a file below the table's folder, outside of its log, and in one way only.
bool is_in_table(std::string_view path) {
  if (path.find('\0') != std::string_view::npos) return false;
  if (path == "_delta_log" || path.starts_with("_delta_log/")) return false;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view name = path.substr(begin, end - begin);
    if (name.empty() || name == "." || name == "..") return false;
    begin = end + 1;
  }
  return true;
}

Result<std::string> path_of(const Json& json) {
  COLVEC_ASSIGN(const Json value, json.member("path"));
  COLVEC_ASSIGN(const std::string uri, value.as_string());
  if (is_absolute_uri(uri))
    return fail(ErrorCode::kUnsupported, value.where() + ": a path that is absolute: " + uri);
  std::string path = decode_uri(uri);
  if (!is_in_table(path))
    return fail(ErrorCode::kCorruption, value.where() + ": not a file of the table: " + uri);
  return path;
}

std::string string_if_any(const Json& json, std::string_view key) {
  const Result<std::string> value = json.string(key);
  return value.value_or("");
}

// The protocol lets writers put into commitInfo what they like: of another form, it is not ours.
CommitInfo info_of(const Json& json) {
  CommitInfo info;
  if (!json.is_object()) return info;
  info.timestamp_ms = json.signed_or("timestamp", 0).value_or(0);
  info.operation = string_if_any(json, "operation");
  info.commit_id = string_if_any(json, "commitId");
  info.engine = string_if_any(json, "engineInfo");
  if (const auto version = count_of(json, "version")) info.version = *version;
  if (const auto version = count_of(json, "vectorsVersion")) info.vectors_version = *version;
  info.replaced_commits = strings_of(json, "replacedCommits").value_or(std::vector<std::string>());
  const auto parameters = json.find("operationParameters");
  if (!parameters || !*parameters) return info;
  const Status visited =
      (*parameters)->each([&](std::string_view key, const Json& value) -> Status {
        info.parameters[std::string(key)] = value.as_string().value_or(value.dump());
        return {};
      });
  static_cast<void>(visited);  // Not an object: no parameters.
  return info;
}

Result<DeltaProtocol> protocol_of(const Json& json) {
  DeltaProtocol protocol;
  COLVEC_ASSIGN(protocol.reader, count_of(json, "minReaderVersion"));
  COLVEC_ASSIGN(protocol.writer, count_of(json, "minWriterVersion"));
  COLVEC_ASSIGN(protocol.reader_features, strings_of(json, "readerFeatures"));
  COLVEC_ASSIGN(protocol.writer_features, strings_of(json, "writerFeatures"));
  // Without the list nobody can know what a reader must be able to do.
  if (protocol.reader >= 3 && !json.has("readerFeatures"))
    return json.wrong("minReaderVersion 3 without readerFeatures");
  return protocol;
}

Result<DeltaMetaData> meta_data_of(const Json& json) {
  DeltaMetaData meta_data;
  COLVEC_ASSIGN(meta_data.id, json.string("id"));
  COLVEC_ASSIGN(meta_data.name, json.string_or("name", ""));
  COLVEC_ASSIGN(meta_data.description, json.string_or("description", ""));
  COLVEC_ASSIGN(meta_data.schema_string, json.string_or("schemaString", ""));
  COLVEC_ASSIGN(meta_data.partition_columns, strings_of(json, "partitionColumns"));
  COLVEC_ASSIGN(meta_data.configuration, map_of(json, "configuration"));
  COLVEC_ASSIGN(meta_data.created_ms, json.signed_or("createdTime", 0));
  COLVEC_ASSIGN(const std::optional<Json> format, json.find("format"));
  if (!format) return meta_data;
  COLVEC_ASSIGN(const std::string provider, format->string_or("provider", "parquet"));
  if (provider != "parquet")
    return fail(ErrorCode::kUnsupported,
                format->where() + ": files that are not Parquet: " + provider);
  return meta_data;
}

Result<DeltaTransaction> transaction_of(const Json& json) {
  DeltaTransaction transaction;
  COLVEC_ASSIGN(transaction.app_id, json.string("appId"));
  COLVEC_ASSIGN(transaction.version, count_of(json, "version"));
  COLVEC_ASSIGN(transaction.updated_ms, json.signed_or("lastUpdated", 0));
  return transaction;
}

Status refuse_deletion_vector(const Json& json) {
  if (!json.has("deletionVector")) return {};
  return fail(ErrorCode::kUnsupported,
              json.where() +
                  ": rows are deleted by a reader feature that is not supported:"
                  " deletionVectors");
}

Result<RemoveFile> remove_of(const Json& json) {
  RemoveFile file;
  COLVEC_ASSIGN(file.path, path_of(json));
  COLVEC_TRY(refuse_deletion_vector(json));
  COLVEC_ASSIGN(file.deleted_ms, json.signed_or("deletionTimestamp", 0));
  COLVEC_ASSIGN(file.data_change, json.boolean_or("dataChange", true));
  COLVEC_ASSIGN(file.partition, partition_of(json));
  if (json.has("size")) {
    COLVEC_ASSIGN(file.size, count_of(json, "size"));
  }
  return file;
}

Result<AddFile> add_of(const Json& json) {
  AddFile file;
  COLVEC_ASSIGN(file.path, path_of(json));
  COLVEC_TRY(refuse_deletion_vector(json));
  COLVEC_ASSIGN(file.partition, partition_of(json));
  COLVEC_ASSIGN(file.size, count_of(json, "size"));
  COLVEC_ASSIGN(file.modified_ms, json.signed_or("modificationTime", 0));
  COLVEC_ASSIGN(file.data_change, json.boolean_or("dataChange", true));
  COLVEC_ASSIGN(file.stats, json.string_or("stats", ""));
  COLVEC_ASSIGN(file.tags, map_of(json, "tags"));
  return file;
}

// Puts `value` into the slot of an action of which a commit has one at most.
template <typename T>
Status put_once(T value, const std::string& where, std::optional<T>* slot) {
  if (*slot) return fail(ErrorCode::kCorruption, where + ": comes twice");
  *slot = std::move(value);
  return {};
}

Status parse_member(std::string_view name, const Json& value, DeltaCommit* commit) {
  if (value.is_null()) return {};
  if (name == "commitInfo") return put_once(info_of(value), value.where(), &commit->info);
  if (name == "protocol") {
    COLVEC_ASSIGN(DeltaProtocol protocol, protocol_of(value));
    return put_once(std::move(protocol), value.where(), &commit->protocol);
  }
  if (name == "metaData") {
    COLVEC_ASSIGN(DeltaMetaData meta_data, meta_data_of(value));
    return put_once(std::move(meta_data), value.where(), &commit->meta_data);
  }
  if (name == "txn") {
    COLVEC_ASSIGN(DeltaTransaction transaction, transaction_of(value));
    commit->transactions.push_back(std::move(transaction));
  }
  if (name == "remove") {
    COLVEC_ASSIGN(RemoveFile file, remove_of(value));
    commit->removes.push_back(std::move(file));
  }
  if (name == "add") {
    COLVEC_ASSIGN(AddFile file, add_of(value));
    commit->adds.push_back(std::move(file));
  }
  return {};
}

// What our own entry says it is, against what it is. Every entry of ours has such a hash.
Status check_entry_hash(std::string_view lines, const std::string& where) {
  constexpr std::string_view kBegin = "{\"commitInfo\":";
  const std::size_t end = std::min(lines.find('\n'), lines.size());
  const std::string_view first = lines.substr(0, end);
  const std::string member = fmt::format(",\"{}\":\"", kEntryHash);
  const std::size_t place = first.rfind(member);
  const bool is_ours = first.find(R"("engineInfo":"colvec/)") != std::string_view::npos;
  if (place == std::string_view::npos && !is_ours) return {};
  bool is_intact = place != std::string_view::npos && first.starts_with(kBegin);
  if (is_intact) {
    const std::string hash = entry_hash(first.substr(kBegin.size(), place - kBegin.size()),
                                        end < lines.size() ? lines.substr(end + 1) : "");
    is_intact = first.substr(place + member.size()) == hash + "\"}}";
  }
  if (is_intact) return {};
  return fail(ErrorCode::kCorruption, where + ": cut or changed: it is not what was committed");
}

}  // namespace

std::vector<std::string> action_lines(const DeltaCommit& commit) {
  std::vector<std::string> lines;
  const auto append = [&](std::string_view name, const std::string& json) {
    lines.push_back(fmt::format("{{\"{}\":{}}}", name, json));
  };
  if (commit.protocol) append("protocol", protocol_json(*commit.protocol));
  if (commit.meta_data) append("metaData", meta_data_json(*commit.meta_data));
  for (const auto& transaction : commit.transactions) append("txn", transaction_json(transaction));
  for (const RemoveFile& file : commit.removes) append("remove", remove_json(file));
  for (const AddFile& file : commit.adds) append("add", add_json(file));
  return lines;
}

std::string to_json_lines(const DeltaCommit& commit) {
  std::string actions;
  for (const std::string& line : action_lines(commit)) actions += line + "\n";
  if (!commit.info) return actions;
  return fmt::format("{{\"commitInfo\":{}}}\n{}", info_json(*commit.info, actions), actions);
}

Status parse_action(std::string_view line, const std::string& where, DeltaCommit* commit) {
  if (line.size() > kLineBytesMax)
    return fail(ErrorCode::kCorruption, fmt::format("{}: too long: {} bytes", where, line.size()));
  COLVEC_ASSIGN(const Json json, Json::parse(line, where));
  Status parsed = json.each(
      [&](std::string_view name, const Json& value) { return parse_member(name, value, commit); });
  // The reader of JSON blames its caller; here it is the file.
  if (!parsed && parsed.error().code == ErrorCode::kInvalidArgument)
    parsed.error().code = ErrorCode::kCorruption;
  return parsed;
}

Result<DeltaCommit> parse_commit(std::string_view lines, const std::string& where) {
  COLVEC_TRY(check_entry_hash(lines, where));
  DeltaCommit commit;
  std::size_t number = 0;
  bool is_empty = true;
  for (std::size_t begin = 0; begin < lines.size();) {
    const std::size_t end = std::min(lines.find('\n', begin), lines.size());
    const std::string_view line = lines.substr(begin, end - begin);
    ++number;
    begin = end + 1;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    is_empty = false;
    COLVEC_TRY(parse_action(line, fmt::format("{}: line {}", where, number), &commit));
  }
  if (is_empty) return fail(ErrorCode::kCorruption, where + ": empty");
  return commit;
}

std::optional<std::uint64_t> rows_of(const AddFile& file) {
  if (file.stats.empty()) return std::nullopt;
  const Result<Json> stats = Json::parse(file.stats, "stats");
  if (!stats) return std::nullopt;
  const Result<std::uint64_t> rows = stats->unsigned_number("numRecords");
  if (!rows) return std::nullopt;
  return *rows;
}

}  // namespace colvec
