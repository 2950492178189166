// Turns the columns of a dataset that have an embedding step into what a refresh works on, and
// writes down in it what the refresh comes to.
//
// Thread-safety: thread-safe. Errors: kNotFound, kInvalidArgument with column, field and value.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "colvec/dataset.h"
#include "colvec/refresh.h"
#include "duck/source_table.h"
#include "job/column_refresh.h"

namespace colvec {

// Whether `names` has the column; empty, they have all.
bool is_wanted(const DatasetColumn& column, const std::vector<std::string>& names);

// `names` are the columns to take; empty: all that have a step.
Result<std::vector<ColumnSetup>> set_up_columns(const std::filesystem::path& home,
                                                const Dataset& dataset, const SourceTable& source,
                                                const std::vector<std::string>& names);

// The same for a table that is written whole: beside them, and in the order of the dataset, the
// others that have vectors, as is_kept. One whose vectors cannot be had is left out, and noted;
// what is in the stores shows when they are looked up.
Result<std::vector<ColumnSetup>> set_up_table(const std::filesystem::path& home,
                                              const Dataset& dataset, const SourceTable& source,
                                              const std::vector<std::string>& names,
                                              std::vector<std::string>* notes);

// The note of a column that is left out, with why.
std::string note_left_out(const std::string& column, const Error& why);

// The same for the step as a call, without a dataset.
Result<std::vector<ColumnSetup>> set_up_columns(const std::vector<EmbedColumn>& columns,
                                                const SourceTable& source);

// The model of a step: a relative path of a folder is below the home.
std::string model_of(const std::filesystem::path& home, const EmbeddingStep& step);

// The stores of the other columns, those of former columns too.
std::vector<std::filesystem::path> sibling_stores(const ColumnSetup& setup);

// Writes down which vectors a column is being filled with, and at the end which it has, unless its
// settings were changed meanwhile.
Status note_vectors(const std::filesystem::path& home, std::string_view name,
                    const std::vector<std::unique_ptr<ColumnRefresh>>& columns, bool is_complete);

}  // namespace colvec
