// Brings the files of models, which say what the fingerprints were made of, and the directions of
// projections from one replica to the other. They never change.
//
// Thread-safety: functions are thread-safe. Errors: kConflict: two fingerprints with the same
// first digits; kCorruption; those of ObjectStore and FileSystem.
#pragma once

#include <cstdint>
#include <filesystem>

#include "colvec/error.h"
#include "remote/object_store.h"
#include "store/file_system.h"

namespace colvec {

struct ModelsPlace {
  FileSystem& files;
  std::filesystem::path folder;  // Of the store: models lie in models/.
  std::filesystem::path mirror;  // Where what was compared once is noted.
  ObjectStore& remote;
};

// How many were missing; with `dry_run` nothing is written.
Result<std::uint64_t> push_models(const ModelsPlace& place, bool dry_run);
Result<std::uint64_t> pull_models(const ModelsPlace& place, bool dry_run);

}  // namespace colvec
