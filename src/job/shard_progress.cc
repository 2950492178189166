// How far the shards of a job are, from the log of their store alone.
#include "colvec/shard.h"
#include "job/open_job.h"
#include "job/shard_log.h"
#include "job/store_cache.h"
#include "remote/object_store.h"
#include "store/mirror_files.h"
#include "store/shared_store.h"
#include "store/sync_store.h"

namespace colvec {
namespace {

Result<std::vector<ShardProgress>> read_progress(FileSystem& files, Connection& connection,
                                                 const std::filesystem::path& store,
                                                 std::int64_t since_ms) {
  COLVEC_ASSIGN(DeltaLog log, DeltaLog::open(files, connection, store / "vectors"));
  COLVEC_ASSIGN(const std::vector<ShardEntry> entries, read_shard_entries(log, since_ms));
  return progress_of(entries);
}

}  // namespace

Result<std::vector<ShardProgress>> read_shard_progress(const TableJobConfig& config,
                                                       std::int64_t since_ms) {
  if (config.store.empty())
    return fail(ErrorCode::kInvalidArgument, "store: the config names none: it has no shards");
  COLVEC_ASSIGN(Database database, open_database_for(config));
  COLVEC_ASSIGN(Connection connection, database.connect());
  const std::string place = config.store.string();
  if (!is_remote_store(place))
    return read_progress(local_file_system(), connection, config.store, since_ms);
  COLVEC_ASSIGN(const std::unique_ptr<ObjectStore> remote, open_object_store(place, {}));
  MirrorFiles mirror(*remote, local_file_system(),
                     mirror_folder_of(replica_folder(config), remote->url()), {});
  return read_progress(mirror, connection, mirror.folder(), since_ms);
}

}  // namespace colvec
