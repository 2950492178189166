#include "colvec/sync.h"

#include <functional>

#include "base/size.h"
#include "remote/check_remote.h"
#include "store/open_store.h"
#include "store/remote_stores.h"
#include "store/sync_store.h"
#include "store/vacuum_remote.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

constexpr int kSyncTriesMax = 5;

// What the functions below need, and share.
struct Opened {
  std::unique_ptr<RateLimit> rate;
  std::unique_ptr<SyncMeter> meter;
  std::unique_ptr<ObjectStore> remote;
  std::unique_ptr<Database> database;
  std::unique_ptr<StoreSync> sync;
};

Result<std::unique_ptr<ObjectStore>> open_remote(const std::string& url, const SyncOptions& options,
                                                 RateLimit* rate) {
  return open_object_store(url, {.parallel = options.parallel,
                                 .rate = rate,
                                 .cancel = options.cancel,
                                 .backoff = {.attempts_max = options.attempts_max}});
}

Result<std::uint64_t> bandwidth_of(const SyncOptions& options) {
  if (options.bandwidth.empty()) return 0;
  Result<std::uint64_t> bytes = parse_size(options.bandwidth);
  return bytes ? bytes : at("--bandwidth", std::move(bytes).error());
}

Result<std::string> remote_of(const fs::path& folder, const SyncOptions& options) {
  if (!options.remote.empty()) return options.remote;
  COLVEC_ASSIGN(std::string kept, kept_remote(folder));
  if (kept.empty())
    return fail(ErrorCode::kInvalidArgument,
                folder.string() + ": has no remote yet: name one (--remote URL)");
  return kept;
}

Result<Opened> open(const fs::path& folder, const SyncOptions& options, bool compactions = false) {
  Opened opened;
  COLVEC_TRY(check_sync_options(options));
  COLVEC_ASSIGN(const std::string url, remote_of(folder, options));
  COLVEC_ASSIGN(const std::uint64_t bandwidth, bandwidth_of(options));
  opened.rate = std::make_unique<RateLimit>(bandwidth);
  opened.meter = std::make_unique<SyncMeter>(options.on_progress);
  opened.meter->begin("looking");
  COLVEC_ASSIGN(opened.remote, open_remote(url, options, opened.rate.get()));
  COLVEC_ASSIGN(Database database,
                open_store_database(folder, {.memory_limit = options.memory_limit, .threads = 1}));
  opened.database = std::make_unique<Database>(std::move(database));
  COLVEC_ASSIGN(opened.sync,
                StoreSync::open(local_file_system(), *opened.database, folder, *opened.remote,
                                {.dry_run = options.dry_run,
                                 .exact = options.exact,
                                 .repair = options.repair,
                                 .compactions = compactions,
                                 .single_writer = options.single_writer,
                                 .parallel = options.parallel,
                                 .cancel = options.cancel,
                                 .meter = opened.meter.get()}));
  return opened;
}

Result<Synced> finish(const fs::path& folder, const SyncOptions& options, const Opened& opened,
                      Synced synced) {
  synced.remote = opened.remote->url();
  if (!options.dry_run) COLVEC_TRY(keep_remote(folder, synced.remote));
  return synced;
}

}  // namespace

void SyncedOneWay::add(const SyncedOneWay& moved, std::string_view prefix) {
  commits += moved.commits;
  files += moved.files;
  bytes += moved.bytes;
  conflicts += moved.conflicts;
  for (const std::string& path : moved.paths) paths.push_back(std::string(prefix) + path);
  notes.insert(notes.end(), moved.notes.begin(), moved.notes.end());
}

Status check_sync_options(const SyncOptions& options) {
  if (options.parallel == 0)
    return fail(ErrorCode::kInvalidArgument, "--parallel: must be 1 or more");
  COLVEC_TRY(bandwidth_of(options));
  return {};
}

Result<Synced> push_store(const fs::path& folder, const SyncOptions& options) {
  COLVEC_ASSIGN(const Opened opened, open(folder, options));
  Synced synced;
  COLVEC_ASSIGN(synced.pushed, opened.sync->push());
  return finish(folder, options, opened, std::move(synced));
}

Result<Synced> pull_store(const fs::path& folder, const SyncOptions& options) {
  COLVEC_ASSIGN(const Opened opened, open(folder, options));
  Synced synced;
  COLVEC_ASSIGN(synced.pulled, opened.sync->pull());
  return finish(folder, options, opened, std::move(synced));
}

