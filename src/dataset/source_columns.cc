#include "dataset/source_columns.h"

#include "base/check.h"
#include "remote/staged_files.h"

namespace colvec {

Result<SourceTable> open_dataset_source(Connection& connection, const std::filesystem::path& path,
                                        const DatasetSource& source) {
  return open_source_table(connection,
                           {.path = path,
                            .table = source.table,
                            .path_setting = "source.path",
                            .table_setting = "source.table"},
                           kSourceCatalog);
}

Result<SourceTable> open_dataset_source(Connection& connection, const std::filesystem::path& home,
                                        const Dataset& dataset) {
  COLVEC_ASSIGN(const std::filesystem::path path,
                local_files(source_path(home, dataset), home / "sources"));
  return open_dataset_source(connection, path, dataset.source);
}

bool is_text_type(std::string_view type) {
  return type == "VARCHAR" || type == "JSON" || type.starts_with("ENUM");
}

const std::string& text_column_of(const EmbeddingStep& step, const std::string& column) {
  return step.text_column.empty() ? column : step.text_column;
}

std::vector<std::string> key_names_of(const Dataset& dataset, const EmbeddingStep& step) {
  if (!step.primary_key_column.empty()) return step.primary_key_column;
  std::vector<std::string> names;
  for (const DatasetColumn& column : dataset.columns)
    if (column.is_primary_key) names.push_back(column.name);
  return names;
}

Result<StepColumns> find_step_columns(const Dataset& dataset, const DatasetColumn& column,
                                      const SourceTable& source) {
  COLVEC_CHECK(column.embedding.has_value());
  const EmbeddingStep& step = *column.embedding;
  const std::string where = "column " + column.name + ": embedding: ";
  StepColumns found;
  COLVEC_ASSIGN(const SourceColumn text,
                source.column(text_column_of(step, column.name), where + "text_column"));
  if (!is_text_type(text.type))
    return fail(ErrorCode::kInvalidArgument, where + "text_column: " + text.name + " is " +
                                                 text.type + ": must be VARCHAR, JSON or an ENUM");
  found.text = text.name;
  const std::vector<std::string> keys = key_names_of(dataset, step);
  if (keys.empty())
    return fail(ErrorCode::kInvalidArgument,
                where + "primary_key_column: missing: name it, or flag columns is_primary_key");
  for (const std::string& name : keys) {
    COLVEC_ASSIGN(const SourceColumn key, source.column(name, where + "primary_key_column"));
    found.source_key.push_back({key.name, key.type});
  }
  Result<std::vector<KeyColumn>> stored = key_columns_of(found.source_key);
  if (!stored) return at(where + "primary_key_column", std::move(stored).error());
  found.key = std::move(*stored);
  return found;
}

Status check_against_source(const std::filesystem::path& home, const Dataset& dataset) {
  COLVEC_ASSIGN(Database database, Database::open({}));
  COLVEC_ASSIGN(Connection connection, database.connect());
  COLVEC_ASSIGN(const SourceTable source, open_dataset_source(connection, home, dataset));
  for (const DatasetColumn& column : dataset.columns) {
    COLVEC_TRY(source.column(column.name, "columns"));
    if (column.embedding) COLVEC_TRY(find_step_columns(dataset, column, source));
  }
  return {};
}

}  // namespace colvec
