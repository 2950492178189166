#include "job/shard_log.h"

#include <algorithm>
#include <optional>
#include <set>

#include "base/number.h"

namespace colvec {
namespace {

template <typename Number>
bool read_number(const std::map<std::string, std::string>& labels, const char* key, Number* out) {
  const auto found = labels.find(key);
  return found != labels.end() && parse_number(found->second, out);
}

std::optional<ShardEntry> entry_of(const DeltaCommit& commit) {
  if (!commit.info) return std::nullopt;
  const std::map<std::string, std::string>& labels = commit.info->parameters;
  const auto shard = labels.find("shard");
  const auto run = labels.find("run");
  if (shard == labels.end() || run == labels.end()) return std::nullopt;
  const Result<Shard> parsed = parse_shard(shard->second);
  ShardEntry entry;
  if (!parsed || !read_number(labels, "begun_ms", &entry.run.begun_ms) ||
      !read_number(labels, "texts", &entry.run.texts))
    return std::nullopt;
  entry.run.shard = *parsed;
  entry.run.run = run->second;
  entry.time_ms = commit.info->timestamp_ms;
  entry.is_end = commit.info->operation == kFinishShard;
  if (entry.is_end && !read_number(labels, "bad_vectors", &entry.run.bad_vectors))
    return std::nullopt;
  for (const AddFile& file : commit.adds) entry.rows += rows_of(file).value_or(0);
  return entry;
}

// The progress of one shard by its entries, of which there is at least one. It is that of the run
// that began last; what another run of the shard added since counts for it, too.
ShardProgress progress_of_shard(const std::vector<const ShardEntry*>& entries) {
  const ShardRun* last = &entries.front()->run;
  std::set<std::string> runs;
  for (const ShardEntry* entry : entries) {
    if (entry->run.begun_ms > last->begun_ms) last = &entry->run;
    runs.insert(entry->run.run);
  }
  ShardProgress progress{.shard = last->shard, .texts = last->texts, .runs = runs.size()};
  std::int64_t last_append_ms = last->begun_ms;
  for (const ShardEntry* entry : entries) {
    progress.texts_in_all += entry->rows;
    progress.last_commit_ms = entry->time_ms;
    progress.done = progress.done || entry->is_end;
    if (entry->is_end || entry->time_ms < last->begun_ms) continue;
    progress.texts_embedded += entry->rows;
    last_append_ms = entry->time_ms;
  }
  // A run may have been killed before it could say so.
  progress.done = progress.done || progress.texts_embedded >= progress.texts;
  const double seconds = static_cast<double>(last_append_ms - last->begun_ms) / 1000;
  if (seconds <= 0) return progress;
  progress.texts_per_second = static_cast<double>(progress.texts_embedded) / seconds;
  if (!progress.done && progress.texts_embedded > 0 && progress.texts > progress.texts_embedded)
    progress.eta_seconds =
        static_cast<double>(progress.texts - progress.texts_embedded) / progress.texts_per_second;
  return progress;
}

}  // namespace

std::map<std::string, std::string> labels_of(const ShardRun& run) {
  return {{"shard", to_string(run.shard)},
          {"run", run.run},
          {"begun_ms", std::to_string(run.begun_ms)},
          {"texts", std::to_string(run.texts)}};
}

Result<std::vector<ShardEntry>> read_shard_entries(DeltaLog& log, std::int64_t since_ms) {
  std::vector<ShardEntry> entries;
  const std::uint64_t count = log.snapshot().version ? *log.snapshot().version + 1 : 0;
  for (std::uint64_t version = count; version-- > 0;) {
    COLVEC_ASSIGN(const DeltaCommit commit, log.commit_at(version));
    // Machines' clocks differ a little, and a version counts as no older than the one before it.
    if (commit.info->timestamp_ms < since_ms) break;
    if (std::optional<ShardEntry> entry = entry_of(commit)) entries.push_back(std::move(*entry));
  }
  std::reverse(entries.begin(), entries.end());
  return entries;
}

std::vector<ShardProgress> progress_of(const std::vector<ShardEntry>& entries) {
  if (entries.empty()) return {};
  const std::uint64_t count = entries.back().run.shard.count;
  std::map<std::uint64_t, std::vector<const ShardEntry*>> shards;
  for (const ShardEntry& entry : entries)
    if (entry.run.shard.count == count) shards[entry.run.shard.index].push_back(&entry);
  std::vector<ShardProgress> found;
  for (const auto& [index, its_entries] : shards) found.push_back(progress_of_shard(its_entries));
  return found;
}

}  // namespace colvec
