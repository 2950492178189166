// A dataset and its remote. The order makes that a reader of either side finds what dataset.json
// speaks of: the stores first, then dataset.json, then the records of runs.
//
// dataset.json is brought together with that of the remote (merge_dataset.h); the base is what both
// had at the last sync, kept in _remote/<hash of the URL>/. At the remote it is replaced only if it
// is still the one that was read; who was overtaken does it again.
#include <optional>
#include <set>

#include "base/clock.h"
#include "base/file.h"
#include "base/url_keys.h"
#include "colvec/dataset_sync.h"
#include "dataset/catalog.h"
#include "dataset/home.h"
#include "dataset/merge_dataset.h"
#include "dataset/run_record.h"
#include "dataset/sync_state.h"
#include "remote/object_store.h"
#include "store/file_system.h"
#include "store/log_names.h"
#include "store/sync_store.h"
#include "store/uri.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDatasetBytesMax = 64u << 20;
constexpr std::size_t kRunBytesMax = 16u << 20;
constexpr int kTriesMax = 8;
constexpr const char* kDatasetKey = "dataset.json";

enum class Direction { kPush, kPull };

// "9f1b4c9e-58f0-4c0e-8d6b-3a1f8c2b7e55.json".
bool is_run_name(const std::string& name) {
  constexpr std::size_t kIdBytes = 36;
  return name.size() == kIdBytes + 5 && name.ends_with(".json") &&
         name.find_first_not_of("0123456789abcdef-") == kIdBytes;
}

class DatasetSync {
 public:
  DatasetSync(const fs::path& home, std::string_view name, const DatasetSyncOptions& options,
              const std::string& remote)
      : home_(home),
        name_(name),
        options_(options),
        place_(place_at_remote(home, name, remote)),
        folder_(dataset_folder(home, name)) {}

  Status open() {
    COLVEC_ASSIGN(remote_, open_object_store(
                               place_, {.parallel = options_.sync.parallel,
                                        .cancel = options_.sync.cancel,
                                        .backoff = {.attempts_max = options_.sync.attempts_max}}));
    return {};
  }

  bool is_dry() const { return options_.sync.dry_run; }

  Result<SyncedOneWay> run(Direction direction) {
    SyncedOneWay total;
    std::set<std::string> columns = columns_here();
    if (direction == Direction::kPull) {
      COLVEC_ASSIGN(columns, columns_there());
    }
    for (const std::string& column : columns) COLVEC_TRY(sync_store_of(column, direction, &total));
    COLVEC_TRY(sync_definition(direction, &total));
    COLVEC_TRY(sync_runs(direction, &total));
    return total;
  }

  // kNotFound: the remote does not have the dataset.
  Status check_there() {
    const auto there = remote_->head(kDatasetKey);
    if (there) return {};
    if (there.error().code != ErrorCode::kNotFound) return tl::make_unexpected(there.error());
    return fail(ErrorCode::kNotFound, place_ + ": no dataset of this name was pushed there");
  }

 private:
  // The columns that have a store, by the names of their folders.
  std::set<std::string> columns_here() const {
    std::set<std::string> columns;
    for (const auto& [column, versions] : stored_versions(home_, name_)) columns.insert(column);
    return columns;
  }

  // The columns that have a store there. One page for each: what comes after the last key of a
  // column begins the next.
  Result<std::set<std::string>> columns_there() {
    const std::string prefix = "embeddings/";
    std::set<std::string> columns;
    for (std::string after;;) {
      COLVEC_ASSIGN(const ObjectPage page, remote_->list(prefix, after));
      if (page.objects.empty()) return columns;
      const std::string rest = page.objects.front().key.substr(prefix.size());
      const std::string column = rest.substr(0, rest.find('/'));
      if (encode_file_name(decode_uri(column)) != column)
        return fail(ErrorCode::kCorruption,
                    place_ + "/" + prefix + column + ": is not the name of a column");
      // One whose first push was stopped has files, but no version yet.
      const auto first = remote_->head(prefix + column + "/vectors/" + std::string(kLogFolder) +
                                       "/" + entry_name(0));
      if (!first && first.error().code != ErrorCode::kNotFound)
        return tl::make_unexpected(first.error());
      if (first) columns.insert(column);
      after = prefix + column + static_cast<char>('/' + 1);
    }
  }

