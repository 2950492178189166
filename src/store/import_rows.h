// Takes vectors that were made elsewhere into a store.
//
// Thread-safety: thread-compatible. Errors: see import_to_store() in colvec/store.h.
#pragma once

#include "colvec/error.h"
#include "colvec/store.h"
#include "store/column_store.h"

namespace colvec {

// Where the rows of an import come from.
struct ImportSource {
  std::string from;                    // SQL that can follow FROM.
  std::string row_number;              // As row_number_of() gives it.
  std::vector<KeyColumn> key_columns;  // As the store keeps them.
};

// Opens the input and looks at its columns.
Result<ImportSource> open_import(Connection& connection, const StoreImport& import);

// Checks all rows, then appends them; the store has the source's key columns.
Result<StoreImported> import_rows(ColumnStore& store, const ImportSource& source,
                                  const StoreImport& import);

}  // namespace colvec
