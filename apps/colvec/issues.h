// The rows of a column that have an issue, as `dataset refresh` and `dataset runs` show them.
#pragma once

#include "colvec/refresh.h"

namespace colvec::cli {

// To standard output: each kind with the number of its rows, and three of them.
void print_issues(const ColumnRun& column);

}  // namespace colvec::cli
