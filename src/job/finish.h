// What is left to do once all rows are embedded, each step one transaction: a kill between two of
// them is made good by the next run.
//
// Thread-safety: thread-compatible. Errors: those of Connection.
#pragma once

#include <cstdint>

#include "colvec/error.h"
#include "colvec/table_job.h"
#include "duck/database.h"
#include "job/output.h"

namespace colvec {

// Puts the staged vectors of changed rows in the place of the old ones and drops the staging table.
Status swap_staged_rows(Connection& connection, const TableJobConfig& config, const Output& output);

// Deletes rows of the output and its issues whose id the input no longer has; returns how many
// rows.
Result<std::uint64_t> remove_deleted_rows(Connection& connection, const TableJobConfig& config,
                                          const Output& output);

// kConflict: rows of the output that a rebuild replaces would be lost, since the input no longer
// has them, and on_delete keeps such rows.
Status check_rebuild_keeps_rows(Connection& connection, const TableJobConfig& config,
                                const Output& output);

// Puts the rebuilt tables in the place of the old ones.
Status swap_rebuilt_tables(Connection& connection, const Output& output);

}  // namespace colvec
