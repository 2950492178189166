#include "duck/file_table.h"

#include <string_view>

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

}  // namespace

std::string quoted_list(const std::vector<std::string>& values) {
  std::string list;
  for (const std::string& value : values) list += (list.empty() ? "" : ", ") + quote_literal(value);
  return "[" + list + "]";
}

bool is_file_table(const std::filesystem::path& path) { return format_of(path) != nullptr; }

Result<FileTable> open_file_table(Connection& connection, const std::filesystem::path& path) {
  const FileFormat* format = format_of(path);
  COLVEC_CHECK(format != nullptr);
  COLVEC_ASSIGN(const Rows found,
                connection.query("SELECT file FROM glob(" + quote_literal(path.string()) +
                                 ") ORDER BY file"));
  if (found.empty()) return fail(ErrorCode::kNotFound, "no such file: " + path.string());
  FileTable table;
  for (std::size_t r = 0; r < found.size(); ++r) table.files.push_back(found.text(r, 0));
  table.from = std::string(format->function) + "(" + quoted_list(table.files) +
               std::string(format->options) + ")";
  return table;
}

}  // namespace colvec
