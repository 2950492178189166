// Opens a store with a DuckDB of its own, for callers that have none.
//
// Thread-safety: thread-compatible. Errors: those of ColumnStore::open.
#pragma once

#include <filesystem>
#include <memory>

#include "colvec/error.h"
#include "colvec/store.h"
#include "store/column_store.h"

namespace colvec {

struct OpenedStore {
  std::unique_ptr<Database> database;
  std::unique_ptr<ColumnStore> store;
  std::size_t threads = 0;
};

// A database that spills in <folder>.tmp. kInvalidArgument: the memory limit.
Result<Database> open_store_database(const std::filesystem::path& folder,
                                     const StoreOptions& options);
// The same for a store that may not be there yet: makes the folder that it is to lie in, without
// which nothing could be spilled.
Result<Database> make_store_database(const std::filesystem::path& folder,
                                     const StoreOptions& options);

// `files` may be null: the disk.
Result<OpenedStore> open_store(const std::filesystem::path& folder, const StoreOptions& options,
                               FileSystem* files);

}  // namespace colvec
