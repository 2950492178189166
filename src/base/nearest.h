// Finds the name that a user probably meant.
//
// Thread-safety: pure function.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace colvec {

// The name with the smallest edit distance to `word` (Levenshtein), or "" where none is near:
// within a third of the word's length, and at least 2.
std::string nearest_name(std::string_view word, std::span<const std::string_view> names);

}  // namespace colvec
