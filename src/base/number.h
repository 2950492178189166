// Reads a number that is all of a text.
//
// Thread-safety: pure functions.
#pragma once

#include <charconv>
#include <string_view>
#include <system_error>

namespace colvec {

// Whether `text` is a number of this type and nothing more: no sign where the type has none, no
// blanks. *number is only to be used where it is.
template <typename Number>
bool parse_number(std::string_view text, Number* number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace colvec
