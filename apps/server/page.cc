#include "page.h"

#include <algorithm>

namespace colvec::server {
namespace {

// Names under this folder change with their content, so that they may be kept for good.
constexpr std::string_view kNamedByContent = "/assets/";

const PageFile* find_file(std::span<const PageFile> files, std::string_view path) {
  const auto found =
      std::find_if(files.begin(), files.end(), [&](const PageFile& f) { return f.path == path; });
  return found == files.end() ? nullptr : &*found;
}

bool is_like_a_file(const RequestHead& head) {
  return !head.target.path.empty() && head.target.path.back().find('.') != std::string::npos;
}

}  // namespace

std::optional<Response> page_answer(const RequestHead& head, std::span<const PageFile> files) {
  if (head.method != "GET" && head.method != "HEAD") return std::nullopt;
  const PageFile* file = find_file(files, head.target.shown_path());
  if (file == nullptr && !is_like_a_file(head)) file = find_file(files, "/index.html");
  if (file == nullptr) return std::nullopt;
  const bool keeps = file->path.starts_with(kNamedByContent);
  Response response{
      .content_type = std::string(file->content_type),
      .headers = {{"ETag", std::string(file->etag)},
                  {"Cache-Control", keeps ? "public, max-age=31536000, immutable" : "no-cache"}}};
  if (head.header("If-None-Match") == file->etag)
    response.status = 304;
  else
    response.fixed_body = file->bytes;
  return response;
}

std::optional<Response> page_answer(const RequestHead& head) {
  return page_answer(head, page_files());
}

}  // namespace colvec::server
