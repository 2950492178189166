// Reads the target of a request: "/api/v1/datasets/my%20table/runs?limit=5".
//
// Each part of the path is decoded by itself, after the path has been cut at its slashes: a name
// may have a slash in it ("%2F"). What could mean one thing to us and another to somebody before or
// behind us is refused: empty parts, "." and "..", broken percent codes, control characters, bytes
// that are not UTF-8.
//
// Thread-safety: values and pure functions. Errors: kInvalidArgument.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "colvec/error.h"

namespace colvec::server {

struct Target {
  std::string authority{};          // Of "http://host:port/path"; "" for "/path".
  std::vector<std::string> path{};  // Decoded parts; empty for "/".
  bool ends_in_slash = false;       // "/" itself does not.
  std::vector<std::pair<std::string, std::string>> query{};  // Decoded, in order.

  // The value of a parameter; nullopt where it is not given.
  std::optional<std::string_view> parameter(std::string_view name) const;
  // "/api/v1/datasets": for messages and logs.
  std::string shown_path() const;
};

// The bytes of a target are at most kTargetBytesMax.
inline constexpr std::size_t kTargetBytesMax = 8192;

// A parameter may be given once; a query has at most 32 of them. "+" is a space, as forms have it.
Result<Target> parse_target(std::string_view text);

// Decodes "%41"; with `plus_is_space` also "+".
Result<std::string> decode_percent(std::string_view text, bool plus_is_space);

}  // namespace colvec::server
