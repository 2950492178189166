// Changes the flags and the embedding step of a column, and checks the result before anything is
// saved: against the other columns, the source and the model.
#include <fmt/format.h>

#include "colvec/dataset.h"
#include "dataset/source_columns.h"
#include "job/dataset_columns.h"
#include "job/step_encoder.h"

namespace colvec {

Result<Dataset> change_column(const std::filesystem::path& home, const Dataset& dataset,
                              std::string_view name, const ColumnChange& change,
                              const OpenEncoder& open) {
  Dataset changed = dataset;
  DatasetColumn* column = changed.find(name);
  if (column == nullptr) {
    // The source may have it since the dataset was added.
    COLVEC_ASSIGN(const DatasetColumn found, column_of_source(home, dataset, name));
    // The source does not mind the case; callers find the column by the name that they gave.
    if (change.remove_step || found.name != name)
      return fail(ErrorCode::kNotFound,
                  fmt::format("dataset {}: no such column: {} (the source has {})", dataset.name,
                              name, found.name));
    column = &changed.columns.emplace_back(found);
  }
  column->is_primary_key = change.is_primary_key.value_or(column->is_primary_key);
  column->is_target = change.is_target.value_or(column->is_target);
  column->is_date_column = change.is_date_column.value_or(column->is_date_column);
  if (change.remove_step) column->embedding.reset();
  if (!change.step.empty()) {
    COLVEC_ASSIGN(column->embedding, change_step(column->embedding, change.step, column->name));
  }
  // Without its settings, nothing tells that the former projection is that of the step.
  if (change.refit && column->active) column->active->settings.clear();
  if (change.refit || !column->embedding) column->target.reset();

  COLVEC_TRY(parse_dataset(to_json(changed), "dataset " + dataset.name));
  COLVEC_TRY(check_change(home, dataset, changed));
  if (change.step.empty()) return changed;
  // A precision that was asked for is tried; auto stands for one that always works.
  const EmbeddingStep& step = *column->embedding;
  const std::string where = "column " + column->name + ": embedding: ";
  Result<std::unique_ptr<Encoder>> encoder =
      open(model_of(home, step), step_encoder_options(step, step.precision, 0));
  if (!encoder) return at(where + "model", std::move(encoder).error());
  COLVEC_TRY(check_step_dimension((*encoder)->info(), column->name, step));
  return changed;
}

}  // namespace colvec
