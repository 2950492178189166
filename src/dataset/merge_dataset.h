// Brings together what two homes changed of one dataset.json since they were equal.
//
// Compared is column by column: what a user has set (flags, the embedding step), and the vectors
// that are active. What only one side changed is taken; what both changed alike is no conflict.
// Vectors that one side has not made yet are taken from the other. Which vectors a refresh is
// filling in, the source, the remote and the mode of syncing stay those of `ours`.
//
// Thread-safety: pure functions. Errors: kConflict names column and both values.
#pragma once

#include <optional>

#include "colvec/dataset.h"
#include "colvec/dataset_sync.h"
#include "colvec/error.h"

namespace colvec {

// `base`: what both had when they were synced last; null where they never were.
Result<Dataset> merge_datasets(const Dataset* base, const Dataset& ours, const Dataset& theirs,
                               SettingsOf keep);

// What goes to a remote: without revision, remote, mode of syncing and what is being filled in.
Dataset shared_part(const Dataset& dataset);

}  // namespace colvec
