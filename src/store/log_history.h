// What a log tells of its past: which commits it holds, and what became of each file.
//
// Two logs of one table (replicas) hold the same commits in different orders, and may hold them in
// different files: a compaction (OPTIMIZE) is a matter of one log alone. So a commit counts as held
// if the log has its entry, or an entry that says that it replaced its files.
//
// Thread-safety: thread-compatible. Errors: those of DeltaLog::commit_at(); kUnsupported: an entry
// without a commitId, which another program has written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "colvec/error.h"
#include "store/delta_log.h"

namespace colvec {

// One entry of a log; its index is its version.
struct LogEntry {
  std::string id;
  bool is_compaction = false;  // OPTIMIZE: what it changes is where rows are.
  // Commits by which rows go: the entry's own (DELETE, RESTORE), or of those that it replaced.
  std::vector<std::string> erasures;
  std::vector<std::string> adds;
  std::vector<std::string> removes;
  std::vector<std::string> replaced;  // commitIds.

  bool erases() const { return !erasures.empty(); }
};

// What became of a file.
struct FileFate {
  std::size_t added_by = 0;               // The newest entry that added it while it was not live.
  std::optional<std::size_t> removed_by;  // Since; nullopt: it is live.
  std::uint64_t size = 0;
};

class LogHistory {
 public:
  // Takes in the entries that log.snapshot() has and this has not.
  Status extend(DeltaLog& log);

  const std::vector<LogEntry>& entries() const { return entries_; }
  // Whether the log holds this commit; and the first entry that names it.
  bool holds(const std::string& commit_id) const { return first_.contains(commit_id); }
  std::optional<std::size_t> first_with(const std::string& commit_id) const;
  // Whether the log has this entry, a compaction.
  bool has_compaction(const std::string& commit_id) const {
    return compactions_.contains(commit_id);
  }
  // The commits that the log holds, without compactions; in the order of the entries that name
  // them.
  const std::vector<std::string>& commits() const { return commits_; }
  // nullopt: the log has never named this file.
  std::optional<FileFate> fate_of(const std::string& path) const;

 private:
  void take(const std::string& commit_id, std::size_t index);

  std::vector<LogEntry> entries_;
  std::unordered_map<std::string, std::size_t> first_;
  std::unordered_map<std::string, std::size_t> compactions_;
  std::vector<std::string> commits_;
  std::unordered_map<std::string, FileFate> fates_;
};

// In operationParameters of a compaction: the commits, joined with ",", by which rows go with what
// it replaced.
inline constexpr const char* kErases = "erases";
// The same: it only names files again, without this tag.
inline constexpr const char* kClears = "clears";
// In those of an entry that a replica brought: when it came, in ms since the epoch. Its timestamp
// is the original's, of a time at which this log did not know of it.
inline constexpr const char* kArrivedMs = "arrived_ms";

}  // namespace colvec
