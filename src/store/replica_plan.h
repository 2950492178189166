// Decides what one replica of a table must append to hold all commits of another.
//
// A commit whose files are all live in the source is copied as it is. One whose files were put
// together there since is copied with its own files, if they are still there and much smaller than
// what took their place; else the target takes what took their place, in one entry that replaces
// the commits it stands for, and what the target has of them goes (late replicas, new ones). A
// commit that takes rows out is done in the target to the same files; where the target has put
// these together with others, nobody can do that for it: kConflict.
//
// Thread-safety: pure functions, but for the question that they ask.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "colvec/error.h"
#include "store/delta_snapshot.h"
#include "store/log_history.h"

namespace colvec {

// The newest state of a table in one replica.
struct ReplicaTable {
  const LogHistory* history = nullptr;
  const DeltaSnapshot* snapshot = nullptr;
};

// An entry for the target's log.
struct PlannedEntry {
  // The source's entry that is copied; nullopt: an entry of the target's own, a compaction.
  std::optional<std::size_t> copied{};
  std::vector<std::string> adds{};      // Files of the source; some may be live in the target.
  std::vector<std::string> removes{};   // Live in the target.
  std::vector<std::string> replaced{};  // Commits that this stands for, and the target lacks.
  bool may_double = false;              // Whether its rows may be in other live files, too.
  std::vector<std::string>
      erasures{};  // Of those, and of what is copied: commits by which rows go.
};

struct PlanRules {
  // false: what takes rows out waits; of what came of it, only the files are added.
  bool takes_rows_out = true;
  // Whether the source still has these files, which are not live there; null: nobody knows.
  std::function<Result<bool>(const std::vector<std::string>& paths)> has_files{};
};

// In the order in which they are to be appended. kConflict: see above; `where` is the target.
Result<std::vector<PlannedEntry>> plan_entries(const ReplicaTable& from, const ReplicaTable& to,
                                               const PlanRules& rules, const std::string& where);

// The compactions of the source that the target can take over as they are: it lacks them, and all
// files that they put together are live there.
std::vector<PlannedEntry> plan_compactions(const ReplicaTable& from, const ReplicaTable& to);

// kConflict: the target holds commits that the source lacks; `where` is the target.
Status check_holds_all(const ReplicaTable& from, const ReplicaTable& to, const std::string& where);

// The one entry that makes the live files of the target those of the source; nullopt: they are.
// kConflict: as check_holds_all().
Result<std::optional<PlannedEntry>> plan_exact(const ReplicaTable& from, const ReplicaTable& to,
                                               const std::string& where);

}  // namespace colvec
