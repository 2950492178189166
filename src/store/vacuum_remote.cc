#include "store/vacuum_remote.h"

#include "store/log_names.h"
#include "store/mirror_files.h"
#include "store/vacuum.h"

namespace colvec {
namespace {

class RemoteVacuum {
 public:
  RemoteVacuum(ObjectStore& remote, Connection& connection, const std::filesystem::path& scratch)
      : remote_(remote),
        connection_(connection),
        mirror_(remote, local_file_system(), scratch, {}) {}

  Status run(const std::string& table, double retention_hours, bool dry_run,
             StoreVacuumed* vacuumed) {
    const std::string prefix = table + "/";
    COLVEC_ASSIGN(const std::vector<ObjectInfo> objects, list_all(remote_, prefix));
    // The log is read after the files: what was committed since is known, what came since is young.
    COLVEC_ASSIGN(DeltaLog log, DeltaLog::open(mirror_, connection_, mirror_.folder() / table));
    if (!log.snapshot().version) return {};
    has_tables_ = true;
    COLVEC_ASSIGN(const std::set<std::string> recent,
                  removed_since(log, hours_ago(retention_hours)));
    for (const ObjectInfo& object : objects) {
      const std::string path = object.key.substr(prefix.size());
      const bool is_of_log = path.starts_with(std::string(kLogFolder) + "/");
      if (is_of_log || log.snapshot().files.contains(path) || recent.contains(path)) continue;
      const DeadFile file{.path = path,
                          .entry = {.name = path, .modified_ms = object.modified_ms},
                          .was_named = log.snapshot().tombstones.contains(path)};
      if (!is_nobodys(file)) continue;
      if (!dry_run) {
        // A push may have made it live again since.
        COLVEC_TRY(log.refresh({}));
        if (log.snapshot().files.contains(path)) continue;
        COLVEC_TRY(remote_.remove(object.key));
      }
      ++vacuumed->files;
      vacuumed->bytes += object.size;
      vacuumed->paths.emplace_back(object.key);
    }
    return {};
  }

  bool has_tables() const { return has_tables_; }

 private:
  ObjectStore& remote_;
  Connection& connection_;
  MirrorFiles mirror_;
  bool has_tables_ = false;
};

}  // namespace

Result<StoreVacuumed> vacuum_remote(ObjectStore& remote, Database& database,
                                    const std::filesystem::path& scratch, double retention_hours,
                                    bool dry_run) {
  if (!(retention_hours >= 0))
    return fail(ErrorCode::kInvalidArgument, "--retention-hours: must be 0 or more");
  COLVEC_ASSIGN(Connection connection, database.connect());
  RemoteVacuum vacuum(remote, connection, scratch);
  StoreVacuumed vacuumed;
  for (const char* table : {"keys", "vectors"})
    COLVEC_TRY(vacuum.run(table, retention_hours, dry_run, &vacuumed));
  if (!vacuum.has_tables()) return fail(ErrorCode::kNotFound, remote.url() + ": no store there");
  if (!dry_run) COLVEC_TRY(remote.drop_unfinished("", hours_ago(kOrphanHours)));
  return vacuumed;
}

}  // namespace colvec
