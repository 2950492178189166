// The store in which workers of one job meet: a folder that all of them see, or a place in a
// bucket.
//
// In a bucket each worker has a replica of its own in a folder here (docs/remote.md). It begins
// with a pull, and each commit is published by a push, which waits until it is there: what a worker
// has published nobody loses. Who finds nothing there makes the store; of several at once one is
// first, and the others take its.
//
// Thread-safety: thread-compatible. Errors: those of ColumnStore and, for buckets, of
// colvec/sync.h.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "colvec/error.h"
#include "colvec/store.h"
#include "remote/object_store.h"
#include "store/column_store.h"
#include "store/sync_store.h"

namespace colvec {

// Whether a store at this place is worked on through a replica: it is a URL, not a path.
bool is_remote_store(std::string_view place);

struct SharedStoreOptions {
  std::filesystem::path replica{};  // The folder of the replica, where the store is in a bucket.
  HashRange range{};                // Only texts of this range are worked on.
};

class SharedStore {
 public:
  // Opens the store of vectors (a cache, without keys) at `place`, a folder or a URL (s3://,
  // file://), making it where there is none, and adds the model. `database` must outlive the
  // object.
  static Result<std::unique_ptr<SharedStore>> open(Database& database, const std::string& place,
                                                   const StoreModel& model,
                                                   const SharedStoreOptions& options);

  ColumnStore& store() { return *store_; }
  // Where its files are here: the folder, or the replica.
  const std::filesystem::path& folder() const { return store_->folder(); }

  // Makes what was committed since seen by all; nothing to do for a folder.
  Status publish();
  // Puts small files together, there too.
  Result<StoreCompacted> compact();
  // Versions of the log there that others took first, so that a push tried again.
  std::uint64_t conflicts() const { return conflicts_; }

 private:
  SharedStore(Database& database, SharedStoreOptions options)
      : database_(database), options_(std::move(options)) {}

  Status open_folder(const std::filesystem::path& folder, const StoreModel& model);
  Status open_replica(const std::string& url, const StoreModel& model);
  // Pulls, or makes the store and pushes it. kConflict: another worker was first.
  Status begin_replica(const StoreModel& model);
  Status open_sync(bool compactions);

  Database& database_;
  SharedStoreOptions options_;
  std::unique_ptr<ObjectStore> remote_;  // Null for a folder.
  std::unique_ptr<StoreSync> sync_;
  std::unique_ptr<ColumnStore> store_;
  std::uint64_t conflicts_ = 0;
};

}  // namespace colvec
