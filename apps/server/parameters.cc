#include "parameters.h"

#include <fmt/format.h>

#include <charconv>

namespace colvec::server {

const std::string& path_part(const Request& request, std::size_t index) {
  return request.head.parameters.at(index);
}

std::string text_parameter(const Request& request, std::string_view name) {
  return std::string(request.head.target.parameter(name).value_or(""));
}

Result<std::uint64_t> number_parameter(const Request& request, std::string_view name,
                                       const NumberRange& range) {
  const std::optional<std::string_view> given = request.head.target.parameter(name);
  if (!given) return range.fallback;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(given->data(), given->data() + given->size(), value);
  const bool is_number = error == std::errc() && end == given->data() + given->size();
  if (is_number && value >= range.min && value <= range.max) return value;
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("{}: must be a whole number from {} to {}: {}", name, range.min,
                          range.max, given->substr(0, 100)));
}

Result<bool> flag_parameter(const Request& request, std::string_view name) {
  const std::string_view given = request.head.target.parameter(name).value_or("0");
  if (given == "1" || given == "true") return true;
  if (given == "0" || given == "false") return false;
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("{}: must be 1 or 0: {}", name, given.substr(0, 100)));
}

}  // namespace colvec::server
