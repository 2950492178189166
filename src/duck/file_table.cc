#include "duck/file_table.h"

#include <filesystem>
#include <string_view>
#include <system_error>

#include "base/check.h"

namespace colvec {
namespace {

// By the ending of the name, the function that reads the file. A new format is a row here.
struct FileFormat {
  std::string_view ending;
  std::string_view function;
  std::string_view options;
};
constexpr FileFormat kFormats[] = {
    {".parquet", "read_parquet", ""},
    {".csv", "read_csv", ""},
    {".csv.gz", "read_csv", ""},
    {".tsv", "read_csv", ""},
    {".jsonl", "read_json", ", format = 'newline_delimited'"},
    {".ndjson", "read_json", ", format = 'newline_delimited'"},
    {".jsonl.gz", "read_json", ", format = 'newline_delimited'"},
};

const FileFormat* format_of(const std::filesystem::path& path) {
  const std::string name = path.string();
  for (const FileFormat& format : kFormats)
    if (name.ends_with(format.ending)) return &format;
  return nullptr;
}

// The files that `path` names: a file of this very name, else all that fit the pattern, sorted.
Result<std::vector<std::string>> files_of(Connection& connection,
                                          const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored)) return std::vector<std::string>{path.string()};
  COLVEC_ASSIGN(const Rows found,
                connection.query("SELECT file FROM glob(" + quote_literal(path.string()) +
                                 ") ORDER BY file"));
  std::vector<std::string> files;
  for (std::size_t r = 0; r < found.size(); ++r) files.push_back(found.text(r, 0));
  return files;
}

}  // namespace

std::string quoted_list(const std::vector<std::string>& values) {
  std::string list;
  for (const std::string& value : values) list += (list.empty() ? "" : ", ") + quote_literal(value);
  return "[" + list + "]";
}

std::string pattern_of(std::string_view name) {
  std::string pattern;
  for (const char c : name) {
    const bool is_special = c == '*' || c == '?' || c == '[';
    pattern += is_special ? std::string("[") + c + "]" : std::string(1, c);
  }
  return pattern;
}

bool is_file_table(const std::filesystem::path& path) { return format_of(path) != nullptr; }

Result<FileTable> open_file_table(Connection& connection, const std::filesystem::path& path) {
  const FileFormat* format = format_of(path);
  COLVEC_CHECK(format != nullptr);
  FileTable table;
  COLVEC_ASSIGN(table.files, files_of(connection, path));
  if (table.files.empty()) return fail(ErrorCode::kNotFound, "no such file: " + path.string());
  // DuckDB takes each name for a pattern.
  std::vector<std::string> patterns;
  for (const std::string& file : table.files) patterns.push_back(pattern_of(file));
  table.from = std::string(format->function) + "(" + quoted_list(patterns) +
               std::string(format->options) + ")";
  return table;
}

}  // namespace colvec
