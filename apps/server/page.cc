#include "page.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace colvec::server {
namespace {

// Names under this folder change with their content, so that they may be kept for good.
constexpr std::string_view kNamedByContent = "/assets/";

const PageFile* find_file(std::span<const PageFile> files, std::string_view path) {
  const auto found =
      std::find_if(files.begin(), files.end(), [&](const PageFile& f) { return f.path == path; });
  return found == files.end() ? nullptr : &*found;
}

// Whether the path may be a place in the page, which the page itself then shows: all below
// /datasets/, since names of datasets and columns may have any character; elsewhere not what is
// like the name of a file, or like a way out of a folder.
bool may_be_a_place(const std::vector<std::string>& path) {
  if (!path.empty() && path.front() == "datasets") return true;
  return std::none_of(path.begin(), path.end(),
                      [](const std::string& part) { return part.find('.') != std::string::npos; });
}

// Whether gzip is among the encodings of an Accept-Encoding, and not refused by q=0.
bool accepts_gzip(std::string_view header) {
  while (!header.empty()) {
    const std::size_t end = std::min(header.find(','), header.size());
    const std::string_view one = header.substr(0, end);
    header.remove_prefix(std::min(end + 1, header.size()));
    const std::size_t begin = std::min(one.find_first_not_of(" \t"), one.size());
    const std::size_t name_end = std::min(one.find_first_of("; \t", begin), one.size());
    if (one.substr(begin, name_end - begin) != "gzip") continue;
    const std::size_t quality = one.find("q=", name_end);
    return quality == std::string_view::npos ||
           one.find_first_of("123456789", quality) != std::string_view::npos;
  }
  return false;
}

}  // namespace

std::optional<Response> page_answer(const RequestHead& head, std::span<const PageFile> files) {
  if (head.method != "GET" && head.method != "HEAD") return std::nullopt;
  const PageFile* file = find_file(files, head.target.shown_path());
  if (file == nullptr && may_be_a_place(head.target.path)) file = find_file(files, "/index.html");
  if (file == nullptr) return std::nullopt;
  const bool keeps = file->path.starts_with(kNamedByContent);
  const bool compresses = !file->compressed.empty() && accepts_gzip(head.header("Accept-Encoding"));
  // Each form has its own tag.
  const std::string etag = "\"" + std::string(file->hash) + (compresses ? "-gzip\"" : "\"");
  Response response{
      .content_type = std::string(file->content_type),
      .headers = {{"ETag", etag},
                  {"Vary", "Accept-Encoding"},
                  {"Cache-Control", keeps ? "public, max-age=31536000, immutable" : "no-cache"}}};
  if (compresses) response.headers.push_back({"Content-Encoding", "gzip"});
  if (head.header("If-None-Match") == etag)
    response.status = 304;
  else
    response.fixed_body = compresses ? file->compressed : file->bytes;
  return response;
}

std::optional<Response> page_answer(const RequestHead& head) {
  return page_answer(head, page_files());
}

}  // namespace colvec::server
