#include "store/sync_store.h"

#include <utility>

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "store/replica_models.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kRemoteBytesMax = 64u << 10;
// Files that go while they are looked for (a compaction and a vacuum of somebody else): the source
// is looked at again.
constexpr int kTriesMax = 4;

fs::path remote_path(const fs::path& folder) { return folder / "_remote" / "remote.json"; }

void add(const Replicated& replicated, const std::string& table, SyncedOneWay* total) {
  total->commits += replicated.entries;
  total->files += replicated.files;
  total->bytes += replicated.bytes;
  for (const std::string& path : replicated.paths) total->paths.push_back(table + "/" + path);
}

}  // namespace

fs::path mirror_folder_of(const fs::path& folder, const std::string& url) {
  return folder / "_remote" / text_hash(url).substr(0, 16);
}

Result<std::string> kept_remote(const fs::path& folder) {
  const fs::path path = remote_path(folder);
  const Result<std::string> text = read_file(path, kRemoteBytesMax);
  if (!text && text.error().code == ErrorCode::kNotFound) return std::string();
  if (!text) return tl::make_unexpected(text.error());
  COLVEC_ASSIGN(const Json json, Json::parse(*text, path.string()));
  return json.string("url");
}

Status keep_remote(const fs::path& folder, const std::string& url) {
  COLVEC_ASSIGN(const std::string kept, kept_remote(folder));
  if (kept == url) return {};
  COLVEC_TRY(local_file_system().make_folders(remote_path(folder).parent_path()));
  return replace_file(remote_path(folder), "{\"url\":" + json_quote(url) + "}\n");
}

// From one side to the other, once.
struct StoreSync::Pass {
  StoreSync& sync;
  bool is_push;
  bool originals;
  Side& from;
  Side& to;
  SyncedOneWay total{};

  Result<Replicated> table(const std::string& name, Replica& source, Replica& target,
                           ReplicateOptions options) {
    const StoreSyncOptions& given = sync.options_;
    MoverOptions moving{
        .folder = sync.folder_ / name, .prefix = name + "/", .parallel = given.parallel};
    SyncMeter* const meter = given.meter;
    if (meter != nullptr)
      moving.on_moved = [meter](std::int64_t bytes) { meter->add_bytes(bytes); };
    const std::unique_ptr<FileMover> mover =
        is_push ? make_uploader(sync.files_, sync.remote_, moving)
                : make_downloader(sync.files_, sync.remote_, moving);
    options.originals = originals;
    options.cancel = given.cancel;
    if (meter != nullptr)
      options.on_batch = [meter](std::uint64_t files, std::uint64_t bytes) {
        meter->expect(files, bytes);
      };
    COLVEC_ASSIGN(Replicated replicated, given.dry_run
                                             ? would_replicate(source, target, *mover, options)
                                             : replicate(source, target, *mover, options));
    if (meter != nullptr) meter->add_files(replicated.files);
    add(replicated, name, &total);
    return replicated;
  }

  Status models() {
    const ModelsPlace place{.files = sync.files_,
                            .folder = sync.folder_,
                            .mirror = sync.mirror_->folder(),
                            .remote = sync.remote_};
    COLVEC_ASSIGN(const std::uint64_t missing, is_push ? push_models(place, sync.options_.dry_run)
                                                       : pull_models(place, sync.options_.dry_run));
    total.files += missing;
    return {};
  }

  Status run() {
    COLVEC_TRY(check_same_table(*from.vectors, *to.vectors));
    COLVEC_TRY(check_same_table(*from.keys, *to.keys));
    const StoreSyncOptions& given = sync.options_;
    if (given.exact) {
      COLVEC_TRY(check_holds_all(from.keys->table(), to.keys->table(), to.keys->where()));
      COLVEC_TRY(check_holds_all(from.vectors->table(), to.vectors->table(), to.vectors->where()));
    }
    COLVEC_TRY(models());
    // What takes vectors out comes after the keys that had them have gone.
    if (!given.dry_run)
      COLVEC_TRY(table("vectors", *from.vectors, *to.vectors, {.takes_rows_out = false}));
    if (to.vectors->exists()) COLVEC_TRY(to.vectors->log().settle());
    COLVEC_TRY(table(
        "keys", *from.keys, *to.keys,
        {.is_exact = given.exact, .vectors_version = to.vectors->snapshot().version.value_or(0)}));
    COLVEC_TRY(table("vectors", *from.vectors, *to.vectors, {.is_exact = given.exact}));
    return {};
  }
};

