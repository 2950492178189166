#include "job/deploy_remote.h"

#include <map>
#include <optional>
#include <vector>

#include "base/file.h"
#include "base/io_threads.h"
#include "base/work_folder.h"
#include "dataset/bundle_file.h"
#include "store/delta_action.h"
#include "store/file_system.h"
#include "store/log_names.h"
#include "store/pinned_copy.h"
#include "store/whole_file.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBundleBytesMax = 256u << 20;
constexpr std::size_t kParallel = 8;

struct RemoteBundle {
  BundleContents contents;
  std::string text;
  std::string etag;
};

Result<std::optional<RemoteBundle>> read_there(ObjectStore& remote) {
  const std::string key(kBundleFile);
  Result<Object> object = remote.get(key, kBundleBytesMax);
  if (!object && object.error().code == ErrorCode::kNotFound) return std::optional<RemoteBundle>();
  if (!object) return tl::make_unexpected(std::move(object).error());
  RemoteBundle bundle{.contents = {}, .text = std::move(object->bytes), .etag = object->etag};
  COLVEC_ASSIGN(bundle.contents, parse_bundle(bundle.text, remote.url() + "/" + key));
  for (const BundleFile& file : bundle.contents.files) COLVEC_TRY(check_object_key(file.path));
  return std::optional(std::move(bundle));
}

Status fetch_file(ObjectStore& remote, const BundleFile& file, const fs::path& folder) {
  const fs::path path = folder / file.path;
  COLVEC_TRY(local_file_system().make_folders(path.parent_path()));
  return make_whole(local_file_system(), path, [&](const fs::path& draft) {
    return remote.get_file(file.path, draft, {.size = file.bytes}, {});
  });
}

constexpr const char* kStores = "embeddings/";

// A store's models/: what a fingerprint was made of, and what shortens vectors.
bool is_store_model(const std::string& path) {
  return path.starts_with(kStores) && fs::path(path).parent_path().filename() == "models";
}

// What the next version grows from: logs, models of stores and dataset.json, not the large files.
Status fetch_former(ObjectStore& remote, const RemoteBundle& former, const fs::path& folder) {
  COLVEC_TRY(local_file_system().make_folders(folder));
  for (const BundleFile& file : former.contents.files)
    if (is_log_entry(file.path) || is_store_model(file.path) ||
        file.path == former.contents.dataset)
      COLVEC_TRY(fetch_file(remote, file, folder));
  return replace_file(folder / kBundleFile, former.text);
}

using Objects = std::map<std::string, std::uint64_t>;  // Sizes, by key.

// Entries that no bundle names: of a deployment that was stopped, or goes on now. The next entry
// comes after them: none is ever replaced, so that whoever is first with bundle.json has a whole
// bundle. Entries of anything else are somebody's store, which is none of ours.
Status fetch_other_entries(ObjectStore& remote, const Objects& there, const fs::path& folder) {
  for (const auto& [key, size] : there) {
    const fs::path path = folder / key;
    const bool is_entry = key.starts_with(kStores) && is_log_entry(key);
    if (!is_entry || local_file_system().stat(path)) continue;
    COLVEC_TRY(check_object_key(key));
    COLVEC_ASSIGN(const Object entry, remote.get(key, kEntryBytesMax));
    COLVEC_ASSIGN(const DeltaCommit commit, parse_commit(entry.bytes, remote.url() + "/" + key));
    if (!commit.info || commit.info->operation != kDeployOperation)
      return fail(ErrorCode::kConflict,
                  remote.url() + "/" + key + ": is of a store, not of a bundle: deploy elsewhere");
    COLVEC_TRY(local_file_system().make_folders(path.parent_path()));
    COLVEC_TRY(replace_file(path, entry.bytes));
  }
  return {};
}

Status overtaken(const ObjectStore& remote) {
  return fail(ErrorCode::kConflict,
              remote.url() + ": somebody else deployed there meanwhile: deploy again");
}

// Of two deployments that grow from the same log, one gets the next entry.
Status put_entry(ObjectStore& remote, const std::string& key, const fs::path& path) {
  COLVEC_ASSIGN(const std::string entry, read_file(path, kEntryBytesMax));
  COLVEC_ASSIGN(const PutResult put, remote.put(key, entry, {.if_absent = true}));
  if (put.is_done) return {};
  // An answer that was lost, or somebody else's entry.
  COLVEC_ASSIGN(const Object there, remote.get(key, kEntryBytesMax));
  return there.bytes == entry ? Status() : overtaken(remote);
}

