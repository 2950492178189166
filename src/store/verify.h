// Looks for damage in a store: its logs, checkpoints, data files, rows and models.
//
// A store that cannot be opened can still be looked at: each log is read entry by entry, and what
// cannot be read is a problem with the name of its file. Damage to one file does not hide the rest:
// entries that can be read are taken in, files that are whole are looked into. Rows are looked at
// by queries that spill; no more than a name for each file is held in memory.
//
// Other processes may use the store meanwhile; what they add is seen or not.
//
// Thread-safety: thread-safe. Errors: kNotFound: no store there; kIo: the disk, in what is needed
// to look at anything.
#pragma once

#include <filesystem>

#include "colvec/error.h"
#include "colvec/store.h"
#include "duck/database.h"
#include "store/file_system.h"

namespace colvec {

Result<StoreVerified> verify_store(FileSystem& files, Database& database,
                                   const std::filesystem::path& folder);

}  // namespace colvec
