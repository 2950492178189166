#include "store/remote_stores.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/uuid.h"
#include "store/log_names.h"

namespace colvec {

namespace fs = std::filesystem;

Result<std::vector<std::string>> find_remote_stores(ObjectStore& remote) {
  const std::string first = "vectors/" + std::string(kLogFolder) + "/" + entry_name(0);
  COLVEC_ASSIGN(const std::vector<ObjectInfo> objects, list_all(remote, ""));
  std::vector<std::string> stores;
  for (const ObjectInfo& object : objects) {
    if (object.key == first)
      stores.emplace_back();
    else if (object.key.ends_with("/" + first))
      stores.push_back(object.key.substr(0, object.key.size() - first.size() - 1));
  }
  if (stores.empty()) return fail(ErrorCode::kNotFound, remote.url() + ": no store there");
  std::sort(stores.begin(), stores.end());
  return stores;
}

Result<ReplicaScratch> ReplicaScratch::make() {
  std::error_code error;
  const fs::path folder = fs::temp_directory_path(error);
  if (error) return fail(ErrorCode::kIo, "TMPDIR: " + folder.string() + ": " + error.message());
  return ReplicaScratch(folder / ("colvec_" + new_uuid()));
}

ReplicaScratch::ReplicaScratch(ReplicaScratch&& other) noexcept
    : path_(std::exchange(other.path_, {})) {}

ReplicaScratch::~ReplicaScratch() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

}  // namespace colvec
