// Reads what a model's README.md says in its front matter, the lines between two of "---".
//
// Thread-safety: pure function.
#pragma once

#include <string>
#include <string_view>

namespace colvec {

// The licence, as `license` names it; `license_name` where that is "other". "" where there is none.
std::string licence_of(std::string_view readme);

}  // namespace colvec
