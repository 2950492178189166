// The source of a dataset, and what its embedding steps need of it.
//
// Thread-safety: thread-compatible. Errors: kNotFound, kInvalidArgument, kUnsupported, with column,
// field, value and what is allowed; those of open_source_table().
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "colvec/dataset.h"
#include "colvec/error.h"
#include "duck/source_table.h"
#include "store/key_columns.h"

namespace colvec {

// The catalog that a database as a source is attached as.
inline constexpr std::string_view kSourceCatalog = "source_db";

// `path` is that of the source, resolved.
Result<SourceTable> open_dataset_source(Connection& connection, const std::filesystem::path& path,
                                        const DatasetSource& source);
// That of a dataset of the home. One in a bucket is staged in <home>/sources first; `cancel`, which
// may be null, stops that (kCancelled).
Result<SourceTable> open_dataset_source(Connection& connection, const std::filesystem::path& home,
                                        const Dataset& dataset,
                                        const CancelToken* cancel = nullptr);

// Whether a column of this type can be embedded.
bool is_text_type(std::string_view type);

// The column with the text of the step of `column`.
const std::string& text_column_of(const EmbeddingStep& step, const std::string& column);
// The key columns of a step: its own, else the flagged ones; empty where there are none.
std::vector<std::string> key_names_of(const Dataset& dataset, const EmbeddingStep& step);

// What a step reads of the source.
struct StepColumns {
  std::string text;                   // The column with the text, as the source spells it.
  std::vector<KeyColumn> source_key;  // The key columns, with the source's names and types.
  std::vector<KeyColumn> key;         // The same as the store keeps them.
};
Result<StepColumns> find_step_columns(const Dataset& dataset, const DatasetColumn& column,
                                      const SourceTable& source);

// check_against_source() of a dataset that was `before`: a step that the change leaves as it was,
// and that did not fit the source before either, is not held against it.
Status check_change(const std::filesystem::path& home, const Dataset& before, const Dataset& after);

// A column of the source as a dataset would have it.
Result<DatasetColumn> column_of_source(const std::filesystem::path& home, const Dataset& dataset,
                                       std::string_view name);

}  // namespace colvec