  Status sync_store_of(const std::string& column, Direction direction, SyncedOneWay* total) {
    SyncOptions options = options_.sync;
    options.remote = place_ + "/embeddings/" + column;
    const fs::path folder = embeddings_folder(home_, name_) / column;
    const bool is_push = direction == Direction::kPush;
    Result<Synced> synced = is_push ? push_store(folder, options) : pull_store(folder, options);
    if (!synced) return at("column " + decode_uri(column), std::move(synced).error());
    total->add(is_push ? synced->pushed : synced->pulled, "embeddings/" + column + "/");
    return {};
  }

  struct There {
    std::optional<Dataset> dataset;
    std::string etag;
  };
  Result<There> definition_there() {
    There there;
    const Result<Object> object = remote_->get(kDatasetKey, kDatasetBytesMax);
    if (!object && object.error().code == ErrorCode::kNotFound) return there;
    if (!object) return tl::make_unexpected(object.error());
    COLVEC_ASSIGN(there.dataset, parse_dataset(object->bytes, place_ + "/" + kDatasetKey));
    there.dataset->name = name_;
    there.etag = object->etag;
    return there;
  }

  fs::path base_path() const { return mirror_folder_of(folder_, place_) / kDatasetKey; }

  Result<std::optional<Dataset>> base() const {
    const Result<std::string> text = read_file(base_path(), kDatasetBytesMax);
    if (!text && text.error().code == ErrorCode::kNotFound) return std::optional<Dataset>();
    if (!text) return tl::make_unexpected(text.error());
    COLVEC_ASSIGN(Dataset dataset, parse_dataset(*text, base_path().string()));
    return std::optional(std::move(dataset));
  }

  Status keep_base(const std::optional<Dataset>& before, const Dataset& shared) {
    if (is_dry() || (before && *before == shared)) return {};
    COLVEC_TRY(local_file_system().make_folders(base_path().parent_path()));
    return replace_file(base_path(), to_json(shared));
  }

  Status sync_definition(Direction direction, SyncedOneWay* total) {
    if (direction == Direction::kPull) return pull_definition(total);
    for (int tries = 1; tries <= kTriesMax; ++tries) {
      COLVEC_ASSIGN(const bool is_done, push_definition(total));
      if (is_done) return {};
    }
    return fail(ErrorCode::kConflict,
                place_ + "/" + kDatasetKey + ": is changed by others again and again");
  }

  // What both have, merged; a push sends it, and leaves dataset.json here as it is.
  Result<bool> push_definition(SyncedOneWay* total) {
    COLVEC_ASSIGN(const Dataset ours, read_dataset(home_, name_));
    COLVEC_ASSIGN(const There there, definition_there());
    COLVEC_ASSIGN(const std::optional<Dataset> before, base());
    Dataset merged = shared_part(ours);
    if (there.dataset) {
      COLVEC_ASSIGN(const Dataset both, merge(before, ours, *there.dataset));
      merged.columns = shared_part(both).columns;
      merged.source = there.dataset->source;
    }
    const bool is_news = !there.dataset || merged != shared_part(*there.dataset);
    if (is_news && !is_dry()) {
      PutCondition condition{.if_absent = !there.dataset, .if_match = there.etag};
      if (options_.sync.single_writer) condition = {};
      COLVEC_ASSIGN(const PutResult put, remote_->put(kDatasetKey, to_json(merged), condition));
      // An answer that was lost looks like somebody else's change: it is read again.
      if (!put.is_done) return false;
    }
    if (is_news) count_definition(total);
    // What the others changed is not here yet: for that the base stays behind.
    if (shared_part(ours).columns == merged.columns) COLVEC_TRY(keep_base(before, merged));
    return true;
  }

