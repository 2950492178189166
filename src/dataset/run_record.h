// The records of past runs: runs/<uuid>.json of a dataset, written once.
//
// Format: docs/formats/dataset.md, "Runs".
//
// Thread-safety: thread-safe. Errors: kIo; kCorruption with the file's name.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "colvec/error.h"
#include "colvec/refresh.h"

namespace colvec {

Status record_run(const std::filesystem::path& home, std::string_view dataset,
                  const DatasetRun& run);

Result<DatasetRun> parse_run(std::string_view json, const std::string& where);

// The newest run of this home, not one that was pulled; nullopt where there is none. Unreadable
// records are passed over.
Result<std::optional<DatasetRun>> last_run(const std::filesystem::path& home,
                                           std::string_view dataset);

}  // namespace colvec
