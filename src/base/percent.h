// Percent-encoding, as URIs and our file names have it.
//
// Thread-safety: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace colvec {

// `text` with every byte but ASCII letters, digits and those of `kept` as %XX (upper case).
std::string percent_encode(std::string_view text, std::string_view kept);

// Takes %XX back; a % without two digits stays as it is.
std::string percent_decode(std::string_view text);

}  // namespace colvec
