// A table job on many machines: shards embed into the shared store, a finaliser writes the output.
//
//   embed_shard 0/16 ──┐
//   embed_shard 1/16 ──┼──> the store (`store` of the config) ──> finalise_table ──> the output
//   ...                │    (a folder, or s3://bucket/prefix)
//   embed_shard 15/16 ─┘
//
// A text belongs to one shard, by its text hash, so that no two shards embed the same text. Nothing
// but the store connects them: any subset may run at once, later, twice, or die at any moment; who
// runs again does what is missing, and one that is done does nothing. docs/SCALE.md tells more.
//
// Thread-safety: functions are thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "colvec/encoder.h"
#include "colvec/error.h"
#include "colvec/store.h"
#include "colvec/table_job.h"

namespace colvec {

/// Part `index` of `count`: the texts whose hash lies in that part of all hashes.
struct Shard {
  std::uint64_t index = 0;  ///< From 0.
  std::uint64_t count = 1;
  bool operator==(const Shard&) const = default;
};

inline constexpr std::uint64_t kShardsMax = 100'000;

/// "3/16": the fourth of sixteen. kInvalidArgument: anything else.
Result<Shard> parse_shard(std::string_view text);
/// "3/16".
std::string to_string(const Shard& shard);

/// The shard that a scheduler has in mind for this process, by the variables of Slurm's job arrays,
/// of Kubernetes' indexed jobs or of Open MPI; `variable` looks one up. kInvalidArgument: none is
/// set, two of them disagree, or an array has gaps.
using LookUpVariable = std::function<std::optional<std::string>(const std::string& name)>;
Result<Shard> shard_of_scheduler(const LookUpVariable& variable);

/// The precision that all machines of a job take: that of the config, and f32 where it says auto,
/// since processors differ.
Precision precision_for_shards(const TableJobConfig& config);

/// Refuses what cannot be done in shards. kInvalidArgument: a config without `store`, where they
/// meet, or with `limit`.
Status check_shardable(const TableJobConfig& config);

/// What a shard did.
struct ShardSummary {
  Shard shard;
  std::uint64_t texts = 0;           ///< Distinct texts of the shard in the input.
  std::uint64_t texts_stored = 0;    ///< Of these: with a vector in the store before.
  std::uint64_t texts_embedded = 0;  ///< By this run.
  std::uint64_t bad_vectors = 0;     ///< Of these: not finite, and so not stored.
  std::uint64_t truncated = 0;
  std::uint64_t tokens = 0;
  std::uint64_t vectors_added = 0;  ///< Fewer than embedded where the shard ran twice at once.
  std::uint64_t commits = 0;
  std::uint64_t conflicts = 0;  ///< Versions of the store that others took first.
  bool cancelled = false;
  EncoderInfo encoder;
  double wall_seconds = 0;
  double commit_seconds = 0;  ///< Of these: appending to the store, and pushing.
  double look_seconds = 0;    ///< Of these: opening the store, reading the input, looking up.
  std::size_t threads = 0;
};

/// Embeds the texts of the shard that the store has no vector for. The output is not touched.
/// Of more than 20 shards each commits less often than `options.commit_seconds` says, so that
/// together they commit no more often. kInvalidArgument: as check_shardable().
Result<ShardSummary> embed_shard(const TableJobConfig& config, Encoder& encoder, const Shard& shard,
                                 const RunOptions& options);

/// What a finaliser did.
struct FinaliseSummary {
  TableJobSummary table;
  StoreCompacted compacted;
  StoreVerified verified;
};

/// Writes the output table as embed_table() does, with the vectors of the store; then compacts the
/// store and verifies it. kNotFound: texts have no vector yet; says how many, and of which shards.
/// kCorruption: the store is damaged; names the first file. kInvalidArgument: check_shardable().
Result<FinaliseSummary> finalise_table(const TableJobConfig& config, Encoder& encoder,
                                       const RunOptions& options);

/// How far a shard is, by the store's log.
struct ShardProgress {
  Shard shard;
  bool done = false;                 ///< A run came to its end, or all is committed.
  std::uint64_t texts = 0;           ///< That its last run had to embed.
  std::uint64_t texts_embedded = 0;  ///< Of these, committed since that run began.
  std::uint64_t texts_in_all = 0;    ///< Committed by all of its runs.
  std::uint64_t runs = 0;
  double texts_per_second = 0;      ///< Of its last run.
  double eta_seconds = 0;           ///< 0: done, or not known.
  std::int64_t last_commit_ms = 0;  ///< Since the epoch.
};

/// The shards that have committed to the store since `since_ms`, by their index. Reads the log
/// alone; of a store in a bucket a copy of it is kept at <output_db_path>.store.
Result<std::vector<ShardProgress>> read_shard_progress(const TableJobConfig& config,
                                                       std::int64_t since_ms);

}  // namespace colvec
