#include "base/url_keys.h"

namespace colvec {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

struct UrlParts {
  bool is_s3 = false;
  std::size_t begin = 0;     // Of the host or bucket.
  std::string_view first{};  // The host or bucket, as it looks.
};

bool is_name_of_s3(std::string_view scheme) {
  return scheme.size() == 2 && (scheme[0] == 's' || scheme[0] == 'S') && scheme[1] == '3';
}

// "s3:/bucket" is a path, as is "/here/s3:/bucket", which is made of it: but was meant otherwise.
UrlParts parts_of(std::string_view url) {
  const std::size_t colon = url.find(":/");
  if (colon == kNone) return {};
  const std::size_t slash = url.rfind('/', colon);
  const std::size_t scheme = slash == kNone ? 0 : slash + 1;
  const bool is_s3 = is_name_of_s3(url.substr(scheme, colon - scheme));
  if (!is_s3 && !url.substr(colon).starts_with("://")) return {};
  // A file has no host: what follows is a path.
  const std::size_t begin = is_s3 ? url.find_first_not_of('/', colon + 1) : colon + 3;
  if (begin == kNone) return {};
  const std::string_view rest = url.substr(begin);
  return {is_s3, begin, rest.substr(0, rest.find_first_of("/?#"))};
}

bool begins_with_keys(const UrlParts& parts) {
  if (parts.is_s3) return parts.first.find_first_of("@:%") != kNone;
  if (parts.first.find('@') != kNone) return true;
  const std::size_t colon = parts.first.find(':');
  const bool is_address = parts.first.starts_with('[');  // Of IPv6.
  return !is_address && colon != kNone &&
         parts.first.find_first_not_of("0123456789", colon + 1) != kNone;
}

// "?name=value". In a pattern a "?" stands for a character, and "=" is in another folder's name.
bool has_query(std::string_view url) {
  for (std::size_t at = url.find('?'); at != kNone; at = url.find('?', at + 1))
    if (url.substr(at, url.find('/', at) - at).find('=') != kNone) return true;
  return false;
}

}  // namespace

std::string url_to_show(std::string_view url) {
  const UrlParts parts = parts_of(url);
  const std::string_view path = url.substr(0, url.find_first_of("?#"));
  if (!begins_with_keys(parts)) return std::string(path);
  const std::string scheme(url.substr(0, parts.begin));
  const std::size_t at = url.rfind('@');
  // A password may hold a "?" or "#" before its end; and without an "@" nobody knows where it ends.
  if (at == kNone || at < parts.begin || at >= path.size()) return scheme + "...";
  return scheme + std::string(path.substr(at + 1));
}

Status check_no_keys(std::string_view url) {
  const UrlParts parts = parts_of(url);
  if (!begins_with_keys(parts) && (parts.begin == 0 || !has_query(url))) return {};
  return fail(ErrorCode::kInvalidArgument,
              url_to_show(url) +
                  ": must not hold keys: they belong to the environment (AWS_ACCESS_KEY_ID) or "
                  "~/.aws/credentials");
}

}  // namespace colvec
