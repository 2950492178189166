// Reads and extends the log of a Delta table in a local folder.
//
// A version is the file _delta_log/<20 digits>.json. It comes to be at once and whole: a private
// draft is written and synced, then linked to its name, which fails if another writer has taken the
// number. Every 100 commits a checkpoint (Parquet) saves the replay of all entries before it; it is
// a cache: one that is missing or damaged costs time only.
//
// Thread-safety: thread-compatible. Several processes may extend one log.
// Errors: kNotFound: no table. kCorruption: an entry is missing, cut or malformed, by name.
// kUnsupported: a protocol that we do not speak. kIo: disks.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "colvec/error.h"
#include "duck/database.h"
#include "store/commit_turns.h"
#include "store/delta_snapshot.h"
#include "store/file_system.h"
#include "store/log_names.h"

namespace colvec {

// kCorruption: the entry at `path` says that it is that of another version.
Status check_version(const DeltaCommit& commit, const std::filesystem::path& path);

class DeltaLog {
 public:
  // Opens the table in `folder`, which need not be there yet. `connection` reads and writes
  // checkpoints; both references must outlive the log.
  static Result<DeltaLog> open(FileSystem& files, Connection& connection,
                               std::filesystem::path folder);

  const std::filesystem::path& folder() const { return folder_; }
  // The newest version that this object has seen.
  const DeltaSnapshot& snapshot() const { return snapshot_; }

  // Reads the entries that came since, oldest first; `on_commit` (may be empty) sees each, when
  // snapshot() has it already. An error of either stops there.
  using OnCommit = std::function<Status(std::uint64_t version, const DeltaCommit& commit)>;
  Status refresh(const OnCommit& on_commit);

  // Tries to make `commit` the version after snapshot(). true: it is, durably, and snapshot() has
  // it. false: another writer was first; refresh() and look at what it did. Who loses several in a
  // row waits a while before it says so (store/commit_turns.h). Sets nothing in the commit:
  // timestamp and ids are the caller's. An answer that got lost is asked for again (the entry's
  // commitId). After version 100, 200, ... a checkpoint is written; where that fails, the commit
  // stands all the same. kInvalidArgument: a commit without commitId. kUnsupported: a table that
  // asks more of its writers than we know. An error leaves snapshot() as it was; after kIo the
  // commit may have landed all the same, which refresh() shows.
  Result<bool> try_commit(const DeltaCommit& commit);

  // Makes durable what snapshot() has: of another writer's entry, one may know before it has synced
  // the folder. For commits to other tables that build on this one.
  Status settle() { return files_->sync_folder(log_folder()); }

  // The past. kNotFound: no such version (the message says which there are).
  Result<DeltaSnapshot> snapshot_at(std::uint64_t version);
  // An entry without a timestamp gets that of its file, here and in refresh().
  Result<DeltaCommit> commit_at(std::uint64_t version);
  // The newest version with a timestamp of at most `time_ms`; a version counts as no older than the
  // one before it.
  Result<std::uint64_t> version_at(std::int64_t time_ms);

 private:
  DeltaLog(FileSystem& files, Connection& connection, std::filesystem::path folder)
      : files_(&files),
        connection_(&connection),
        folder_(std::move(folder)),
        turns_(std::random_device()()) {}

  std::filesystem::path log_folder() const { return folder_ / kLogFolder; }
  std::filesystem::path entry_path(std::uint64_t version) const;
  // try_commit() without waiting for a turn.
  Result<bool> try_next(const DeltaCommit& commit);
  // Whether the entry is there and has this commitId.
  bool has_landed(std::uint64_t version, const std::string& commit_id);
  // Gives `lines` the name of the entry: true if they have it now, for good.
  Result<bool> publish(std::uint64_t version, const std::string& lines,
                       const std::string& commit_id);
  // Takes all entries after `snapshot` into it, up to `version_max`.
  Status replay(std::uint64_t version_max, const OnCommit& on_commit, DeltaSnapshot* snapshot);
  // The newest checkpoint of at most `version_max`, or the state before all commits.
  Result<DeltaSnapshot> start_of(std::uint64_t version_max);
  // The versions that have an entry, in order.
  Result<std::vector<std::uint64_t>> list_versions();
  tl::unexpected<Error> no_such_version(std::uint64_t version);

  FileSystem* files_;
  Connection* connection_;
  std::filesystem::path folder_;
  DeltaSnapshot snapshot_;
  CommitTurns turns_;
};

}  // namespace colvec
