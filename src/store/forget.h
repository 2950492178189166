// Erases keys, and the texts and vectors that no other key has.
//
// Keys go first, then vectors: a kill between the two leaves vectors that no key has, and the same
// call again takes them out. A key that another writer adds meanwhile with one of these texts gets
// its vector back. With `now`, every file that holds one of the erased rows is deleted, also those
// of earlier versions and of keys that were put aside; without it, vacuum deletes them when their
// time has come.
//
// What remains: the log holds no values of keys and no texts, but the hash of a text may stand
// there as the bound of a file. A file that no version names and that is younger than a week may
// belong to a writer at work: it stays until vacuum.
//
// Thread-safety: thread-compatible; other processes may use the store. Errors: kUnsupported: a
// store without keys; kInvalidArgument: not one expression, or one with a subquery; those of
// AppendTable.
#pragma once

#include <string>

#include "colvec/error.h"
#include "colvec/store.h"
#include "store/column_store.h"

namespace colvec {

// `where` sees the key columns, under their own names, and nothing else.
Result<StoreForgotten> forget(ColumnStore& store, const std::string& where, bool now);

}  // namespace colvec
