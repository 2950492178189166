// What a table looks like, without making anything of it.
#include "base/json_writer.h"
#include "colvec/source.h"
#include "dataset/source_columns.h"
#include "duck/file_table.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kTablesMax = 1000;
constexpr std::size_t kValueBytesMax = 2000;

// At most kValueBytesMax bytes of a value, cut between two characters.
std::optional<std::string> shown(std::optional<std::string> value) {
  if (!value || value->size() <= kValueBytesMax) return value;
  std::size_t end = kValueBytesMax;
  while (end > 0 && (static_cast<unsigned char>((*value)[end]) & 0xC0) == 0x80) --end;
  value->resize(end);
  return *value + "...";
}

}  // namespace

bool is_table_file(const fs::path& path) { return is_file_table(path); }

Result<std::vector<fs::path>> source_files(const DatasetSource& source) {
  COLVEC_ASSIGN(Database database, Database::open({}));
  COLVEC_ASSIGN(Connection connection, database.connect());
  if (is_file_table(source.path)) {
    COLVEC_ASSIGN(const FileTable table, open_file_table(connection, source.path));
    return std::vector<fs::path>(table.files.begin(), table.files.end());
  }
  // A view that opens a file of its own meets the lock.
  const std::string path = source.path.string();
  COLVEC_TRY(allow_only(connection, {path, path + ".wal"}, {}));
  const Result<SourceTable> opened = open_dataset_source(connection, source.path, source);
  if (!opened && opened.error().message.find("disabled by configuration") != std::string::npos)
    return fail(ErrorCode::kUnsupported,
                path + ": " + source.table + ": is a view that reads other files");
  if (!opened) return tl::make_unexpected(opened.error());
  return std::vector<fs::path>{source.path};
}

Result<std::vector<std::string>> source_tables(const fs::path& path) {
  COLVEC_ASSIGN(Database database, Database::open({}));
  COLVEC_ASSIGN(Connection connection, database.connect());
  Status attached = attach(connection, path, kSourceCatalog, "TYPE duckdb, READ_ONLY");
  if (!attached) return at(path.string(), std::move(attached).error());
  COLVEC_ASSIGN(const Rows rows,
                connection.query("SELECT CASE table_schema WHEN 'main' THEN table_name"
                                 " ELSE table_schema || '.' || table_name END"
                                 " FROM information_schema.tables WHERE table_catalog = " +
                                 quote_literal(kSourceCatalog) + " ORDER BY 1 LIMIT " +
                                 std::to_string(kTablesMax)));
  std::vector<std::string> tables;
  for (std::size_t r = 0; r < rows.size(); ++r) tables.push_back(rows.text(r, 0));
  return tables;
}

Result<TablePreview> preview_source(const fs::path& home, const Dataset& dataset,
                                    std::size_t rows_max) {
  COLVEC_ASSIGN(Database database, Database::open({}));
  COLVEC_ASSIGN(Connection connection, database.connect());
  COLVEC_ASSIGN(const SourceTable table, open_dataset_source(connection, home, dataset));
  TablePreview preview;
  for (const SourceColumn& column : table.columns) {
    preview.columns.push_back(column.name);
    preview.types.push_back(column.type);
  }
  Result<Rows> rows =
      connection.query("SELECT * FROM " + table.from + " LIMIT " + std::to_string(rows_max));
  if (!rows) return at(table.shown, std::move(rows).error());
  for (std::size_t r = 0; r < rows->size(); ++r) {
    auto& line = preview.rows.emplace_back();
    for (std::size_t c = 0; c < rows->columns(); ++c) line.push_back(shown(rows->at(r, c)));
  }
  return preview;
}

std::string to_json(const TablePreview& preview) {
  JsonWriter json;
  json.begin_object().key("columns").begin_list();
  for (std::size_t c = 0; c < preview.columns.size(); ++c)
    json.begin_object()
        .key("name")
        .text(preview.columns[c])
        .key("type")
        .text(preview.types[c])
        .end_object();
  json.end_list().key("rows").begin_list();
  for (const auto& row : preview.rows) {
    json.begin_list();
    for (const auto& value : row) value ? json.text(*value) : json.null();
    json.end_list();
  }
  return json.end_list().end_object().take();
}

}  // namespace colvec