Result<RemoteReport> check_remote(const std::string& remote, const SyncOptions& options) {
  COLVEC_ASSIGN(const std::unique_ptr<ObjectStore> store, open_remote(remote, options, nullptr));
  return check_object_store(*store);
}

namespace {

// Calls `work` with each store below the remote, and where it lies there.
Status for_each_store(
    const std::string& remote, const SyncOptions& options,
    const std::function<Status(const std::string& url, const std::string& place)>& work) {
  COLVEC_ASSIGN(const std::unique_ptr<ObjectStore> store, open_remote(remote, options, nullptr));
  COLVEC_ASSIGN(const std::vector<std::string> places, find_remote_stores(*store));
  for (const std::string& place : places)
    COLVEC_TRY(work(place.empty() ? store->url() : store->url() + "/" + place, place));
  return {};
}

// Others may push meanwhile: what was put together are files that were there before.
Result<StoreCompacted> compact_one(const std::string& url, const SyncOptions& given) {
  SyncOptions options = given;
  options.remote = url;
  COLVEC_ASSIGN(const ReplicaScratch scratch, ReplicaScratch::make());
  COLVEC_TRY(pull_store(scratch.path(), options));
  COLVEC_ASSIGN(const std::unique_ptr<Store> store,
                Store::open(scratch.path(), {.memory_limit = options.memory_limit}));
  COLVEC_ASSIGN(const StoreCompacted compacted, store->compact());
  COLVEC_ASSIGN(const Opened opened, open(scratch.path(), options, true));
  COLVEC_TRY(opened.sync->push());
  return compacted;
}

}  // namespace

Result<StoreVacuumed> vacuum_remote(const std::string& remote, double retention_hours, bool dry_run,
                                    const SyncOptions& options) {
  if (!dry_run) {
    // Before stores are looked for: there may be none yet.
    COLVEC_ASSIGN(const std::unique_ptr<ObjectStore> all, open_remote(remote, options, nullptr));
    COLVEC_TRY(drop_given_up_uploads(*all));
  }
  StoreVacuumed total;
  COLVEC_TRY(for_each_store(
      remote, options, [&](const std::string& url, const std::string& place) -> Status {
        COLVEC_ASSIGN(const std::unique_ptr<ObjectStore> store, open_remote(url, options, nullptr));
        COLVEC_ASSIGN(const ReplicaScratch scratch, ReplicaScratch::make());
        COLVEC_ASSIGN(Database database,
                      open_store_database(scratch.path(),
                                          {.memory_limit = options.memory_limit, .threads = 1}));
        COLVEC_ASSIGN(const StoreVacuumed vacuumed,
                      vacuum_remote(*store, database, scratch.path(), retention_hours, dry_run));
        total.files += vacuumed.files;
        total.bytes += vacuumed.bytes;
        for (const fs::path& path : vacuumed.paths) total.paths.push_back(fs::path(place) / path);
        return {};
      }));
  return total;
}

Result<StoreCompacted> compact_remote(const std::string& remote, const SyncOptions& options) {
  StoreCompacted total;
  COLVEC_TRY(
      for_each_store(remote, options, [&](const std::string& url, const std::string&) -> Status {
        COLVEC_ASSIGN(const StoreCompacted compacted, compact_one(url, options));
        total.files_before += compacted.files_before;
        total.files_after += compacted.files_after;
        total.doubles_dropped += compacted.doubles_dropped;
        return {};
      }));
  return total;
}

Result<Synced> sync_store(const fs::path& folder, const SyncOptions& options) {
  if (options.exact)
    return fail(ErrorCode::kInvalidArgument, "--exact: goes with push or pull, not with sync");
  COLVEC_ASSIGN(const Opened opened, open(folder, options));
  Synced synced;
  if (!opened.sync->is_here() && !opened.sync->is_there())
    return fail(ErrorCode::kNotFound,
                folder.string() + ": no store there, nor at " + opened.remote->url());
  for (int tries = 1;; ++tries) {
    if (opened.sync->is_there()) {
      COLVEC_ASSIGN(const SyncedOneWay pulled, opened.sync->pull());
      synced.pulled.add(pulled);
    }
    if (!opened.sync->is_here()) break;
    const Result<SyncedOneWay> pushed = opened.sync->push();
    if (pushed) synced.pushed.add(*pushed);
    if (pushed) break;
    // What came there since the pull may have to be known here first.
    if (pushed.error().code != ErrorCode::kConflict || tries == kSyncTriesMax)
      return tl::make_unexpected(pushed.error());
  }
  return finish(folder, options, opened, std::move(synced));
}

}  // namespace colvec
