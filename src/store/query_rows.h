// Turns a StoreQuery into SQL over the store's tables.
//
// Keys, hashes and texts that are asked for become temporary tables, so that a million of them are
// a join; of few hashes the reader of Parquet learns the values, and skips the row groups that
// cannot have them.
//
// Thread-safety: thread-compatible. Errors: kInvalidArgument with the option that is wrong.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "colvec/error.h"
#include "colvec/store.h"
#include "store/column_store.h"

namespace colvec {

struct QueryRows {
  std::string select;                // The whole query.
  std::vector<std::string> columns;  // Names of what it gives, in order.
  std::size_t vector_column = 0;     // Of the embedding, where there is one.
  std::string wanted;                // Counts what was asked for and is not there; "" for nothing.
};

// The state of the store that `moment` names.
Result<StoreView> view_of(ColumnStore& store, const StoreMoment& moment);
// The vectors that `model` and `precision` (each may be "") name.
Result<VectorSet> set_of(ColumnStore& store, const StoreView& view, const std::string& model,
                         const std::string& precision);

Result<QueryRows> plan_query(ColumnStore& store, const StoreView& view, const VectorSet& set,
                             const StoreQuery& query);

}  // namespace colvec
