#include "dataset/source_columns.h"

#include "base/check.h"
#include "duck/file_table.h"
#include "remote/staged_files.h"

namespace colvec {
namespace {

bool is_saved(const Dataset& dataset) { return dataset.revision > 0; }

// A column that a step reads. One that the source has no longer may only be called otherwise.
Result<SourceColumn> read_column(const Dataset& dataset, const SourceTable& source,
                                 const std::string& name, const std::string& setting) {
  Result<SourceColumn> column = source.column(name, setting);
  if (!column && is_saved(dataset) && dataset.find(name) != nullptr)
    column.error().message +=
        "; if it was renamed: colvec column rename " + dataset.name + " " + name + " NEW_NAME";
  return column;
}

}  // namespace

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
                                        const Dataset& dataset, const CancelToken* cancel) {
  COLVEC_ASSIGN(const std::filesystem::path path,
                local_files(source_path(home, dataset), home / "sources", cancel));
  Result<SourceTable> source = open_dataset_source(connection, path, dataset.source);
  if (!source && source.error().code == ErrorCode::kNotFound && is_saved(dataset))
    source.error().message +=
        "; if it is elsewhere now: colvec dataset set " + dataset.name + " --source PATH";
  return source;
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
  COLVEC_ASSIGN(
      const SourceColumn text,
      read_column(dataset, source, text_column_of(step, column.name), where + "text_column"));
  if (!is_text_type(text.type))
    return fail(ErrorCode::kInvalidArgument, where + "text_column: " + text.name + " is " +
                                                 text.type + ": must be VARCHAR, JSON or an ENUM");
  found.text = text.name;
  const std::vector<std::string> keys = key_names_of(dataset, step);
  if (keys.empty())
    return fail(ErrorCode::kInvalidArgument,
                where + "primary_key_column: missing: name it, or flag columns is_primary_key");
  for (const std::string& name : keys) {
    COLVEC_ASSIGN(const SourceColumn key,
                  read_column(dataset, source, name, where + "primary_key_column"));
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
  if (!dataset.source.table.empty() && is_file_table(dataset.source.path))
    return fail(ErrorCode::kInvalidArgument, "source.table: " + dataset.source.table +
                                                 ": only a DuckDB file has tables; the source is " +
                                                 dataset.source.path.string());
  for (const DatasetColumn& column : dataset.columns) {
    // What the source has lost since then, and no step reads, is in nobody's way.
    if (!is_saved(dataset)) COLVEC_TRY(source.column(column.name, "columns"));
    if (column.embedding) COLVEC_TRY(find_step_columns(dataset, column, source));
  }
  return {};
}

Status check_change(const std::filesystem::path& home, const Dataset& before,
                    const Dataset& after) {
  COLVEC_ASSIGN(Database database, Database::open({}));
  COLVEC_ASSIGN(Connection connection, database.connect());
  COLVEC_ASSIGN(const SourceTable source, open_dataset_source(connection, home, after));
  for (const DatasetColumn& column : after.columns) {
    if (!column.embedding) continue;
    Result<StepColumns> found = find_step_columns(after, column, source);
    if (found) continue;
    const DatasetColumn* const former = before.find(column.name);
    const bool is_as_it_was = former != nullptr && former->embedding == column.embedding;
    if (!is_as_it_was || find_step_columns(before, *former, source))
      return tl::make_unexpected(std::move(found).error());
  }
  return {};
}

Result<DatasetColumn> column_of_source(const std::filesystem::path& home, const Dataset& dataset,
                                       std::string_view name) {
  COLVEC_ASSIGN(Database database, Database::open({}));
  COLVEC_ASSIGN(Connection connection, database.connect());
  COLVEC_ASSIGN(const SourceTable source, open_dataset_source(connection, home, dataset));
  COLVEC_ASSIGN(const SourceColumn column,
                source.column(std::string(name), "dataset " + dataset.name));
  return DatasetColumn{.name = column.name, .type = column.type};
}

}  // namespace colvec
