#include "http/target.h"

#include <algorithm>

#include "colvec/utf8.h"

namespace colvec::server {
namespace {

constexpr std::size_t kParametersMax = 32;
constexpr std::size_t kPartsMax = 32;

// The value of a hexadecimal digit; -1 for any other character.
int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

tl::unexpected<Error> wrong(std::string_view problem) {
  return fail(ErrorCode::kInvalidArgument, "request target: " + std::string(problem));
}

Status check_text(std::string_view text) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(text.begin(), text.end(), is_control))
    return wrong("must not have control characters");
  return is_valid_utf8(text) ? Status() : wrong("must be UTF-8");
}

Status read_path(std::string_view path, Target* target) {
  if (path == "/") return {};
  if (path.ends_with('/')) {
    target->ends_in_slash = true;
    path.remove_suffix(1);
  }
  while (!path.empty()) {
    path.remove_prefix(1);  // The slash.
    const std::size_t end = std::min(path.find('/'), path.size());
    COLVEC_ASSIGN(std::string part, decode_percent(path.substr(0, end), false));
    COLVEC_TRY(check_text(part));
    if (part.empty() || part == "." || part == "..")
      return wrong("a part of the path must not be empty, \".\" or \"..\"");
    target->path.push_back(std::move(part));
    if (target->path.size() > kPartsMax) return wrong("too many parts in the path");
    path.remove_prefix(end);
  }
  return {};
}

Status read_query(std::string_view query, Target* target) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view item = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (item.empty()) continue;
    const std::size_t equals = std::min(item.find('='), item.size());
    COLVEC_ASSIGN(std::string name, decode_percent(item.substr(0, equals), true));
    COLVEC_ASSIGN(std::string value,
                  decode_percent(item.substr(std::min(equals + 1, item.size())), true));
    COLVEC_TRY(check_text(name));
    if (!is_valid_utf8(value)) return wrong("must be UTF-8");
    if (value.find('\0') != std::string::npos) return wrong("must not have control characters");
    if (target->parameter(name)) return wrong("a parameter is given twice: " + name);
    target->query.emplace_back(std::move(name), std::move(value));
    if (target->query.size() > kParametersMax) return wrong("too many parameters");
  }
  return {};
}

}  // namespace

std::optional<std::string_view> Target::parameter(std::string_view name) const {
  const auto found = std::find_if(query.begin(), query.end(),
                                  [&](const auto& item) { return item.first == name; });
  if (found == query.end()) return std::nullopt;
  return found->second;
}

std::string Target::shown_path() const {
  std::string shown;
  for (const std::string& part : path) shown += "/" + part;
  return shown.empty() || ends_in_slash ? shown + "/" : shown;
}

Result<std::string> decode_percent(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(plus_is_space && text[i] == '+' ? ' ' : text[i]);
      continue;
    }
    const int high = i + 2 < text.size() ? digit_of(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? digit_of(text[i + 2]) : -1;
    if (high < 0 || low < 0) return wrong("a % without two hexadecimal digits behind it");
    decoded.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return decoded;
}

Result<Target> parse_target(std::string_view text) {
  Target target;
  if (text.size() > kTargetBytesMax) return wrong("too long");
  constexpr std::string_view kScheme = "http://";
  if (text.starts_with(kScheme)) {
    text.remove_prefix(kScheme.size());
    const std::size_t end = std::min(text.find_first_of("/?#"), text.size());
    target.authority = text.substr(0, end);
    text.remove_prefix(end);
    if (target.authority.empty()) return wrong("has no host");
    if (text.empty() || text.front() == '?') {
      COLVEC_TRY(read_query(text.substr(std::min<std::size_t>(1, text.size())), &target));
      return target;
    }
  }
  if (!text.starts_with('/')) return wrong("must begin with /");
  if (text.find('#') != std::string_view::npos) return wrong("must not have a fragment");
  const std::size_t mark = std::min(text.find('?'), text.size());
  COLVEC_TRY(read_path(text.substr(0, mark), &target));
  if (mark < text.size()) COLVEC_TRY(read_query(text.substr(mark + 1), &target));
  return target;
}

}  // namespace colvec::server
