// Variables of the environment, of which an empty one is as if it were not set.
#pragma once

#include <cstdlib>
#include <optional>
#include <string>

namespace colvec::cli {

inline std::optional<std::string> environment_value(const char* name) {
  const char* const value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

}  // namespace colvec::cli
