#include "store/sync_store.h"

#include <functional>
#include <map>
#include <utility>

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "store/column_store.h"
#include "store/keep_vectors.h"
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
  total->conflicts += replicated.conflicts;
  for (const AddFile& file : replicated.moving) total->paths.push_back(table + "/" + file.path);
}

std::vector<AddFile> live_files(const Replica& replica) {
  std::vector<AddFile> files;
  for (const auto& [path, file] : replica.snapshot().files) files.push_back(file);
  return files;
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
  std::string lost_on_both{};  // A file that cannot be repaired; "" while there is none.

  const StoreSyncOptions& given() const { return sync.options_; }

  std::unique_ptr<FileMover> mover(const std::string& name) {
    MoverOptions moving{.folder = sync.folder_ / name,
                        .prefix = name + "/",
                        .parallel = given().parallel,
                        .cancel = given().cancel};
    if (!is_push && name == "vectors") moving.range = given().range;
    if (SyncMeter* const meter = given().meter)
      moving.on_moved = [meter](std::int64_t bytes) { meter->add_bytes(bytes); };
    return is_push ? make_uploader(sync.files_, sync.remote_, moving)
                   : make_downloader(sync.files_, sync.remote_, moving);
  }

  ReplicateOptions completed(ReplicateOptions options) const {
    options.originals = originals;
    options.cancel = given().cancel;
    if (SyncMeter* const meter = given().meter)
      options.on_batch = [meter](std::uint64_t files, std::uint64_t bytes) {
        meter->expect(files, bytes);
      };
    return options;
  }

  Result<Replicated> look(const std::string& name, Replica& source, Replica& target,
                          const ReplicateOptions& options) {
    return would_replicate(source, target, *mover(name), completed(options));
  }

  Status table(const std::string& name, Replica& source, Replica& target,
               const ReplicateOptions& options) {
    COLVEC_ASSIGN(const Replicated replicated,
                  given().dry_run ? look(name, source, target, options)
                                  : replicate(source, target, *mover(name), completed(options)));
    if (given().meter != nullptr) given().meter->add_files(replicated.files);
    add(replicated, name, &total);
    return {};
  }

  Status models() {
    const ModelsPlace place{.files = sync.files_,
                            .folder = sync.folder_,
                            .mirror = sync.mirror_->folder(),
                            .remote = sync.remote_};
    COLVEC_ASSIGN(const std::uint64_t missing, is_push ? push_models(place, given().dry_run)
                                                       : pull_models(place, given().dry_run));
    total.files += missing;
    return {};
  }

  Status check() {
    COLVEC_TRY(check_same_table(*from.vectors, *to.vectors));
    COLVEC_TRY(check_same_table(*from.keys, *to.keys));
    if (given().exact) {
      COLVEC_TRY(check_holds_all(from.keys->table(), to.keys->table(), to.keys->where()));
      return check_holds_all(from.vectors->table(), to.vectors->table(), to.vectors->where());
    }
    // Keys may need vectors that were taken out there, and of which nobody here knows that.
    const std::string unknown =
        is_push ? unknown_erasure(to.vectors->history(), from.vectors->history()) : "";
    if (unknown.empty()) return {};
    return fail(ErrorCode::kConflict, to.vectors->where() + ": rows were taken out there (commit " +
                                          unknown + "), which is not known here yet: pull first");
  }

  // Vectors of keys that come, which were taken out here while the keys came to be there.
  Status keep_for_new_keys(ColumnStore& store) {
    COLVEC_ASSIGN(const Replicated keys, look("keys", *from.keys, *to.keys, {}));
    if (keys.moving.empty()) return {};
    COLVEC_TRY(mover("keys")->move(keys.moving));
    std::vector<AddFile> gone_here;
    for (const auto& [path, file] : from.vectors->snapshot().files)
      if (!to.vectors->snapshot().files.contains(path) && to.vectors->history().fate_of(path))
        gone_here.push_back(file);
    COLVEC_TRY(mover("vectors")->move(gone_here));
    COLVEC_TRY(keep_vectors(store, keys.moving, live_files(*to.vectors), gone_here));
    return to.vectors->refresh();
  }

  // Vectors that keys here need, and that are taken out because nobody needed them there.
  Status keep_for_old_keys(ColumnStore& store, const Replicated& vectors) {
    COLVEC_TRY(mover("vectors")->move(vectors.erasing_adds));
    std::map<std::string, AddFile> staying = to.vectors->snapshot().files;
    std::vector<AddFile> going;
    for (const std::string& path : vectors.erased) {
      going.push_back(staying.at(path));
      staying.erase(path);
    }
    for (const AddFile& file : vectors.erasing_adds) staying.insert_or_assign(file.path, file);
    std::vector<AddFile> others;
    for (auto& [path, file] : staying) others.push_back(std::move(file));
    COLVEC_TRY(keep_vectors(store, live_files(*to.keys), others, going));
    return to.vectors->refresh();
  }

  Status keep(const std::function<Status(ColumnStore&)>& keep_some) {
    COLVEC_ASSIGN(const std::unique_ptr<ColumnStore> store,
                  ColumnStore::open(sync.files_, sync.database_, sync.folder_));
    return store->has_keys() ? keep_some(*store) : Status();
  }

  Status keys() {
    const bool has_own_erasures =
        !unknown_erasure(to.vectors->history(), from.vectors->history()).empty();
    if (!is_push && !given().dry_run && !given().exact && has_own_erasures)
      COLVEC_TRY(keep([&](ColumnStore& store) { return keep_for_new_keys(store); }));
    if (to.vectors->exists()) COLVEC_TRY(to.vectors->log().settle());
    return table(
        "keys", *from.keys, *to.keys,
        {.is_exact = given().exact, .vectors_version = to.vectors->snapshot().version.value_or(0)});
  }

  // What takes vectors out comes after the keys that had them have gone.
  Status vectors_that_go() {
    if (given().exact) return table("vectors", *from.vectors, *to.vectors, {.is_exact = true});
    if (is_push) {
      // Keys that came there meanwhile may need what goes.
      COLVEC_TRY(to.keys->refresh());
      const bool has_all = check_holds_all(from.keys->table(), to.keys->table(), "") &&
                           check_holds_all(from.vectors->table(), to.vectors->table(), "");
      COLVEC_ASSIGN(const Replicated left, look("vectors", *from.vectors, *to.vectors, {}));
      if (!has_all && left.entries > 0) {
        total.notes.push_back(to.vectors->where() +
                              ": texts that were forgotten here are still there, until the commits "
                              "that came there meanwhile are here: pull, then push");
        return {};
      }
    } else if (!given().dry_run) {
      COLVEC_ASSIGN(const Replicated left, look("vectors", *from.vectors, *to.vectors, {}));
      if (!left.erased.empty())
        COLVEC_TRY(keep([&](ColumnStore& store) { return keep_for_old_keys(store, left); }));
    }
    return table("vectors", *from.vectors, *to.vectors, {});
  }

  Status compactions() {
    COLVEC_TRY(table("vectors", *from.vectors, *to.vectors, {.compactions = true}));
    return table(
        "keys", *from.keys, *to.keys,
        {.compactions = true, .vectors_version = to.vectors->snapshot().version.value_or(0)});
  }

  // Entries that the log there has lost, as the mirror has them: whoever reads it anew needs them.
  Status repair_log(const std::string& name) {
    COLVEC_ASSIGN(const std::vector<std::string> lost, sync.mirror_->lost_entries(name));
    total.files += lost.size();
    if (!given().dry_run) return sync.mirror_->put_again(lost);
    total.paths.insert(total.paths.end(), lost.begin(), lost.end());
    return {};
  }

  // Plans go by commits; whether what they brought is still there, only a look can tell. A file
  // that neither side has keeps none of the others from being repaired.
  Status repair(const std::string& name, const Replica& source, const Replica& target) {
    if (is_push) COLVEC_TRY(repair_log(name));
    std::vector<AddFile> shared;
    for (const auto& [path, file] : source.snapshot().files)
      if (target.snapshot().files.contains(path)) shared.push_back(file);
    const std::unique_ptr<FileMover> moving = mover(name);
    COLVEC_ASSIGN(const std::vector<AddFile> all_lost, moving->lost(shared));
    std::vector<AddFile> lost;
    for (const AddFile& file : all_lost) {
      COLVEC_ASSIGN(const bool is_there, moving->has_files({file.path}));
      if (is_there)
        lost.push_back(file);
      else if (lost_on_both.empty())
        lost_on_both = name + "/" + file.path;
    }
    Replicated repaired{.files = lost.size()};
    for (const AddFile& file : lost) repaired.bytes += file.size;
    if (given().dry_run) repaired.moving = lost;
    add(repaired, name, &total);
    if (given().dry_run) return {};
    if (given().meter != nullptr) given().meter->expect(repaired.files, repaired.bytes);
    COLVEC_TRY(moving->move(lost));
    if (given().meter != nullptr) given().meter->add_files(repaired.files);
    return {};
  }

  Status run() {
    if (given().compactions) return compactions();
    COLVEC_TRY(check());
    COLVEC_TRY(models());
    if (!given().dry_run)
      COLVEC_TRY(table("vectors", *from.vectors, *to.vectors, {.takes_rows_out = false}));
    // Moving them may have taken hours, in which somebody else took vectors out there that the keys
    // need. And of keys that crossed with such a push it is better to hear now than never.
    COLVEC_TRY(check_again());
    COLVEC_TRY(keys());
    COLVEC_TRY(check_again());
    COLVEC_TRY(vectors_that_go());
    if (!given().repair) return {};
    COLVEC_TRY(repair("vectors", *from.vectors, *to.vectors));
    COLVEC_TRY(repair("keys", *from.keys, *to.keys));
    if (lost_on_both.empty()) return {};
    return fail(ErrorCode::kCorruption, "cannot be repaired, neither side has it: " + lost_on_both);
  }

  Status check_again() {
    if (!is_push || given().dry_run) return {};
    COLVEC_TRY(to.vectors->refresh());
    return check();
  }
};

StoreSync::StoreSync(FileSystem& files, Database& database, fs::path folder, ObjectStore& remote,
                     Connection connection, const StoreSyncOptions& options)
    : files_(files),
      folder_(std::move(folder)),
      remote_(remote),
      options_(options),
      database_(database),
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
      new StoreSync(files, database, std::move(folder), remote, std::move(connection), options));
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
    total.conflicts += pass.total.conflicts;
    total.paths = std::move(pass.total.paths);
    total.notes = std::move(pass.total.notes);
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
