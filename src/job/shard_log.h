// What shards say of themselves in the log of the store that they share.
//
// Each append of a shard has in commitInfo.operationParameters:
//
//   shard      "3/16"
//   run        a UUID: this run of the shard
//   begun_ms   when it began to embed
//   texts      how many texts it had to embed
//
// and a run that came to its end leaves an entry that changes nothing, of the operation
// FINISH SHARD, with the same and
//
//   bad_vectors   how many of these texts have a vector that is not finite, which is not stored
//
// Thread-safety: thread-compatible, as the log is. Errors: those of DeltaLog::commit_at(). Entries
// that say nothing of shards, or nonsense, are passed over.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "colvec/error.h"
#include "colvec/shard.h"
#include "store/delta_log.h"

namespace colvec {

inline constexpr const char* kFinishShard = "FINISH SHARD";

struct ShardRun {
  Shard shard{};
  std::string run{};
  std::int64_t begun_ms = 0;
  std::uint64_t texts = 0;
  std::uint64_t bad_vectors = 0;  // Only of a run that came to its end.
};
std::map<std::string, std::string> labels_of(const ShardRun& run);

// One entry of the log that a shard wrote.
struct ShardEntry {
  ShardRun run{};
  std::int64_t time_ms = 0;
  std::uint64_t rows = 0;
  bool is_end = false;
};
// The entries since `since_ms`, oldest first. Reads the log backwards, and no further.
Result<std::vector<ShardEntry>> read_shard_entries(DeltaLog& log, std::int64_t since_ms);

// The progress that they show, by shard. Of entries with several counts of shards, those of the
// newest count.
std::vector<ShardProgress> progress_of(const std::vector<ShardEntry>& entries);

}  // namespace colvec
