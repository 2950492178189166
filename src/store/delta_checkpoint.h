// Saves the state of a Delta table as Parquet, so that readers need not replay all of the log, and
// reads such files, those of other writers too (also in several parts).
//
// Source: Delta Lake protocol, "Checkpoints" (V1 spec) and "Last Checkpoint File". Our files also
// have, as Parquet's key-value metadata, a hash of their actions, so that one that is damaged is
// not believed, and the timestamp of the version.
//
// Thread-safety: thread-compatible. Errors: kCorruption: not such a file, by name; kIo.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "colvec/error.h"
#include "duck/database.h"
#include "store/delta_snapshot.h"
#include "store/file_system.h"

namespace colvec {

// Versions between two checkpoints.
inline constexpr std::uint64_t kCheckpointInterval = 100;

// Writes <version>.checkpoint.parquet (under a temporary name, synced, renamed), then
// _last_checkpoint. Leaves out what was removed, and transactions of runs that ended, more than 7
// days before the version. Two writers of one version write the same. REQUIRES: snapshot.version.
Status write_checkpoint(FileSystem& files, Connection& connection,
                        const std::filesystem::path& log_folder, const DeltaSnapshot& snapshot);

// The newest usable checkpoint of at most `version_max`, replayed; nullopt where there is none.
// One that cannot be read is passed over. kUnsupported: a protocol that we do not speak.
Result<std::optional<DeltaSnapshot>> read_checkpoint(FileSystem& files, Connection& connection,
                                                     const std::filesystem::path& log_folder,
                                                     std::uint64_t version_max);

}  // namespace colvec
