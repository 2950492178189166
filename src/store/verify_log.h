// Reads the log of a table as far as it can be read, and says what is wrong with it.
//
// Thread-safety: pure function. Errors: kIo, where the folder of the log cannot be listed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "colvec/error.h"
#include "colvec/store.h"
#include "duck/database.h"
#include "store/delta_snapshot.h"
#include "store/file_system.h"

namespace colvec {

struct ExaminedLog {
  DeltaSnapshot snapshot;                // Without a version: no table there.
  std::map<std::string, AddFile> named;  // All files that entries have ever added, by path.
  std::uint64_t vectors_version = 0;     // The newest that entries of the keys name.
};

// Adds problems and notes to `found`. After an entry that cannot be read, the replay goes on from
// the next checkpoint, or without it.
Result<ExaminedLog> examine_log(FileSystem& files, Connection& connection,
                                const std::filesystem::path& table, StoreVerified* found);

}  // namespace colvec