  Status pull_definition(SyncedOneWay* total) {
    COLVEC_ASSIGN(const There there, definition_there());
    if (!there.dataset) return {};
    const auto ours = read_dataset(home_, name_);
    if (!ours && ours.error().code != ErrorCode::kNotFound)
      return tl::make_unexpected(ours.error());
    COLVEC_ASSIGN(const std::optional<Dataset> before, base());
    if (!ours) {
      count_definition(total);
      if (is_dry()) return {};
      Dataset dataset = shared_part(*there.dataset);
      if (!options_.source.empty()) dataset.source.path = options_.source;
      COLVEC_TRY(save_dataset(home_, dataset));
    } else {
      COLVEC_ASSIGN(const Dataset merged, merge(before, *ours, *there.dataset));
      if (merged != *ours) count_definition(total);
      if (is_dry()) return {};
      COLVEC_TRY(change_dataset(home_, name_, [&](Dataset* dataset) -> Status {
        COLVEC_ASSIGN(*dataset, merge(before, *dataset, *there.dataset));
        return {};
      }));
    }
    return keep_base(before, shared_part(*there.dataset));
  }

  Result<Dataset> merge(const std::optional<Dataset>& before, const Dataset& ours,
                        const Dataset& theirs) const {
    return merge_datasets(before ? &*before : nullptr, ours, theirs, options_.keep);
  }

  void count_definition(SyncedOneWay* total) const {
    ++total->files;
    if (is_dry()) total->paths.emplace_back(kDatasetKey);
  }

  // Records are written once: what one side lacks it gets.
  Status sync_runs(Direction direction, SyncedOneWay* total) {
    const std::string prefix = "runs/";
    std::set<std::string> there;
    COLVEC_ASSIGN(const std::vector<ObjectInfo> objects, list_all(*remote_, prefix));
    for (const ObjectInfo& object : objects) there.insert(object.key.substr(prefix.size()));
    std::set<std::string> here;
    const auto entries = local_file_system().list(runs_folder(home_, name_));
    if (!entries && entries.error().code != ErrorCode::kNotFound)
      return tl::make_unexpected(entries.error());
    if (entries)
      for (const FolderEntry& entry : *entries)
        if (is_run_name(entry.name)) here.insert(entry.name);
    const bool is_push = direction == Direction::kPush;
    for (const std::string& name : is_push ? here : there) {
      if (!is_run_name(name) || (is_push ? there : here).contains(name)) continue;
      ++total->files;
      if (is_dry())
        total->paths.push_back(prefix + name);
      else
        COLVEC_TRY(is_push ? push_run(name) : pull_run(name));
    }
    return {};
  }

  Status push_run(const std::string& name) {
    COLVEC_ASSIGN(const std::string text,
                  read_file(runs_folder(home_, name_) / name, kRunBytesMax));
    COLVEC_TRY(remote_->put("runs/" + name, text, {}));
    return {};
  }

  Status pull_run(const std::string& name) {
    COLVEC_ASSIGN(const Object object, remote_->get("runs/" + name, kRunBytesMax));
    const std::string where = place_ + "/runs/" + name;
    COLVEC_ASSIGN(DatasetRun run, parse_run(object.bytes, where));
    if (run.id + ".json" != name)
      return fail(ErrorCode::kCorruption, where + ": is of the run " + run.id);
    // What it says of changes and failures holds for the other home.
    run.state.clear();
    run.pulled = true;
    return record_run(home_, name_, run);
  }

  const fs::path& home_;
  std::string name_;
  const DatasetSyncOptions& options_;
  std::string place_;
  fs::path folder_;
  std::unique_ptr<ObjectStore> remote_;
};

// The remote to use: the one named now, else that of dataset.json.
Result<std::string> remote_of(const fs::path& home, std::string_view name,
                              const DatasetSyncOptions& options) {
  if (!options.sync.remote.empty()) {
    COLVEC_TRY(check_no_keys(options.sync.remote));
    return options.sync.remote;
  }
  Result<Dataset> dataset = read_dataset(home, name);
  if (!dataset && dataset.error().code == ErrorCode::kNotFound)
    dataset.error().message += "; a pull of one that is not here yet needs --remote URL";
  if (!dataset) return tl::make_unexpected(std::move(dataset).error());
  if (!dataset->remote.empty()) return dataset->remote;
  return fail(ErrorCode::kInvalidArgument,
              "dataset " + std::string(name) + ": has no remote yet: name one (--remote URL)");
}

