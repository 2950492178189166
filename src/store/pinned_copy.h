// Copies a version of a store to a folder of its own: the data files that are live in it, and logs
// that name nothing else.
//
// The copy is a store like any other, for reading. Copied again to the same folder, a newer version
// becomes the next entry of the logs there: files that the folder has are named, not copied.
//
// Killed at any moment, the folder holds the former version, whole, and perhaps files that no entry
// names.
//
// Thread-safety: thread-compatible; one process at a time copies to a folder. Errors: those of
// DeltaLog; kCorruption: a file of the store is missing or damaged.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "colvec/cancel.h"
#include "colvec/error.h"
#include "store/column_store.h"

namespace colvec {

// Of the entries of such logs.
inline constexpr const char* kDeployOperation = "DEPLOY";

struct PinnedCopy {
  std::uint64_t vectors_version = 0;  // Of the logs in the folder.
  std::optional<std::uint64_t> keys_version;
  std::vector<std::string> files;  // All that the copy needs, relative to the folder.
  std::uint64_t files_copied = 0;
  std::uint64_t bytes_copied = 0;
};

// `view` is of `store`; only the vectors of `set` are taken. kCancelled: by `cancel`, which may be
// null, before the next file was copied.
Result<PinnedCopy> copy_pinned(ColumnStore& store, const StoreView& view, const VectorSet& set,
                               const std::filesystem::path& folder,
                               const CancelToken* cancel = nullptr);

}  // namespace colvec
