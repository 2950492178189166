#include "store/restore.h"

#include <algorithm>

#include "base/check.h"
#include "base/clock.h"
#include "store/active_model.h"
#include "store/past.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

struct Past {
  std::uint64_t version = 0;
  DeltaSnapshot keys;
  DeltaSnapshot vectors;
};

Result<Past> read_past(ColumnStore& store, std::uint64_t version) {
  Past past{.version = version, .keys = {}, .vectors = {}};
  COLVEC_ASSIGN(past.keys, store.keys().log().snapshot_at(version));
  COLVEC_ASSIGN(const std::optional<fs::path> gone, gone_file(store.keys(), past.keys));
  if (gone) return is_gone(*gone);
  COLVEC_ASSIGN(const std::uint64_t vectors_version,
                recorded_vectors_version(store.keys().log(), version));
  COLVEC_ASSIGN(past.vectors, store.vectors().log().snapshot_at(vectors_version));
  return past;
}

struct OldFiles {
  std::vector<AddFile> there;
  std::optional<fs::path> gone;  // One that is not on the disk any more.
};

// Files of `set` that have its rows of that time, or what compactions made of them, and are not
// live: those of the version, and those that were taken out with rows since.
Result<OldFiles> old_files(ColumnStore& store, const Past& past, const VectorSet& set) {
  AppendTable& vectors = store.vectors();
  std::vector<AddFile> candidates;
  for (const AddFile* file : past.vectors.files_of(set.partition())) candidates.push_back(*file);
  COLVEC_ASSIGN(const std::vector<RemoveFile> erased,
                erased_since(vectors.log(), *past.vectors.version));
  for (const RemoveFile& file : erased) {
    AddFile candidate;
    candidate.path = file.path;
    candidate.partition = file.partition;
    candidate.size = file.size;
    if (is_in_scope(candidate, set.partition())) candidates.push_back(std::move(candidate));
  }
  OldFiles old;
  for (AddFile& file : candidates) {
    if (vectors.snapshot().files.contains(file.path)) continue;
    const Status there = check_data_file(store.files(), vectors.folder(), file, true);
    if (there)
      old.there.push_back(std::move(file));
    else
      old.gone = vectors.folder() / file.path;
  }
  return old;
}

// Makes the temporary table `lost`: texts of the past keys that have no vector of `set` now.
Result<std::uint64_t> list_lost(ColumnStore& store, const Past& past, const VectorSet& set) {
  StoreView now;
  now.vectors = store.vectors().snapshot();
  StoreView then;
  then.keys = past.keys;
  COLVEC_TRY(store.connection().execute(
      "CREATE OR REPLACE TEMP TABLE lost AS SELECT DISTINCT text_hash FROM " +
      store.keys_sql(then) + " ANTI JOIN (SELECT text_hash FROM " + store.vectors_sql(now, set) +
      ") v USING (text_hash)"));
  COLVEC_ASSIGN(const Rows lost, store.connection().query("SELECT count(*) FROM lost"));
  return lost.number(0, 0);
}

// Appends the vectors of `set` that the past keys need and the table has lost.
Status bring_vectors_back(ColumnStore& store, const Past& past, const VectorSet& set,
                          bool is_needed) {
  COLVEC_ASSIGN(const std::uint64_t lost, list_lost(store, past, set));
  if (lost == 0) return {};
  COLVEC_ASSIGN(const OldFiles old, old_files(store, past, set));
  if (!old.there.empty()) {
    std::vector<const AddFile*> files;
    for (const AddFile& file : old.there) files.push_back(&file);
    COLVEC_ASSIGN(const StoreModel model, store.model(set.model));
    const StoreRows rows{.set = set,
                         .dimension = model.dimension,
                         .vectors = "(SELECT * FROM " +
                                    read_files_sql(store.vectors().folder(), files) +
                                    " SEMI JOIN lost USING (text_hash))",
                         .keys = "",
                         .engine_version = ""};
    COLVEC_TRY(store.append(rows));
  }
  if (!is_needed || !old.gone) return {};
  COLVEC_ASSIGN(const std::uint64_t still_lost, list_lost(store, past, set));
  return still_lost == 0 ? Status() : is_gone(*old.gone);
}

