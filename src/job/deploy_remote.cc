#include "job/deploy_remote.h"

#include <map>
#include <optional>
#include <vector>

#include "base/file.h"
#include "base/io_threads.h"
#include "base/work_folder.h"
#include "dataset/bundle_file.h"
#include "store/file_system.h"
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

// What the next version grows from: logs and dataset.json, not the large files.
Status fetch_former(ObjectStore& remote, const RemoteBundle& former, const fs::path& folder) {
  COLVEC_TRY(local_file_system().make_folders(folder));
  for (const BundleFile& file : former.contents.files) {
    const bool is_of_log = file.path.find("/_delta_log/") != std::string::npos;
    if (is_of_log || file.path == former.contents.dataset)
      COLVEC_TRY(fetch_file(remote, file, folder));
  }
  return replace_file(folder / kBundleFile, former.text);
}

}  // namespace

Result<Deployed> deploy_to(ObjectStore& remote, const fs::path& below, const MakeBundle& make) {
  const WorkFolder work = WorkFolder::make(below);
  const fs::path staging = work.path() / "bundle";
  COLVEC_ASSIGN(const std::optional<RemoteBundle> former, read_there(remote));
  if (former) COLVEC_TRY(fetch_former(remote, *former, staging));
  COLVEC_ASSIGN(Deployed deployed, make(staging));
  COLVEC_ASSIGN(const BundleContents contents, read_bundle(staging));
  std::map<std::string, std::uint64_t> there;
  COLVEC_ASSIGN(const std::vector<ObjectInfo> objects, list_all(remote, ""));
  for (const ObjectInfo& object : objects) there.emplace(object.key, object.size);
  std::vector<BundleFile> missing;
  deployed.files_copied = 0;
  deployed.bytes_copied = 0;
  for (const BundleFile& file : contents.files) {
    const auto found = there.find(file.path);
    const BundleFile* const known = former ? former->contents.find(file.path) : nullptr;
    const bool is_there = found != there.end() && found->second == file.bytes;
    if (is_there && known != nullptr && *known == file) continue;
    ++deployed.files_copied;
    deployed.bytes_copied += file.bytes;
    missing.push_back(file);
  }
  COLVEC_TRY(for_each_io(missing.size(), kParallel, [&](std::size_t i) {
    const BundleFile& file = missing[i];
    return remote.put_file(file.path, staging / file.path, {.size = file.bytes}, {});
  }));
  COLVEC_ASSIGN(const std::string text, read_file(staging / kBundleFile, kBundleBytesMax));
  const PutCondition condition{.if_absent = !former, .if_match = former ? former->etag : ""};
  COLVEC_ASSIGN(const PutResult put, remote.put(std::string(kBundleFile), text, condition));
  if (put.is_done) return deployed;
  // An answer that was lost, or somebody else's bundle.
  COLVEC_ASSIGN(const std::optional<RemoteBundle> now, read_there(remote));
  if (now && now->text == text) return deployed;
  return fail(ErrorCode::kConflict, remote.url() + ": somebody else deployed there meanwhile");
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
