// Makes the folder of the example: a database from the shipped sample, and a config.json of the six
// keys.
#include "base/file.h"
#include "colvec/table_job.h"
#include "duck/database.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kConfig = R"({
  "input_db_path": "input.duckdb",
  "output_db_path": "output.duckdb",
  "input_table": "source_texts",
  "id_column": "document_id",
  "text_column": "content",
  "output_table": "embedded_texts"
}
)";

// Written under another name and renamed, so that an interrupted run leaves no half database.
Status make_database(const fs::path& path, const fs::path& sample) {
  const fs::path draft = path.string() + ".tmp";
  std::error_code ignored;
  fs::remove(draft, ignored);
  {
    COLVEC_ASSIGN(Database database, Database::open({}));
    COLVEC_ASSIGN(Connection connection, database.connect());
    COLVEC_TRY(attach(connection, draft, "example", "TYPE duckdb"));
    COLVEC_TRY(connection.execute("CREATE TABLE example.source_texts AS SELECT * FROM read_csv(" +
                                  quote_literal(sample.string()) + ", header = true)"));
  }
  fs::rename(draft, path, ignored);
  if (ignored) return fail(ErrorCode::kIo, path.string() + ": " + ignored.message());
  return {};
}

}  // namespace

Status make_example(const fs::path& dir, const fs::path& sample) {
  std::error_code error;
  fs::create_directories(dir, error);
  if (error) return fail(ErrorCode::kIo, dir.string() + ": " + error.message());
  if (!fs::exists(sample, error))
    return fail(ErrorCode::kNotFound, sample.string() + ": no such file");
  if (!fs::exists(dir / "input.duckdb", error))
    COLVEC_TRY(make_database(dir / "input.duckdb", sample));
  if (!fs::exists(dir / "config.json", error))
    COLVEC_TRY(replace_file(dir / "config.json", kConfig));
  return {};
}

}  // namespace colvec
