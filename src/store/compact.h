// Puts small files together, so that readers open few.
//
// Of each model and precision, the files of fewer than half of kVectorRowsOfFile rows become as few
// as possible, sorted, each with a range of the hashes. Keys: the files of each bucket likewise,
// and where the table has kSpreadKeysMin keys or more, those of bucket NULL go to their buckets.
// Larger files stay: however often a store is compacted, a row is rewritten a few times only.
//
// Rows that are there twice (two replicas had embedded the same texts) are dropped, wherever they
// are. One commit for each model and precision, and one for the keys; none where there is nothing
// to do. Who appends meanwhile is not disturbed; of two compactions one starts again. Cancelled
// before it writes a file, it leaves the table that it is at as it was.
//
// Thread-safety: thread-compatible. Errors: those of AppendTable. Memory: a file's rows are sorted
// at a time, by DuckDB, which spills.
#pragma once

#include "colvec/cancel.h"
#include "colvec/error.h"
#include "colvec/store.h"
#include "store/column_store.h"

namespace colvec {

// `cancel` may be null.
Result<StoreCompacted> compact(ColumnStore& store, const CancelToken* cancel = nullptr);

}  // namespace colvec
