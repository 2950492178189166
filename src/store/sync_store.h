// Brings a store here and its remote together.
//
// The order: models, vectors, keys, and last what takes vectors out. So a reader on either side
// finds, at any moment, the files of each entry and the vectors of each key.
//
// Thread-safety: thread-compatible; any number of processes may sync with one remote.
// Errors: as colvec/sync.h.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "colvec/sync.h"
#include "duck/database.h"
#include "remote/object_store.h"
#include "store/file_system.h"
#include "store/hash_range.h"
#include "store/mirror_files.h"
#include "store/replicate.h"
#include "store/sync_meter.h"

namespace colvec {

struct StoreSyncOptions {
  bool dry_run = false;
  bool exact = false;
  bool repair = false;       // Files that the target has lost are moved again, at the end.
  bool compactions = false;  // Only compactions are brought, where nobody came in between.
  bool single_writer = false;
  // Of the vectors of others, a pull brings only files that may have texts of this range; the log
  // here is whole. For a replica that only works on the range (ColumnStore::work_on).
  HashRange range{};
  std::size_t parallel = 8;
  const CancelToken* cancel = nullptr;
  SyncMeter* meter = nullptr;  // May be null.
};

class StoreSync {
 public:
  // All references, and what the options point to, must outlive the object. `remote` is the place
  // of this store alone. Cost: reads both logs; those of the remote are kept below
  // <folder>/_remote.
  static Result<std::unique_ptr<StoreSync>> open(FileSystem& files, Database& database,
                                                 std::filesystem::path folder, ObjectStore& remote,
                                                 const StoreSyncOptions& options);

  bool is_here() const { return here_.vectors->exists(); }
  bool is_there() const { return there_.vectors->exists(); }

  // kNotFound: there is no store here, or there.
  Result<SyncedOneWay> push();
  Result<SyncedOneWay> pull();

 private:
  struct Side {
    std::optional<Replica> vectors;
    std::optional<Replica> keys;
  };
  struct Pass;  // One attempt, in one direction.

  StoreSync(FileSystem& files, Database& database, std::filesystem::path folder,
            ObjectStore& remote, Connection connection, const StoreSyncOptions& options);
  Result<Side> open_side(FileSystem& files, const std::filesystem::path& folder,
                         const std::string& where);
  Status open_there();
  Status refresh(Side* side);
  Result<SyncedOneWay> one_way(bool is_push);

  FileSystem& files_;
  std::filesystem::path folder_;
  ObjectStore& remote_;
  StoreSyncOptions options_;
  Database& database_;
  std::unique_ptr<Connection> connection_;  // Stays where it is: the logs point to it.
  std::unique_ptr<MirrorFiles> mirror_;
  Side here_;
  Side there_;
};

// Where the mirror of a remote lies in the store's folder; and the URL of the remote that the store
// was synced with last ("": none), which is written down by the second.
std::filesystem::path mirror_folder_of(const std::filesystem::path& folder, const std::string& url);
Result<std::string> kept_remote(const std::filesystem::path& folder);
Status keep_remote(const std::filesystem::path& folder, const std::string& url);

}  // namespace colvec
