#include "store/replica_models.h"

#include <functional>
#include <map>
#include <string>

#include "store/store_model.h"
#include "store/whole_file.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kModelBytesMax = 16u << 20;

// "f", 16 hex digits, and ".json" (what the fingerprint was made of) or ".npy" (the directions of a
// projection).
bool is_json(const std::string& name) { return name.ends_with(".json"); }
bool is_model_name(const std::string& name) {
  constexpr std::size_t kStem = 1 + 16;
  const bool has_ending = is_json(name) || name.ends_with(".npy");
  return has_ending && fs::path(name).stem().string().size() == kStem && name.starts_with('f') &&
         name.find_first_not_of("0123456789abcdef", 1) == kStem;
}

// Names with their sizes, the other way round: directions come before what names them.
using Names = std::map<std::string, std::uint64_t, std::greater<>>;

Result<Names> names_here(const ModelsPlace& place) {
  Names names;
  const auto entries = place.files.list(place.folder / "models");
  if (!entries && entries.error().code != ErrorCode::kNotFound)
    return tl::make_unexpected(entries.error());
  if (entries)
    for (const FolderEntry& entry : *entries)
      if (is_model_name(entry.name)) names.emplace(entry.name, entry.size);
  return names;
}

Result<Names> names_there(const ModelsPlace& place) {
  const std::string prefix = "models/";
  COLVEC_ASSIGN(const std::vector<ObjectInfo> objects, list_all(place.remote, prefix));
  Names names;
  for (const ObjectInfo& object : objects)
    if (is_model_name(object.key.substr(prefix.size())))
      names.emplace(object.key.substr(prefix.size()), object.size);
  return names;
}

Result<std::string> read_here(const ModelsPlace& place, const std::string& name) {
  return place.files.read(place.folder / "models" / name, kModelBytesMax);
}

Result<std::string> read_there(const ModelsPlace& place, const std::string& name) {
  COLVEC_ASSIGN(Object object, place.remote.get("models/" + name, kModelBytesMax));
  COLVEC_TRY(parse_store_model(object.bytes, place.remote.url() + "/models/" + name));
  return std::move(object.bytes);
}

Status keep(FileSystem& files, const fs::path& path, const std::string& bytes) {
  COLVEC_TRY(files.make_folders(path.parent_path()));
  COLVEC_TRY(write_if_absent(files, path, bytes));
  return {};
}

// Directions are large, and checked by whoever reads them: their checksum is in the fingerprint.
Status get_directions(const ModelsPlace& place, const std::string& name, std::uint64_t size) {
  const fs::path path = place.folder / "models" / name;
  COLVEC_TRY(place.files.make_folders(path.parent_path()));
  COLVEC_TRY(make_if_absent(place.files, path, [&](const fs::path& draft) {
    return place.remote.get_file("models/" + name, draft, {.size = size}, {});
  }));
  return {};
}

// Of the models that both sides have, those that were not compared before.
Status compare(const ModelsPlace& place, const Names& here, const Names& there) {
  for (const auto& [name, size] : here) {
    const fs::path noted = place.mirror / "models" / name;
    if (!is_json(name) || !there.contains(name) || place.files.stat(noted)) continue;
    COLVEC_ASSIGN(const std::string ours, read_here(place, name));
    COLVEC_ASSIGN(const std::string theirs, read_there(place, name));
    COLVEC_ASSIGN(const StoreModel a, parse_store_model(ours, name));
    COLVEC_ASSIGN(const StoreModel b, parse_store_model(theirs, name));
    if (a.fingerprint != b.fingerprint)
      return fail(ErrorCode::kConflict, place.remote.url() + "/models/" + name +
                                            ": is of fingerprint " + b.fingerprint + ", not " +
                                            a.fingerprint);
    COLVEC_TRY(keep(place.files, noted, ours));
  }
  return {};
}

}  // namespace

Result<std::uint64_t> push_models(const ModelsPlace& place, bool dry_run) {
  COLVEC_ASSIGN(const Names here, names_here(place));
  COLVEC_ASSIGN(const Names there, names_there(place));
  std::uint64_t missing = 0;
  for (const auto& [name, size] : here) {
    if (there.contains(name)) continue;
    ++missing;
    if (dry_run) continue;
    if (!is_json(name)) {
      COLVEC_TRY(place.remote.put_file("models/" + name, place.folder / "models" / name,
                                       {.size = size}, {}));
      continue;
    }
    COLVEC_ASSIGN(const std::string bytes, read_here(place, name));
    // Where another store was first, the two are compared the next time.
    Result<PutResult> put = place.remote.put("models/" + name, bytes, {.if_absent = true});
    // A remote that knows no conditions has one writer: the first entry of a log sees to that.
    if (!put && put.error().code == ErrorCode::kUnsupported)
      put = place.remote.put("models/" + name, bytes, {});
    COLVEC_TRY(put);
  }
  if (!dry_run) COLVEC_TRY(compare(place, here, there));
  return missing;
}

Result<std::uint64_t> pull_models(const ModelsPlace& place, bool dry_run) {
  COLVEC_ASSIGN(const Names here, names_here(place));
  COLVEC_ASSIGN(const Names there, names_there(place));
  std::uint64_t missing = 0;
  for (const auto& [name, size] : there) {
    if (here.contains(name)) continue;
    ++missing;
    if (dry_run) continue;
    if (!is_json(name)) {
      COLVEC_TRY(get_directions(place, name, size));
      continue;
    }
    COLVEC_ASSIGN(const std::string bytes, read_there(place, name));
    COLVEC_TRY(keep(place.files, place.folder / "models" / name, bytes));
  }
  if (!dry_run) COLVEC_TRY(compare(place, here, there));
  return missing;
}

}  // namespace colvec
