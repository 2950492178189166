// How long the texts of a store are, counted from the vectors' own columns.
//
// Thread-safety: thread-compatible. Errors: those of Connection.
#pragma once

#include "colvec/error.h"
#include "colvec/store.h"
#include "store/column_store.h"

namespace colvec {

Result<StoreTokens> token_figures(ColumnStore& store, const StoreView& view, const VectorSet& set);

}  // namespace colvec
