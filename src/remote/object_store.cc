#include "remote/object_store.h"

#include <algorithm>

#include "base/http.h"
#include "base/percent.h"
#include "base/utf8.h"
#include "remote/folder_store.h"
#include "remote/s3_store.h"

namespace colvec {

bool is_s3_url(std::string_view url) { return url.starts_with(kS3Scheme); }

std::optional<std::string> folder_of_url(std::string_view url) {
  constexpr std::string_view kFile = "file://";
  if (url.starts_with("file:///")) return percent_decode(url.substr(kFile.size()));
  if (url.find("://") != std::string_view::npos) return std::nullopt;
  return std::string(url);
}

Result<std::unique_ptr<ObjectStore>> open_object_store(const std::string& url,
                                                       const ObjectStoreOptions& options) {
  if (is_s3_url(url)) return open_s3_store(url, options);
  const std::optional<std::string> folder = folder_of_url(url);
  if (folder && !folder->empty()) return open_folder_store(*folder, options);
  return fail(ErrorCode::kInvalidArgument,
              url_to_show(url) + ": must be s3://BUCKET/PREFIX, file:///PATH or a path");
}

Result<std::vector<ObjectInfo>> list_all(ObjectStore& store, const std::string& prefix,
                                         const std::string& after) {
  std::vector<ObjectInfo> all;
  std::string last = after;
  while (true) {
    COLVEC_ASSIGN(ObjectPage page, store.list(prefix, last));
    if (!page.objects.empty()) last = page.objects.back().key;
    std::move(page.objects.begin(), page.objects.end(), std::back_inserter(all));
    if (page.is_last) return all;
  }
}

Status check_object_key(std::string_view key) {
  constexpr std::size_t kKeyBytesMax = 1024;
  const auto wrong = [&](const char* what) {
    return fail(ErrorCode::kInvalidArgument,
                "not a key of an object: " + std::string(key) + ": " + what);
  };
  if (key.size() > kKeyBytesMax) return wrong("longer than 1,024 bytes");
  if (!is_valid_utf8(key)) return wrong("not UTF-8");
  if (key.find('\0') != std::string_view::npos) return wrong("a zero byte");
  for (std::size_t begin = 0; begin <= key.size();) {
    const std::size_t end = std::min(key.find('/', begin), key.size());
    const std::string_view part = key.substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..") return wrong("a part that is empty, . or ..");
    begin = end + 1;
  }
  return {};
}

}  // namespace colvec
