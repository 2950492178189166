#include "job/refresh_state.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <system_error>

#include "base/hash.h"
#include "base/json_writer.h"
#include "colvec/version.h"
#include "encode/model_place.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

// Files of a model folder that are looked at; a folder with more is something else.
constexpr std::size_t kModelFilesMax = 1000;

std::string stamp_of(const fs::path& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) return "";
  return fmt::format("{} {} {} {}.{}", file.string(), info.st_ino, info.st_size,
                     info.st_ctim.tv_sec, info.st_ctim.tv_nsec);
}

std::string model_stamp(const std::string& model) {
  const Result<fs::path> folder = find_model_folder(model);
  if (!folder) return model;
  std::error_code error;
  std::vector<std::string> stamps;
  for (auto file = fs::recursive_directory_iterator(*folder, error);
       !error && file != fs::recursive_directory_iterator() && stamps.size() < kModelFilesMax;
       file.increment(error))
    if (file->is_regular_file(error)) stamps.push_back(stamp_of(file->path()));
  std::sort(stamps.begin(), stamps.end());
  std::string all;
  for (const std::string& stamp : stamps) all += stamp + "\n";
  return all;
}

Result<std::string> store_versions(Database& database, const fs::path& folder) {
  const auto store = ColumnStore::open(local_file_system(), database, folder);
  if (!store && store.error().code == ErrorCode::kNotFound) return std::string("none");
  if (!store) return tl::make_unexpected(store.error());
  COLVEC_ASSIGN(const StoreView view, (*store)->view());
  return fmt::format("{} {}", view.vectors.version.value_or(0),
                     view.keys ? static_cast<std::int64_t>(view.keys->version.value_or(0)) : -1);
}

}  // namespace

Result<std::string> refresh_state(Database& database, const std::vector<ColumnSetup>& columns,
                                  const std::string& digest) {
  JsonWriter json;
  json.begin_object().key("engine").text(version()).key("source").text(digest);
  json.key("columns").begin_list();
  for (const ColumnSetup& column : columns) {
    Result<std::string> versions = store_versions(database, column.store);
    // What is kept is left out of the table where it cannot be read: that is found then.
    if (!versions && column.is_kept) versions = "unreadable";
    if (!versions) return tl::make_unexpected(std::move(versions).error());
    json.begin_object().key("column").text(column.column);
    json.key("step").json(to_json(column.step)).key("text").text(column.columns.text);
    json.key("key").text(key_columns_json(column.columns.key));
    json.key("store").text(*versions);
    if (column.is_kept)
      json.key("kept").text(column.active->fingerprint);
    else
      json.key("model").text(model_stamp(column.model));
    json.end_object();
  }
  // The whole would be long: only whether it is the same counts.
  return text_hash(json.end_list().end_object().take());
}

std::vector<ColumnRun> unchanged_columns(const DatasetRun& last) {
  std::vector<ColumnRun> columns;
  for (const ColumnRun& column : last.columns)
    columns.push_back({.column = column.column,
                       .model = column.model,
                       .vectors = column.vectors,
                       .rows = column.rows,
                       .rows_with_text = column.rows_with_text,
                       .distinct_texts = column.distinct_texts,
                       .issues = column.issues,
                       .examples = column.examples,
                       .policy_errors = column.policy_errors,
                       .explained_variance = column.explained_variance});
  return columns;
}

}  // namespace colvec
