// What a refresh depends on, as text: if it is the same as after the last complete run, nothing has
// changed and nothing is to be done.
//
// It holds the digest of the source, the settings of the columns, the versions of their stores, and
// of each model's files names, sizes and times of change (as the file system has them: a write
// changes ctime, which nobody can set). Of a column that is kept, its vectors in the place of the
// model.
//
// Thread-safety: thread-safe. Errors: those of the store, unless it is one of a column that is
// kept.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "colvec/dataset.h"
#include "colvec/error.h"
#include "colvec/refresh.h"
#include "duck/database.h"
#include "job/column_refresh.h"

namespace colvec {

// `digest` is that of the source (dataset/source_rows.h).
Result<std::string> refresh_state(Database& database, const std::vector<ColumnSetup>& columns,
                                  const std::string& digest);

// What a run that finds nothing changed says of its columns: how they are, not what `last` did.
std::vector<ColumnRun> unchanged_columns(const DatasetRun& last);

}  // namespace colvec
