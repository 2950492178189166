// The picker of files: folders, tables and databases below the allowed roots.
#include <algorithm>
#include <chrono>
#include <system_error>

#include "answer.h"
#include "colvec/json_writer.h"
#include "colvec/source.h"
#include "handlers/handlers.h"
#include "parameters.h"

namespace colvec::server {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kEntriesMax = 5000;

struct Listing {
  std::vector<fs::directory_entry> folders;
  std::vector<fs::directory_entry> files;
  bool is_cut = false;
};

bool is_database(const fs::path& path) {
  return path.extension() == ".duckdb" || path.extension() == ".db" || path.extension() == ".ddb";
}

Result<Listing> list_folder(const App& app, const fs::path& folder) {
  Listing listing;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with('.')) continue;
    if (listing.folders.size() + listing.files.size() == kEntriesMax) {
      listing.is_cut = true;
      break;
    }
    // A link may lead out of the roots.
    std::error_code ignored;
    if (entry.is_symlink(ignored) && !app.paths.resolve(entry.path().string(), true)) continue;
    if (entry.is_directory(ignored))
      listing.folders.push_back(entry);
    else if (entry.is_regular_file(ignored) && (is_table_file(name) || is_database(name)))
      listing.files.push_back(entry);
  }
  if (error) return fail(ErrorCode::kIo, folder.string() + ": " + error.message());
  std::sort(listing.folders.begin(), listing.folders.end());
  std::sort(listing.files.begin(), listing.files.end());
  return listing;
}

void write_file(const fs::directory_entry& file, JsonWriter* json) {
  std::error_code error;
  const auto time = fs::file_time_type::clock::to_sys(file.last_write_time(error));
  json->begin_object().key("name").text(file.path().filename().string());
  json->key("path").text(file.path().string());
  json->key("kind").text(is_database(file.path()) ? "database" : "table");
  json->key("bytes").number(std::uint64_t{file.file_size(error)});
  json->key("modified_ms")
      .number(std::int64_t{
          std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count()});
  json->end_object();
}

void write_folder(const fs::path& path, const std::string& name, JsonWriter* json) {
  json->begin_object().key("name").text(name).key("path").text(path.string()).end_object();
}

// Without a path: the roots.
std::string roots_json(const App& app) {
  JsonWriter json;
  json.begin_object().key("path").null().key("parent").null().key("folders").begin_list();
  for (const fs::path& root : app.paths.roots()) write_folder(root, root.string(), &json);
  json.end_list().key("files").begin_list().end_list().key("tables").begin_list().end_list();
  return json.key("is_cut").boolean(false).end_object().take();
}

}  // namespace

Result<Response> list_files(App& app, const Request& request) {
  const std::string wanted = text_parameter(request, "path");
  if (wanted.empty()) return json_answer(roots_json(app));
  COLVEC_ASSIGN(const fs::path path, app.paths.resolve(wanted, true));
  std::error_code error;
  Listing listing;
  std::vector<std::string> tables;
  if (fs::is_directory(path, error)) {
    COLVEC_ASSIGN(listing, list_folder(app, path));
  } else if (fs::is_regular_file(path, error) && is_database(path)) {
    COLVEC_ASSIGN(tables, source_tables(path));
  } else {
    return fail(ErrorCode::kInvalidArgument,
                "path: must be a folder or a DuckDB file: " + path.string());
  }
  JsonWriter json;
  json.begin_object().key("path").text(path.string()).key("parent");
  const auto parent = app.paths.resolve(path.parent_path().string(), true);
  parent ? json.text(parent->string()) : json.null();
  json.key("folders").begin_list();
  for (const fs::directory_entry& folder : listing.folders)
    write_folder(folder.path(), folder.path().filename().string(), &json);
  json.end_list().key("files").begin_list();
  for (const fs::directory_entry& file : listing.files) write_file(file, &json);
  json.end_list().key("tables").texts(tables);
  return json_answer(json.key("is_cut").boolean(listing.is_cut).end_object().take());
}

}  // namespace colvec::server
