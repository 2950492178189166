#include "job/dataset_columns.h"

#include <algorithm>
#include <system_error>

#include "dataset/catalog.h"
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
    COLVEC_ASSIGN(const DatasetColumn* const column, dataset.column(name));
    if (!column->embedding)
      return fail(ErrorCode::kInvalidArgument,
                  "dataset " + dataset.name + ": column " + name + ": has no embedding step");
  }
  return {};
}

Result<ColumnSetup> set_up_column(const fs::path& home, const Dataset& dataset,
                                  const SourceTable& source, const DatasetColumn& column) {
  ColumnSetup setup{.column = column.name,
                    .step = *column.embedding,
                    .model = model_of(home, *column.embedding),
                    .store = store_folder(home, dataset.name, column.name),
                    .siblings = embeddings_folder(home, dataset.name),
                    .active = column.active,
                    .target = column.target};
  COLVEC_ASSIGN(setup.columns, find_step_columns(dataset, column, source));
  return setup;
}

Result<ColumnSetup> set_up_kept(const fs::path& home, const Dataset& dataset,
                                const SourceTable& source, const DatasetColumn& column) {
  COLVEC_ASSIGN(ColumnSetup setup, set_up_column(home, dataset, source, column));
  std::error_code ignored;
  if (!fs::exists(setup.store, ignored))
    return fail(ErrorCode::kNotFound, setup.store.string() + ": no store there");
  setup.is_kept = true;
  COLVEC_TRY(check_names(source, {setup}));
  return setup;
}

}  // namespace

bool is_wanted(const DatasetColumn& column, const std::vector<std::string>& names) {
  return names.empty() || std::find(names.begin(), names.end(), column.name) != names.end();
}

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
    if (!column.embedding || !is_wanted(column, names)) continue;
    COLVEC_ASSIGN(setups.emplace_back(), set_up_column(home, dataset, source, column));
    setups.back().index = setups.size() - 1;
  }
  if (setups.empty())
    return fail(ErrorCode::kInvalidArgument,
                "dataset " + dataset.name +
                    ": no column has an embedding step (colvec column set gives it one)");
  COLVEC_TRY(check_names(source, setups));
  return setups;
}

Result<std::vector<ColumnSetup>> set_up_table(const fs::path& home, const Dataset& dataset,
                                              const SourceTable& source,
                                              const std::vector<std::string>& names,
                                              std::vector<std::string>* notes) {
  COLVEC_ASSIGN(std::vector<ColumnSetup> wanted, set_up_columns(home, dataset, source, names));
  std::vector<ColumnSetup> setups;
  auto next = wanted.begin();
  for (const DatasetColumn& column : dataset.columns) {
    if (!column.embedding) continue;
    if (is_wanted(column, names)) {
      setups.push_back(std::move(*next++));
    } else if (column.active) {
      Result<ColumnSetup> kept = set_up_kept(home, dataset, source, column);
      if (!kept)
        notes->push_back(note_left_out(column.name, kept.error()));
      else
        setups.push_back(*std::move(kept));
    }
  }
  for (std::size_t i = 0; i < setups.size(); ++i) setups[i].index = i;
  return setups;
}

std::string note_left_out(const std::string& column, const Error& why) {
  const std::string where = "column " + column + ": ";
  const bool says_where = why.message.starts_with(where);
  return where + "its vectors are not in the table now: " +
         why.message.substr(says_where ? where.size() : 0);
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

std::vector<fs::path> sibling_stores(const ColumnSetup& setup) {
  std::vector<fs::path> siblings;
  const auto entries = local_file_system().list(setup.siblings);
  if (setup.siblings.empty() || !entries) return siblings;
  for (const FolderEntry& entry : *entries)
    if (entry.is_folder && setup.siblings / entry.name != setup.store)
      siblings.push_back(setup.siblings / entry.name);
  std::sort(siblings.begin(), siblings.end());
  return siblings;
}

Status note_vectors(const fs::path& home, std::string_view name,
                    const std::vector<std::unique_ptr<ColumnRefresh>>& columns, bool is_complete) {
  const Result<Dataset> changed = change_dataset(home, name, [&](Dataset* dataset) -> Status {
    for (const auto& refresh : columns) {
      DatasetColumn* const column = dataset->find(refresh->setup().column);
      if (column == nullptr || column->embedding != refresh->setup().step) continue;
      const ColumnVectors& target = refresh->target();
      const bool is_active = is_complete || column->active == target;
      if (is_active) column->active = target;
      column->target = is_active ? std::nullopt : std::optional(target);
    }
    return {};
  });
  return changed ? Status() : tl::make_unexpected(changed.error());
}

}  // namespace colvec
