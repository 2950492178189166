#include "job/dataset_columns.h"

#include <algorithm>
#include <system_error>

#include "dataset/home.h"
#include "dataset/processed.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

Status check_names(const SourceTable& source, const std::vector<ColumnSetup>& setups) {
  std::vector<ProcessedVectors> added;
  for (const ColumnSetup& setup : setups)
    added.push_back({.name = setup.column + "_embedding", .explode = setup.step.explode});
  return check_processed_names(source.columns, added);
}

Status check_wanted(const Dataset& dataset, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const DatasetColumn* const column = dataset.find(name);
    if (column == nullptr)
      return fail(ErrorCode::kNotFound, "dataset " + dataset.name + ": no such column: " + name);
    if (!column->embedding)
      return fail(ErrorCode::kInvalidArgument,
                  "dataset " + dataset.name + ": column " + name + ": has no embedding step");
  }
  return {};
}

}  // namespace

std::string model_of(const fs::path& home, const EmbeddingStep& step) {
  std::error_code ignored;
  const fs::path below = home / step.model;
  const bool is_below = fs::path(step.model).is_relative() && fs::is_directory(below, ignored);
  return is_below ? below.string() : step.model;
}

Result<std::vector<ColumnSetup>> set_up_columns(const fs::path& home, const Dataset& dataset,
                                                const SourceTable& source,
                                                const std::vector<std::string>& names) {
  COLVEC_TRY(check_wanted(dataset, names));
  std::vector<ColumnSetup> setups;
  for (const DatasetColumn& column : dataset.columns) {
    const bool is_wanted =
        names.empty() || std::find(names.begin(), names.end(), column.name) != names.end();
    if (!column.embedding || !is_wanted) continue;
    ColumnSetup setup{.column = column.name,
                      .step = *column.embedding,
                      .index = setups.size(),
                      .store = store_folder(home, dataset.name, column.name),
                      .active = column.active,
                      .target = column.target};
    COLVEC_ASSIGN(setup.columns, find_step_columns(dataset, column, source));
    setup.model = model_of(home, *column.embedding);
    setup.siblings = embeddings_folder(home, dataset.name);
    setups.push_back(std::move(setup));
  }
  if (setups.empty())
    return fail(ErrorCode::kInvalidArgument,
                "dataset " + dataset.name +
                    ": no column has an embedding step (colvec column set gives it one)");
  COLVEC_TRY(check_names(source, setups));
  return setups;
}

Result<std::vector<ColumnSetup>> set_up_columns(const std::vector<EmbedColumn>& columns,
                                                const SourceTable& source) {
  std::vector<ColumnSetup> setups;
  for (const EmbedColumn& column : columns) {
    const DatasetColumn as_column{.name = column.column, .embedding = column.step};
    ColumnSetup setup{.column = column.column,
                      .step = column.step,
                      .model = column.step.model,
                      .index = setups.size(),
                      .store = column.store};
    COLVEC_ASSIGN(setup.columns, find_step_columns({}, as_column, source));
    setups.push_back(std::move(setup));
  }
  COLVEC_TRY(check_names(source, setups));
  return setups;
}

}  // namespace colvec