Status bring_all_vectors_back(ColumnStore& store, const Past& past) {
  StoreView then{.vectors = past.vectors, .keys = past.keys};
  const std::optional<VectorSet> active = store.active_set(then);
  for (const VectorSet& set : store.sets(then))
    COLVEC_TRY(bring_vectors_back(store, past, set, !active || set == *active));
  return {};
}

// What turns `now` into the past.
Result<bool> fill_commit(ColumnStore& store, const Past& past, const DeltaSnapshot& now,
                         DeltaCommit* commit) {
  COLVEC_ASSIGN(const std::optional<fs::path> gone, gone_file(store.keys(), past.keys));
  if (gone) return is_gone(*gone);
  for (const auto& [path, file] : past.keys.files) {
    if (now.files.contains(path)) continue;
    commit->adds.push_back(file);
    commit->adds.back().data_change = true;
  }
  for (const auto& [path, file] : now.files)
    if (!past.keys.files.contains(path)) commit->removes.push_back(removal_of(file, true));
  commit->meta_data = with_past_active(now.meta_data, past.keys.meta_data, now_ms());
  return !commit->adds.empty() || !commit->removes.empty() || commit->meta_data.has_value();
}

CommitInfo info_of(ColumnStore& store, std::uint64_t version) {
  return {.operation = "RESTORE",
          .parameters = {{"version", std::to_string(version)}},
          .vectors_version = store.vectors().snapshot().version};
}

// Undoes the commit `done`, which followed `before`; what others have done since stays.
Status take_back(ColumnStore& store, const DeltaSnapshot& before, const DeltaCommit& done) {
  const Result<bool> taken = store.keys().commit(
      info_of(store, *before.version),
      [&](const DeltaSnapshot& now, DeltaCommit* commit) -> Result<bool> {
        for (const AddFile& file : done.adds)
          if (now.files.contains(file.path)) commit->removes.push_back(removal_of(file, true));
        for (const RemoveFile& file : done.removes)
          if (!now.files.contains(file.path)) commit->adds.push_back(before.files.at(file.path));
        for (AddFile& file : commit->adds) file.data_change = true;
        commit->meta_data = with_past_active(now.meta_data, before.meta_data, now_ms());
        return true;
      });
  return taken ? Status() : tl::make_unexpected(taken.error());
}

}  // namespace

Result<std::uint64_t> restore(ColumnStore& store, std::uint64_t version) {
  COLVEC_CHECK(store.has_keys());
  COLVEC_TRY(store.view());
  COLVEC_ASSIGN(const Past past, read_past(store, version));
  COLVEC_TRY(bring_all_vectors_back(store, past));
  DeltaSnapshot before;
  DeltaCommit done;
  COLVEC_TRY(store.keys().commit(
      info_of(store, version), [&](const DeltaSnapshot& now, DeltaCommit* commit) -> Result<bool> {
        COLVEC_ASSIGN(const bool changes, fill_commit(store, past, now, commit));
        before = now;
        done = *commit;
        return changes;
      }));
  // A vacuum that read the log before that commit may have deleted what it names since it looked.
  COLVEC_ASSIGN(const std::optional<fs::path> gone, missing_file(store.keys(), done.adds));
  if (gone) {
    COLVEC_TRY(take_back(store, before, done));
    return is_gone(*gone);
  }
  // A writer who forgot keys meanwhile may have taken out a text that is wanted again.
  COLVEC_ASSIGN(const bool removed, store.vectors().refresh());
  if (removed) COLVEC_TRY(bring_all_vectors_back(store, past));
  return *store.keys().snapshot().version;
}

}  // namespace colvec
