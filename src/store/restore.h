// Makes the keys of a store those of an earlier version again, in a new commit.
//
// Vectors are never taken back: later ones stay. A text of the restored keys that has lost its
// vectors since (its last key was forgotten) gets them back from the files of that time, as an
// append; so no vector is ever there twice.
//
// Thread-safety: thread-compatible. Errors: kNotFound: no such version, or vacuum has deleted one
// of its files (by name); those of AppendTable.
#pragma once

#include <cstdint>

#include "colvec/error.h"
#include "store/column_store.h"

namespace colvec {

// The version of the keys that now shows them, which is the newest one if nothing had to be done.
// REQUIRES: store.has_keys().
Result<std::uint64_t> restore(ColumnStore& store, std::uint64_t version);

}  // namespace colvec
