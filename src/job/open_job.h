// Opens the DuckDB instance that a job works in.
//
// Thread-safety: pure but for what it opens.
#pragma once

#include "colvec/table_job.h"
#include "duck/database.h"

namespace colvec {

// An in-memory database with the job's memory limit and threads, spilling beside the output, or in
// another folder.
// kInvalidArgument: memory_limit is not a size.
Result<Database> open_database_for(const TableJobConfig& config);
Result<Database> open_database_for(const TableJobConfig& config,
                                   const std::filesystem::path& spill);

}  // namespace colvec
