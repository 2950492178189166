// Changes dataset.json under its lock; the rest of the catalog is in colvec/dataset.h.
//
// Thread-safety: thread-safe, also between processes.
#pragma once

#include <filesystem>
#include <functional>
#include <string_view>

#include "colvec/dataset.h"
#include "colvec/error.h"

namespace colvec {

// Reads the newest dataset.json, changes it, and replaces it where that made a difference; the
// revision then counts one up. Returns what is saved.
Result<Dataset> change_dataset(const std::filesystem::path& home, std::string_view name,
                               const std::function<Status(Dataset*)>& change);

}  // namespace colvec
