// Finds the rows that are to be embedded: all of the input, less those that are done.
//
// A row is done when the output (or its staging table) holds its id with this text, or the issues
// hold it as skipped with this text. All comparisons run in DuckDB as joins, which spill; texts are
// compared by DuckDB's 64-bit hash(), computed in the query and never stored.
//
// Thread-safety: thread-compatible. Errors: those of Connection.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "colvec/error.h"
#include "colvec/table_job.h"
#include "duck/database.h"
#include "job/input.h"
#include "job/output.h"

namespace colvec {

struct Pending {
  std::uint64_t rows = 0;
  std::uint64_t changed = 0;  // Of these: ids that the output holds with another text.
  std::uint64_t distinct_texts = 0;
  bool is_listed = false;  // Whether the temporary table `pending` (k0..., changed) has their ids.
  // Reads (k0, ..., t, changed) of every pending row; see pending_rows() for the order.
  std::string sql;
};

// Drops from the staging table what no longer fits the input: rows that have changed again since.
Status clean_staging(Connection& connection, const TableJobConfig& config, const Output& output);

// Looks for the pending rows. Unless the output is empty, their ids are kept in the temporary table
// `pending`, so that reading them later holds no snapshot of the output.
Result<Pending> find_pending(Connection& connection, const TableJobConfig& config,
                             const Input& input, const Output& output);

// Makes the staging table, the view `staged` and sets output->has_staging.
Status create_staging(Connection& connection, const TableJobConfig& config, const Input& input,
                      Output* output);

// Makes the temporary table `pending` of all rows, where find_pending() had no need of it.
Status list_pending(Connection& connection, const TableJobConfig& config, Pending* pending);

// Gives pending rows whose text the output has already under another id that vector, in one
// transaction, and takes them out of `pending`. Returns how many. A text of which the output knows
// that it was cut short is left to be embedded unless on_truncate is keep. kCancelled: by `cancel`,
// which may be null, while it looks for them. REQUIRES: output.has_rows.
Result<std::uint64_t> reuse_written_vectors(Connection& connection, const TableJobConfig& config,
                                            const Input& input, const Output& output,
                                            const CancelToken* cancel);

// The issues that reuse_written_vectors() has copied, by kind. Call it after that.
Result<std::map<std::string, std::uint64_t>> count_copied_issues(Connection& connection,
                                                                 const TableJobConfig& config);

// Counts distinct texts and makes the query that reads the pending rows: ordered by the text's hash
// where more than 5 % of them are duplicates (with a store, where any are), so that equal texts
// meet; else as they come.
Status plan_reading(Connection& connection, const TableJobConfig& config, Pending* pending);

}  // namespace colvec
