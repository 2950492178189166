// Reads what stands in the target of a request: names in its path, values behind the question mark.
//
// Thread-safety: pure functions. Errors: kInvalidArgument, with parameter and value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "colvec/error.h"
#include "http/message.h"

namespace colvec::server {

// The part of the path in the n-th pair of braces. REQUIRES: the route has so many.
const std::string& path_part(const Request& request, std::size_t index);

std::string text_parameter(const Request& request, std::string_view name);

struct NumberRange {
  std::uint64_t fallback = 0;  // Where the parameter is not given.
  std::uint64_t min = 0;
  std::uint64_t max = 0;
};
Result<std::uint64_t> number_parameter(const Request& request, std::string_view name,
                                       const NumberRange& range);

// "1" and "true", "0" and "false"; false where it is not given.
Result<bool> flag_parameter(const Request& request, std::string_view name);

}  // namespace colvec::server
