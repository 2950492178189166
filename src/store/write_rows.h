// Writes the rows of a query in the format that a user asked for.
//
// Thread-safety: thread-compatible. Errors: kInvalidArgument for a format without its file;
// kConflict: a table of that name is in the database; kIo.
#pragma once

#include <cstdint>

#include "colvec/error.h"
#include "colvec/store.h"
#include "store/query_rows.h"

namespace colvec {

// How many rows were written. The output of `npy` has two parts: the matrix, and beside it
// <output>.jsonl with the other columns of each row.
Result<std::uint64_t> write_rows(Connection& connection, const QueryRows& rows,
                                 const StoreQuery& query);

}  // namespace colvec
