// Replicas of a store elsewhere: an S3 bucket, or a folder on another disk.
//
// A remote is a store of its own, with its own log over the same files. A push brings to it the
// commits that it lacks, a pull brings here those that are missing here, and nothing that was
// written is written again. Any number of stores may push to and pull from one remote at once;
// readers see whole commits. A kill at any moment loses nothing; run again, it goes on.
//
// "s3://bucket/prefix" (keys from the environment and the files of Amazon's tools), "file:///path",
// or a path. docs/remote.md tells more.
//
// Thread-safety: functions are thread-safe.
// Errors: kNotFound: no store, bucket or remote; kConflict: stores that are not replicas of one
// another, or that cannot be brought together without losing something (says what to do);
// kInvalidArgument: credentials, region, clock; kUnsupported: a remote without conditional puts;
// kCorruption: damage on the way or at the source; kIo: networks and disks, after all tries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "colvec/cancel.h"
#include "colvec/error.h"
#include "colvec/store.h"

namespace colvec {

struct SyncProgress {
  std::string_view phase;  ///< "looking", "pushing", "pulling".
  std::uint64_t files_done = 0;
  std::uint64_t files_total = 0;  ///< Of what is known to move by now.
  std::uint64_t bytes_done = 0;
  std::uint64_t bytes_total = 0;
  double bytes_per_second = 0;  ///< Over the last seconds.
  double eta_seconds = 0;       ///< 0: not known.
};

struct SyncOptions {
  std::string remote{};  ///< URL or path; "" for the one that the store was synced with last.
  bool dry_run = false;  ///< Only say what would move.
  /// Makes the live files there those that are here (push), or the reverse (pull), in one commit a
  /// table: takes compactions along, and what was forgotten. Refused where commits would be lost.
  bool exact = false;
  /// Looks for every file that both sides have by their logs, and moves those again that are lost
  /// where it goes: that are not there, have another size or, in the store here, another content.
  bool repair = false;
  bool single_writer = false;  ///< Nobody else pushes: no conditional puts are needed.
  std::string bandwidth{};     ///< A second, of all that moves: "10MB"; "": no limit.
  std::size_t parallel = 8;    ///< Objects at once.
  const CancelToken* cancel = nullptr;
  std::function<void(const SyncProgress&)> on_progress{};
  std::string memory_limit = "200MB";
  std::size_t attempts_max = 8;  ///< Of each request that fails in a way that may pass.
};

/// kInvalidArgument: options that no remote can do anything with.
Status check_sync_options(const SyncOptions& options);

/// What moved one way.
struct SyncedOneWay {
  std::uint64_t commits = 0;  ///< Entries that were appended to the logs there.
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t conflicts = 0;     ///< Versions that others took first, so that it tried again.
  std::vector<std::string> paths;  ///< With `dry_run`: the files, "vectors/...".
  std::vector<std::string> notes;  ///< What has to wait, and for what.

  /// Adds what moved besides; its paths are those of a part, whose place is `prefix`.
  void add(const SyncedOneWay& moved, std::string_view prefix = "");
};

struct Synced {
  std::string remote;
  SyncedOneWay pushed;
  SyncedOneWay pulled;
};

/// Brings the commits of the store in `folder` to the remote. The first push makes it.
Result<Synced> push_store(const std::filesystem::path& folder, const SyncOptions& options);
/// Brings the commits of the remote to the store in `folder`, which is made where there is none.
Result<Synced> pull_store(const std::filesystem::path& folder, const SyncOptions& options);
/// Pulls, then pushes.
Result<Synced> sync_store(const std::filesystem::path& folder, const SyncOptions& options);

/// One thing that a remote must be able to do.
struct RemoteCheck {
  std::string name;
  bool is_good = false;
  std::string detail;  ///< What was seen, or what to do.
};

struct RemoteReport {
  std::vector<RemoteCheck> checks;
  bool is_usable = false;         ///< By one writer at a time.
  bool has_many_writers = false;  ///< Whether several may push at once.
};

/// Tries what syncing needs, with small objects below "_colvec_check/", which are removed. A remote
/// that cannot be reached is an unusable one, not an error.
Result<RemoteReport> check_remote(const std::string& remote, const SyncOptions& options);

/// Deletes files of a remote that no version of the last `retention_hours` names, and what
/// interrupted pushes have left for a week. `remote` is the place of a store, or what lies above
/// several (a dataset, or all): then that is done to each.
Result<StoreVacuumed> vacuum_remote(const std::string& remote, double retention_hours, bool dry_run,
                                    const SyncOptions& options);

/// Puts small files of a remote together, as Store::compact() does here: pulls each store below
/// `remote` into a temporary folder (of TMPDIR), compacts it, and brings the new files there.
/// Others may push meanwhile.
Result<StoreCompacted> compact_remote(const std::string& remote, const SyncOptions& options);

}  // namespace colvec