// Files that have to go up. kConflict: one would replace a file of the published bundle, which no
// host could fetch then.
Result<std::vector<BundleFile>> missing_files(const ObjectStore& remote, const Objects& there,
                                              const std::optional<RemoteBundle>& former,
                                              const BundleContents& contents) {
  std::vector<BundleFile> missing;
  for (const BundleFile& file : contents.files) {
    const BundleFile* const known = former ? former->contents.find(file.path) : nullptr;
    if (known != nullptr && *known != file)
      return fail(ErrorCode::kConflict, remote.url() + "/" + file.path +
                                            ": the bundle that is there has another file of this "
                                            "name");
    const auto found = there.find(file.path);
    const bool is_there = found != there.end() && found->second == file.bytes;
    // Entries that are there were fetched: they are what the log here grew from.
    if (is_there && (known != nullptr || is_log_entry(file.path))) continue;
    missing.push_back(file);
  }
  return missing;
}

// Entries come after the files that they name, those of keys after those of their vectors.
Status put_files(ObjectStore& remote, const std::vector<BundleFile>& missing,
                 const fs::path& staging) {
  COLVEC_TRY(for_each_io(missing.size(), kParallel, [&](std::size_t i) {
    const BundleFile& file = missing[i];
    if (is_log_entry(file.path)) return Status();
    return remote.put_file(file.path, staging / file.path, {.size = file.bytes}, {});
  }));
  for (const std::string_view table : {"vectors", "keys"})
    for (const BundleFile& file : missing)
      if (is_log_entry(file.path) &&
          fs::path(file.path).parent_path().parent_path().filename() == table)
        COLVEC_TRY(put_entry(remote, file.path, staging / file.path));
  return {};
}

}  // namespace

Result<Deployed> deploy_to(ObjectStore& remote, const fs::path& below, const MakeBundle& make) {
  const WorkFolder work = WorkFolder::make(below);
  const fs::path staging = work.path() / "bundle";
  COLVEC_ASSIGN(const std::optional<RemoteBundle> former, read_there(remote));
  if (former) COLVEC_TRY(fetch_former(remote, *former, staging));
  Objects there;
  COLVEC_ASSIGN(const std::vector<ObjectInfo> objects, list_all(remote, ""));
  for (const ObjectInfo& object : objects) there.emplace(object.key, object.size);
  COLVEC_TRY(fetch_other_entries(remote, there, staging));
  COLVEC_ASSIGN(Deployed deployed, make(staging));
  COLVEC_ASSIGN(const BundleContents contents, read_bundle(staging));
  COLVEC_ASSIGN(const std::vector<BundleFile> missing,
                missing_files(remote, there, former, contents));
  deployed.files_copied = missing.size();
  deployed.bytes_copied = 0;
  for (const BundleFile& file : missing) deployed.bytes_copied += file.bytes;
  COLVEC_TRY(put_files(remote, missing, staging));
  COLVEC_ASSIGN(const std::string text, read_file(staging / kBundleFile, kBundleBytesMax));
  const PutCondition condition{.if_absent = !former, .if_match = former ? former->etag : ""};
  COLVEC_ASSIGN(const PutResult put, remote.put(std::string(kBundleFile), text, condition));
  if (put.is_done) return deployed;
  // An answer that was lost, or somebody else's bundle.
  COLVEC_ASSIGN(const std::optional<RemoteBundle> now, read_there(remote));
  if (now && now->text == text) return deployed;
  return tl::make_unexpected(overtaken(remote).error());
}

Result<BundleFetched> fetch_from(ObjectStore& remote, const fs::path& to) {
  COLVEC_ASSIGN(const std::optional<RemoteBundle> there, read_there(remote));
  if (!there) return fail(ErrorCode::kNotFound, remote.url() + ": no bundle there");
  BundleFetched fetched{.id = there->contents.id, .files = there->contents.files.size()};
  std::vector<BundleFile> missing;
  for (const BundleFile& file : there->contents.files) {
    fetched.bytes += file.bytes;
    const Result<BundleFile> here = describe_bundle_file(to, file.path);
    if (!here || *here != file) missing.push_back(file);
  }
  for (const BundleFile& file : missing) fetched.bytes_fetched += file.bytes;
  fetched.files_fetched = missing.size();
  COLVEC_TRY(for_each_io(missing.size(), kParallel,
                         [&](std::size_t i) { return fetch_file(remote, missing[i], to); }));
  COLVEC_TRY(check_bundle_files(to, there->contents));
  COLVEC_TRY(replace_file(to / kBundleFile, there->text));
  return fetched;
}

}  // namespace colvec
