// What the entries of a table's log say of its past.
//
// Thread-safety: thread-compatible, as the log is. Errors: those of DeltaLog::commit_at().
// Cost: reads entries one by one, from the newest back, as far as it must.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "colvec/error.h"
#include "store/append_table.h"
#include "store/delta_log.h"

namespace colvec {

// The version of vectors that the newest commit up to `version` of the keys names; 0 where none
// does.
Result<std::uint64_t> recorded_vectors_version(DeltaLog& keys, std::uint64_t version);

// The commits that made these files live, by their commitIds, oldest first.
Result<std::vector<std::string>> commits_that_added(DeltaLog& log, std::set<std::string> paths);

// Files that commits after `version` took out so that rows of them went, too: all but compactions.
Result<std::vector<RemoveFile>> erased_since(DeltaLog& log, std::uint64_t version);

// The path of one of these files that is not on the disk; nullopt: all are.
Result<std::optional<std::filesystem::path>> missing_file(AppendTable& table,
                                                          const std::vector<AddFile>& files);
// The path of a file that is live in `past`, not in the newest version, and no longer on the disk.
Result<std::optional<std::filesystem::path>> gone_file(AppendTable& table,
                                                       const DeltaSnapshot& past);

// The error for such a file: kNotFound.
tl::unexpected<Error> is_gone(const std::filesystem::path& path);

}  // namespace colvec
