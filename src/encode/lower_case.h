// Lower-cases text as Python's str.lower() does, for models whose settings ask for it
// (do_lower_case).
//
// Thread-safety: pure function.
#pragma once

#include <string>
#include <string_view>

namespace colvec {

// `text` is valid UTF-8. Full mappings of the Unicode standard, of no language in particular.
std::string lower_case(std::string_view text);

}  // namespace colvec
