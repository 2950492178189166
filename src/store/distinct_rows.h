// Reads each row of a table once, where it may lie in two files.
//
// The files of one writer have no row in common: an append leaves out what is there. Replicas that
// embedded the same text at once have it twice after they were synced. A file that came so has a
// tag; the others have no row in common with each other. A compaction drops what is there twice,
// and the tags.
//
// Thread-safety: pure functions.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "store/delta_action.h"

namespace colvec {

// In add.tags: rows of this file may be in other live files of the table, too.
inline constexpr const char* kMayDouble = "mayDouble";

bool may_double(const AddFile& file);
bool any_may_double(const std::vector<const AddFile*>& files);

// SQL that can follow FROM: the rows of these files of one model and precision, one for each text
// hash, always the same one. `condition`, if not "", is SQL over text_hash that is true for the
// rows wanted. REQUIRES: at least one file.
std::string distinct_vectors_sql(const std::filesystem::path& folder,
                                 const std::vector<const AddFile*>& files,
                                 const std::string& condition);

// The same of keys, one for each key and text hash, with the time that it was seen first. `names`:
// the key columns, as SQL. REQUIRES: at least one file.
std::string distinct_keys_sql(const std::filesystem::path& folder,
                              const std::vector<const AddFile*>& files, const std::string& names);

}  // namespace colvec
