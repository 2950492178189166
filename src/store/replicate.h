// Brings the commits of one replica of a table into the log of another (replica_plan.h decides
// which and how).
//
// Files come first, then the entries that name them, one by one, each only if its version is free.
// Who loses a version looks at what came and plans again. A stop at any moment leaves whole
// versions and perhaps files that no version names.
//
// Thread-safety: thread-compatible. Errors: those of DeltaLog and FileMover; kConflict: two tables
// of different ids, and as plan_entries() says.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "colvec/cancel.h"
#include "colvec/error.h"
#include "store/delta_log.h"
#include "store/log_history.h"
#include "store/replica_files.h"
#include "store/replica_plan.h"

namespace colvec {

// A table in one replica; `where` names it in messages.
class Replica {
 public:
  static Result<Replica> open(FileSystem& files, Connection& connection,
                              std::filesystem::path folder, std::string where);

  DeltaLog& log() { return log_; }
  const DeltaSnapshot& snapshot() const { return log_.snapshot(); }
  bool exists() const { return snapshot().version.has_value(); }
  const LogHistory& history() const { return history_; }
  const std::string& where() const { return where_; }
  ReplicaTable table() const { return {&history_, &log_.snapshot()}; }

  // Looks what others did.
  Status refresh();

 private:
  Replica(DeltaLog log, std::string where) : log_(std::move(log)), where_(std::move(where)) {}

  DeltaLog log_;
  LogHistory history_;
  std::string where_;
};

// kConflict: both are there, and are not replicas of one table.
Status check_same_table(const Replica& a, const Replica& b);

struct ReplicateOptions {
  bool takes_rows_out = true;  // As PlanRules.
  bool originals = true;       // Whether files that are not live in the source may be asked for.
  bool is_exact = false;       // The target gets the live files of the source, in one entry.
  bool compactions = false;    // Only compactions are brought, as plan_compactions() says.
  // What the entries of keys say of vectors: their version in the target.
  std::optional<std::uint64_t> vectors_version{};
  const CancelToken* cancel = nullptr;
  // Before a batch: the files and their bytes, as they begin to move.
  std::function<void(std::uint64_t files, std::uint64_t bytes)> on_batch{};
};

struct Replicated {
  std::uint64_t entries = 0;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t conflicts = 0;  // Versions that other writers took first.
  // Only of what would be done: the files that would move, and those that erasing entries would add
  // and remove.
  std::vector<AddFile> moving{};
  std::vector<AddFile> erasing_adds{};
  std::vector<std::string> erased{};
};

// Until the target holds all commits that the source held at the beginning; both have been
// refreshed.
Result<Replicated> replicate(Replica& from, Replica& to, FileMover& mover,
                             const ReplicateOptions& options);
// What it would do.
Result<Replicated> would_replicate(Replica& from, Replica& to, FileMover& mover,
                                   const ReplicateOptions& options);

}  // namespace colvec
