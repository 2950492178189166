// dataset.json, field by field (docs/formats/dataset.md).
#include <algorithm>
#include <array>
#include <set>

#include "base/json.h"
#include "base/json_writer.h"
#include "base/settings.h"
#include "base/url_keys.h"
#include "base/utf8.h"
#include "colvec/encoder.h"
#include "dataset/embedding_step.h"
#include "store/uri.h"
#include "store/vector_set.h"

namespace colvec {
namespace {

constexpr std::uint64_t kFormatVersion = 1;
// Of a name as that of a folder, where other characters than letters and digits are longer.
constexpr std::size_t kNameBytesMax = 200;
constexpr std::size_t kColumnsMax = 10'000;
constexpr std::uint64_t kRevisionMax = std::uint64_t{1} << 53;

constexpr Words<SyncMode, 2> kSyncModes = {
    {{"manual", SyncMode::kManual}, {"auto", SyncMode::kAuto}}};

// Calls `read` for each member of an object; null counts as not there.
Status read_members(const Json& json, std::span<const std::string_view> known,
                    const std::function<Status(std::string_view name, const Json& value)>& read) {
  if (!json.is_object()) return json.wrong("must be an object");
  return json.each([&](std::string_view name, const Json& value) -> Status {
    if (std::find(known.begin(), known.end(), name) == known.end())
      return unknown_key(json.where(), name, known);
    return value.is_null() ? Status() : read(name, value);
  });
}

Status read_fingerprint(const Json& value, std::string* out) {
  COLVEC_TRY(read_text(value, out));
  if (is_fingerprint(*out)) return {};
  return value.wrong("must be 64 lower-case hexadecimal digits");
}

Result<ColumnVectors> read_vectors(const Json& json) {
  constexpr std::array<std::string_view, 6> kKnown = {"fingerprint", "base",           "precision",
                                                      "dimension",   "base_dimension", "settings"};
  ColumnVectors vectors;
  COLVEC_TRY(read_members(json, kKnown, [&](std::string_view name, const Json& value) -> Status {
    if (name == "fingerprint") return read_fingerprint(value, &vectors.fingerprint);
    if (name == "base") return read_fingerprint(value, &vectors.base);
    if (name == "precision") return read_precision(value, &vectors.precision);
    if (name == "dimension") return read_whole(value, 1, kDimensionMax, &vectors.dimension);
    if (name == "base_dimension")
      return read_whole(value, 1, kDimensionMax, &vectors.base_dimension);
    vectors.settings = value.dump();
    return {};
  }));
  if (vectors.fingerprint.empty() || vectors.dimension == 0)
    return json.wrong("must have a fingerprint and a dimension");
  if (vectors.base.empty()) vectors.base = vectors.fingerprint;
  if (vectors.base_dimension == 0) vectors.base_dimension = vectors.dimension;
  return vectors;
}

void write_vectors(const ColumnVectors& vectors, JsonWriter* json) {
  json->begin_object().key("fingerprint").text(vectors.fingerprint);
  json->key("dimension").number(vectors.dimension);
  if (vectors.base != vectors.fingerprint) {
    json->key("base").text(vectors.base);
    json->key("base_dimension").number(vectors.base_dimension);
  }
  json->key("precision").text(name_of(vectors.precision));
  if (!vectors.settings.empty()) json->key("settings").json(vectors.settings);
  json->end_object();
}

// preprocessing_steps: {params: {embedding: {...}}}.
Status read_steps(const Json& json, DatasetColumn* column) {
  constexpr std::array<std::string_view, 1> kSteps = {"params"};
  constexpr std::array<std::string_view, 1> kParams = {"embedding"};
  return read_members(json, kSteps, [&](std::string_view, const Json& params) {
    return read_members(params, kParams, [&](std::string_view, const Json& value) -> Status {
      COLVEC_ASSIGN(column->embedding, read_embedding_step(value));
      return {};
    });
  });
}

Result<DatasetColumn> read_column(const Json& json) {
  constexpr std::array<std::string_view, 8> kKnown = {
      "name",           "type",   "is_primary_key", "is_target",
      "is_date_column", "active", "target",         "preprocessing_steps"};
  DatasetColumn column;
  COLVEC_TRY(read_members(json, kKnown, [&](std::string_view name, const Json& value) -> Status {
    if (name == "name") return read_text(value, &column.name);
    if (name == "type") return read_text(value, &column.type);
    if (name == "is_primary_key") return read_boolean(value, &column.is_primary_key);
    if (name == "is_target") return read_boolean(value, &column.is_target);
    if (name == "is_date_column") return read_boolean(value, &column.is_date_column);
    if (name == "preprocessing_steps") {
      Status read = read_steps(value, &column);
      return read || column.name.empty() ? read : at("column " + column.name, read.error());
    }
    COLVEC_ASSIGN((name == "active" ? column.active : column.target), read_vectors(value));
    return {};
  }));
  if (column.name.empty()) return json.wrong("a column needs a name");
  return column;
}

Status read_columns(const Json& json, std::vector<DatasetColumn>* columns) {
  if (!json.is_array() || json.size() == 0 || json.size() > kColumnsMax)
    return json.wrong("must be a list of columns");
  for (std::size_t i = 0; i < json.size(); ++i) {
    COLVEC_ASSIGN(columns->emplace_back(), read_column(json.element(i)));
  }
  return {};
}

Status read_source(const Json& json, DatasetSource* source) {
  constexpr std::array<std::string_view, 2> kKnown = {"path", "table"};
  std::string path;
  COLVEC_TRY(read_members(json, kKnown, [&](std::string_view name, const Json& value) -> Status {
    return read_text(value, name == "path" ? &path : &source->table);
  }));
  if (path.empty()) return json.wrong("must have a path");
  if (const Status checked = check_no_keys(path); !checked)
    return at(json.where(), checked.error());
  source->path = path;
  return {};
}

Status read_remote(const Json& json, std::string* remote) {
  COLVEC_TRY(read_text(json, remote));
  const Status checked = check_no_keys(*remote);
  return checked ? checked : at(json.where(), checked.error());
}

Status read_root(const Json& json, Dataset* dataset) {
  constexpr std::array<std::string_view, 7> kKnown = {
      "format_version", "name", "revision", "source", "columns", "remote", "sync"};
  return read_members(json, kKnown, [&](std::string_view name, const Json& value) -> Status {
    if (name == "name") return read_text(value, &dataset->name);
    if (name == "revision") return read_whole(value, 0, kRevisionMax, &dataset->revision);
    if (name == "source") return read_source(value, &dataset->source);
    if (name == "columns") return read_columns(value, &dataset->columns);
    if (name == "remote") return read_remote(value, &dataset->remote);
    if (name == "sync") return read_word(value, kSyncModes, &dataset->sync);
    std::size_t version = 0;
    COLVEC_TRY(read_whole(value, 0, kRevisionMax, &version));
    if (version == kFormatVersion) return {};
    return fail(ErrorCode::kUnsupported, json.where() + ": format_version " +
                                             std::to_string(version) + "; this colvec knows " +
                                             std::to_string(kFormatVersion));
  });
}

Status check_folder_name(const std::string& name, const std::string& field) {
  if (encode_file_name(name).size() <= kNameBytesMax) return {};
  return fail(ErrorCode::kInvalidArgument,
              field +
                  "too long for the name of a folder: at most 200 bytes, three for each byte "
                  "that is no letter or digit: " +
                  name);
}

Status check_name(const std::string& name, const std::string& where) {
  const bool has_control = std::any_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (name.empty() || has_control || !is_valid_utf8(name))
    return fail(ErrorCode::kInvalidArgument,
                where + ": name: must be 1 to 200 bytes of text on one line: " + name);
  return check_folder_name(name, where + ": name: ");
}

// "no such column: x (there: a, b)"; of many columns the first.
std::string no_such(const Dataset& dataset, std::string_view column) {
  constexpr std::size_t kNamedMax = 20;
  std::string there;
  for (std::size_t i = 0; i < std::min(dataset.columns.size(), kNamedMax); ++i)
    there += (i == 0 ? "" : ", ") + dataset.columns[i].name;
  if (dataset.columns.size() > kNamedMax) there += ", ...";
  return "no such column: " + std::string(column) + " (there: " + there + ")";
}

// Columns that are checked against each other, without the source.
Status check_columns(const Dataset& dataset, const std::string& where) {
  std::set<std::string> seen;
  for (const DatasetColumn& column : dataset.columns)
    if (!seen.insert(column.name).second)
      return fail(ErrorCode::kInvalidArgument, where + ": column " + column.name + ": named twice");
  for (const DatasetColumn& column : dataset.columns) {
    if (!column.embedding) continue;
    const std::string field = where + ": column " + column.name + ": embedding: ";
    COLVEC_TRY(check_folder_name(column.name, field + "name: "));
    const auto check_known = [&](const std::string& setting, const std::string& name) -> Status {
      if (dataset.find(name) != nullptr) return {};
      return fail(ErrorCode::kInvalidArgument, field + setting + ": " + no_such(dataset, name));
    };
    if (!column.embedding->text_column.empty())
      COLVEC_TRY(check_known("text_column", column.embedding->text_column));
    for (const std::string& key : column.embedding->primary_key_column)
      COLVEC_TRY(check_known("primary_key_column", key));
    const bool has_flag = std::any_of(dataset.columns.begin(), dataset.columns.end(),
                                      [](const DatasetColumn& c) { return c.is_primary_key; });
    if (column.embedding->primary_key_column.empty() && !has_flag)
      return fail(ErrorCode::kInvalidArgument,
                  field + "primary_key_column: missing: name it, or flag columns is_primary_key");
  }
  return {};
}

}  // namespace

Result<const DatasetColumn*> Dataset::column(std::string_view column) const {
  if (const DatasetColumn* const found = find(column)) return found;
  return fail(ErrorCode::kNotFound, "dataset " + name + ": " + no_such(*this, column));
}

const DatasetColumn* Dataset::find(std::string_view column) const {
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [&](const DatasetColumn& c) { return c.name == column; });
  return found == columns.end() ? nullptr : &*found;
}

