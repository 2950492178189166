#include "dataset/merge_dataset.h"

#include <algorithm>
#include <vector>

namespace colvec {
namespace {

// A column without what refreshes write.
DatasetColumn settings_of(DatasetColumn column) {
  column.active.reset();
  column.target.reset();
  return column;
}

std::string shown(const std::optional<DatasetColumn>& column) {
  if (!column) return "no such column";
  std::string text = column->embedding ? to_json(*column->embedding) : "no embedding step";
  if (column->is_primary_key) text += ", primary key";
  if (column->is_target) text += ", target";
  if (column->is_date_column) text += ", date";
  return text;
}

std::string shown(const std::optional<ColumnVectors>& vectors) {
  return vectors ? "vectors of fingerprint " + vectors->fingerprint.substr(0, 16) : "no vectors";
}

template <typename T>
Result<T> merge(const std::optional<T>& base, const T& ours, const T& theirs, SettingsOf keep,
                const std::string& where) {
  if (ours == theirs || (base && *base == theirs)) return ours;
  if (base && *base == ours) return theirs;
  if (keep == SettingsOf::kOurs) return ours;
  if (keep == SettingsOf::kTheirs) return theirs;
  return fail(ErrorCode::kConflict, where +
                                        ": was changed here and there since the last sync: say "
                                        "--settings ours or --settings theirs (here: " +
                                        shown(ours) + "; there: " + shown(theirs) + ")");
}

std::optional<DatasetColumn> find(const Dataset* dataset, const std::string& name) {
  const DatasetColumn* const column = dataset == nullptr ? nullptr : dataset->find(name);
  return column == nullptr ? std::nullopt : std::optional(*column);
}

std::optional<DatasetColumn> settings_of(const std::optional<DatasetColumn>& column) {
  return column ? std::optional(settings_of(*column)) : std::nullopt;
}

// The names of both, those of one side where they belong between those of the other or at the end.
std::vector<std::string> names_of(const Dataset* base, const Dataset& ours, const Dataset& theirs) {
  const auto list = [](const Dataset& dataset) {
    std::vector<std::string> names;
    for (const DatasetColumn& column : dataset.columns) names.push_back(column.name);
    return names;
  };
  std::vector<std::string> names = list(ours);
  std::vector<std::string> others = list(theirs);
  if (base != nullptr && names == list(*base)) std::swap(names, others);
  for (const std::string& name : others)
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  return names;
}

}  // namespace

Result<Dataset> merge_datasets(const Dataset* base, const Dataset& ours, const Dataset& theirs,
                               SettingsOf keep) {
  Dataset merged = ours;
  merged.columns.clear();
  for (const std::string& name : names_of(base, ours, theirs)) {
    const auto before = find(base, name), here = find(&ours, name), there = find(&theirs, name);
    const std::string where = "dataset " + ours.name + ": column " + name;
    using Settings = std::optional<DatasetColumn>;
    // A column that both sides have, but never had together, is compared like any other.
    const auto known =
        base == nullptr ? std::optional<Settings>() : std::optional(settings_of(before));
    COLVEC_ASSIGN(Settings column,
                  merge<Settings>(known, settings_of(here), settings_of(there), keep, where));
    if (!column) continue;
    using Vectors = std::optional<ColumnVectors>;
    const Vectors active_here = here ? here->active : std::nullopt;
    const Vectors active_there = there ? there->active : std::nullopt;
    if (!active_here || !active_there) {
      column->active = active_here ? active_here : active_there;
    } else {
      const auto active_before = before ? std::optional<Vectors>(before->active) : std::nullopt;
      COLVEC_ASSIGN(column->active,
                    merge<Vectors>(active_before, active_here, active_there, keep, where));
    }
    if (here) column->target = here->target;
    merged.columns.push_back(std::move(*column));
  }
  return merged;
}

Dataset shared_part(const Dataset& dataset) {
  Dataset shared = dataset;
  shared.revision = 0;
  shared.remote.clear();
  shared.sync = SyncMode::kManual;
  for (DatasetColumn& column : shared.columns) column.target.reset();
  return shared;
}

}  // namespace colvec
