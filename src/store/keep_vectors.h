// Keeps the vectors that keys need, when a sync takes vectors out or brings keys in.
//
// One store forgets a text that no key of its own has any more; another has given the text to a key
// meanwhile, and left the vector out, because it was there. Where the two come together, the rows
// are written once more, before their files go, or before the keys come.
//
// Thread-safety: thread-compatible. Errors: those of AppendTable.
#pragma once

#include <cstdint>
#include <vector>

#include "colvec/error.h"
#include "store/column_store.h"
#include "store/log_history.h"

namespace colvec {

// Writes the rows of `sources` whose text hash is in `keys` and in none of `staying`, each once for
// each model and precision, in a commit of their own. All are files that are on the disk; `staying`
// and `sources` of the table of vectors. Returns the rows.
Result<std::uint64_t> keep_vectors(ColumnStore& store, const std::vector<AddFile>& keys,
                                   const std::vector<AddFile>& staying,
                                   const std::vector<AddFile>& sources);

// The commitId of one that took rows out in the log `of` and is not held by the log `by`; "": none.
std::string unknown_erasure(const LogHistory& of, const LogHistory& by);

}  // namespace colvec