DatasetColumn* Dataset::find(std::string_view column) {
  return const_cast<DatasetColumn*>(std::as_const(*this).find(column));
}

Result<Dataset> parse_dataset(std::string_view json, const std::string& where) {
  COLVEC_ASSIGN(const Json parsed, Json::parse(json, where));
  Dataset dataset;
  COLVEC_TRY(read_root(parsed, &dataset));
  COLVEC_TRY(check_name(dataset.name, where));
  if (dataset.source.path.empty())
    return fail(ErrorCode::kInvalidArgument, where + ": missing key: source");
  if (dataset.columns.empty())
    return fail(ErrorCode::kInvalidArgument, where + ": missing key: columns");
  COLVEC_TRY(check_columns(dataset, where));
  return dataset;
}

std::string to_json(const Dataset& dataset) {
  JsonWriter json(JsonWriter::Form::kIndented);
  json.begin_object().key("format_version").number(kFormatVersion);
  json.key("name").text(dataset.name).key("revision").number(dataset.revision);
  json.key("source").begin_object().key("path").text(dataset.source.path.string());
  if (!dataset.source.table.empty()) json.key("table").text(dataset.source.table);
  json.end_object().key("columns").begin_list();
  for (const DatasetColumn& column : dataset.columns) {
    json.begin_object().key("name").text(column.name);
    if (!column.type.empty()) json.key("type").text(column.type);
    if (column.is_primary_key) json.key("is_primary_key").boolean(true);
    if (column.is_target) json.key("is_target").boolean(true);
    if (column.is_date_column) json.key("is_date_column").boolean(true);
    if (column.embedding) {
      json.key("preprocessing_steps").begin_object().key("params").begin_object().key("embedding");
      write_embedding_step(*column.embedding, &json);
      json.end_object().end_object();
    }
    for (const auto& [key, vectors] :
         {std::pair{"active", &column.active}, std::pair{"target", &column.target}}) {
      if (!*vectors) continue;
      json.key(key);
      write_vectors(**vectors, &json);
    }
    json.end_object();
  }
  json.end_list();
  if (!dataset.remote.empty()) json.key("remote").text(dataset.remote);
  if (dataset.sync == SyncMode::kAuto) json.key("sync").text("auto");
  return json.end_object().take();
}

}  // namespace colvec
