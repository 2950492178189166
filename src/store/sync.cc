#include "colvec/sync.h"

#include "base/size.h"
#include "base/uuid.h"
#include "remote/check_remote.h"
#include "store/open_store.h"
#include "store/sync_store.h"
#include "store/vacuum_remote.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

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
  return open_object_store(url,
                           {.parallel = options.parallel, .rate = rate, .cancel = options.cancel});
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

Result<Opened> open(const fs::path& folder, const SyncOptions& options) {
  Opened opened;
  if (options.parallel == 0)
    return fail(ErrorCode::kInvalidArgument, "--parallel: must be 1 or more");
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

Result<StoreVacuumed> vacuum_remote(const std::string& remote, double retention_hours, bool dry_run,
                                    const SyncOptions& options) {
  COLVEC_ASSIGN(const std::unique_ptr<ObjectStore> store, open_remote(remote, options, nullptr));
  const fs::path scratch = fs::temp_directory_path() / ("colvec_vacuum_" + new_uuid());
  COLVEC_ASSIGN(Database database,
                open_store_database(scratch, {.memory_limit = options.memory_limit, .threads = 1}));
  Result<StoreVacuumed> vacuumed =
      vacuum_remote(*store, database, scratch, retention_hours, dry_run);
  std::error_code ignored;
  fs::remove_all(scratch, ignored);
  return vacuumed;
}

Result<Synced> sync_store(const fs::path& folder, const SyncOptions& options) {
  if (options.exact)
    return fail(ErrorCode::kInvalidArgument, "--exact: goes with push or pull, not with sync");
  COLVEC_ASSIGN(const Opened opened, open(folder, options));
  Synced synced;
  if (!opened.sync->is_here() && !opened.sync->is_there())
    return fail(ErrorCode::kNotFound,
                folder.string() + ": no store there, nor at " + opened.remote->url());
  if (opened.sync->is_there()) {
    COLVEC_ASSIGN(synced.pulled, opened.sync->pull());
  }
  if (opened.sync->is_here()) {
    COLVEC_ASSIGN(synced.pushed, opened.sync->push());
  }
  return finish(folder, options, opened, std::move(synced));
}

}  // namespace colvec