// dataset.json takes the first remote that is named.
Status note_remote(const fs::path& home, std::string_view name, const std::string& remote) {
  const auto changed = change_dataset(home, name, [&](Dataset* dataset) -> Status {
    if (dataset->remote.empty()) dataset->remote = remote;
    return {};
  });
  return changed ? Status() : tl::make_unexpected(changed.error());
}

Status pull(DatasetSync& sync, SyncWays ways, Synced* synced) {
  const Status there = sync.check_there();
  const bool may_begin = ways.push && !there && there.error().code == ErrorCode::kNotFound;
  if (!there) return may_begin ? Status() : there;
  COLVEC_ASSIGN(const SyncedOneWay pulled, sync.run(Direction::kPull));
  synced->pulled.add(pulled);
  return {};
}

Result<Synced> run_ways(DatasetSync& sync, SyncWays ways) {
  Synced synced;
  COLVEC_TRY(sync.open());
  for (int tries = 1;; ++tries) {
    if (ways.pull) COLVEC_TRY(pull(sync, ways, &synced));
    if (!ways.push) return synced;
    const Result<SyncedOneWay> pushed = sync.run(Direction::kPush);
    if (pushed) synced.pushed.add(*pushed);
    if (pushed) return synced;
    // What came there since the pull may have to be known here first.
    if (pushed.error().code != ErrorCode::kConflict || !ways.pull || tries == kTriesMax)
      return tl::make_unexpected(pushed.error());
  }
}

Result<Synced> run_sync(const fs::path& home, std::string_view name,
                        const DatasetSyncOptions& options, SyncWays ways) {
  // Before what is kept as a failure of the remote.
  COLVEC_TRY(check_sync_options(options.sync));
  COLVEC_TRY(check_no_keys(options.source));
  if (!ways.pull) COLVEC_TRY(read_dataset(home, name));
  COLVEC_ASSIGN(const std::string remote, remote_of(home, name, options));
  DatasetSync sync(home, name, options, remote);
  const StoreVersions before = shared_versions(home, name);
  Result<Synced> synced = run_ways(sync, ways);
  if (options.sync.dry_run) return synced;
  if (synced) synced->remote = remote;
  if (synced) COLVEC_TRY(note_remote(home, name, remote));
  // Who stopped it knows that: it is no failure to tell of.
  if (!synced && synced.error().code == ErrorCode::kCancelled) return synced;
  // A home that does not have the dataset keeps nothing of it.
  if (!synced && !read_dataset(home, name)) return synced;
  SyncState state = read_sync_state(home, name);
  const std::string place = place_at_remote(home, name, remote);
  if (state.place != place) state = {.place = place};
  state.error = synced ? "" : synced.error().message;
  state.error_ms = synced ? 0 : now_ms();
  if (synced && ways.pull) state.pulled_ms = now_ms();
  if (synced && ways.push) state.pushed_ms = now_ms();
  if (synced) state.pushed = pushed_after(ways, state.pushed, before, shared_versions(home, name));
  const Status written = write_sync_state(home, name, state);
  if (synced && !written) return tl::make_unexpected(written.error());
  return synced;
}

}  // namespace

Result<Synced> push_dataset(const fs::path& home, std::string_view name,
                            const DatasetSyncOptions& options) {
  // A push leaves dataset.json here as it is: theirs would be kept nowhere.
  if (options.keep == SettingsOf::kTheirs)
    return fail(ErrorCode::kInvalidArgument, "--settings theirs: goes with pull or sync");
  return run_sync(home, name, options, {.push = true});
}

Result<Synced> pull_dataset(const fs::path& home, std::string_view name,
                            const DatasetSyncOptions& options) {
  return run_sync(home, name, options, {.pull = true});
}

Result<Synced> sync_dataset(const fs::path& home, std::string_view name,
                            const DatasetSyncOptions& options) {
  if (options.sync.exact)
    return fail(ErrorCode::kInvalidArgument, "--exact: goes with push or pull, not with sync");
  return run_sync(home, name, options, {.pull = true, .push = true});
}

}  // namespace colvec