StoreSync::StoreSync(FileSystem& files, fs::path folder, ObjectStore& remote, Connection connection,
                     const StoreSyncOptions& options)
    : files_(files),
      folder_(std::move(folder)),
      remote_(remote),
      options_(options),
      connection_(std::make_unique<Connection>(std::move(connection))),
      mirror_(std::make_unique<MirrorFiles>(
          remote, files, mirror_folder_of(folder_, remote.url()),
          MirrorOptions{.single_writer = options.single_writer, .parallel = options.parallel})) {}

Result<std::unique_ptr<StoreSync>> StoreSync::open(FileSystem& files, Database& database,
                                                   fs::path folder, ObjectStore& remote,
                                                   const StoreSyncOptions& options) {
  folder = fs::absolute(folder).lexically_normal();
  COLVEC_ASSIGN(Connection connection, database.connect());
  std::unique_ptr<StoreSync> sync(
      new StoreSync(files, std::move(folder), remote, std::move(connection), options));
  COLVEC_ASSIGN(sync->here_, sync->open_side(files, sync->folder_, sync->folder_.string()));
  COLVEC_TRY(sync->open_there());
  return sync;
}

// Keys first: their vectors were there before them.
Result<StoreSync::Side> StoreSync::open_side(FileSystem& files, const fs::path& folder,
                                             const std::string& where) {
  Side side;
  COLVEC_ASSIGN(side.keys, Replica::open(files, *connection_, folder / "keys", where + "/keys"));
  COLVEC_ASSIGN(side.vectors,
                Replica::open(files, *connection_, folder / "vectors", where + "/vectors"));
  return side;
}

Status StoreSync::open_there() {
  Result<Side> side = open_side(*mirror_, mirror_->folder(), remote_.url());
  if (!side && side.error().code == ErrorCode::kCorruption) {
    // It may be only the mirror that is damaged.
    COLVEC_TRY(mirror_->forget("keys"));
    COLVEC_TRY(mirror_->forget("vectors"));
    side = open_side(*mirror_, mirror_->folder(), remote_.url());
  }
  if (!side) return tl::make_unexpected(std::move(side).error());
  there_ = std::move(*side);
  return {};
}

Status StoreSync::refresh(Side* side) {
  COLVEC_TRY(side->keys->refresh());
  return side->vectors->refresh();
}

Result<SyncedOneWay> StoreSync::one_way(bool is_push) {
  Side& from = is_push ? here_ : there_;
  Side& to = is_push ? there_ : here_;
  if (!from.vectors->exists())
    return fail(ErrorCode::kNotFound,
                (is_push ? folder_.string() : remote_.url()) + ": no store there");
  if (options_.meter != nullptr) options_.meter->begin(is_push ? "pushing" : "pulling");
  SyncedOneWay total;
  for (int tries = 1;; ++tries) {
    Pass pass{.sync = *this, .is_push = is_push, .originals = tries == 1, .from = from, .to = to};
    const Status done = pass.run();
    total.commits += pass.total.commits;
    total.files += pass.total.files;
    total.bytes += pass.total.bytes;
    total.paths = std::move(pass.total.paths);
    if (done) break;
    if (done.error().code != ErrorCode::kNotFound || tries == kTriesMax)
      return tl::make_unexpected(done.error());
    COLVEC_TRY(refresh(&from));
  }
  if (options_.meter != nullptr) options_.meter->finish();
  return total;
}

Result<SyncedOneWay> StoreSync::push() {
  COLVEC_TRY(refresh(&here_));
  return one_way(true);
}

Result<SyncedOneWay> StoreSync::pull() {
  COLVEC_TRY(refresh(&there_));
  return one_way(false);
}

}  // namespace colvec
