#include "store/remote_stores.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/uuid.h"
#include "store/log_names.h"
#include "store/vacuum.h"

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

Status drop_given_up_uploads(ObjectStore& remote) {
  const std::string& url = remote.url();
  const bool has_prefix = is_s3_url(url) && url.find('/', kS3Scheme.size()) != url.npos;
  if (has_prefix) COLVEC_TRY(remote.drop_unfinished("", hours_ago(kOrphanHours)));
  return {};
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
