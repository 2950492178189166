// Cuts a text where what follows cannot change how its start is normalised.
//
// Thread-safety: pure function.
#pragma once

#include <cstddef>
#include <string_view>

namespace colvec {

// The size of a start of `text` of about `bytes`, a little less: it ends in a letter, number or
// symbol that no white space or mark follows, and what follows it begins a grapheme cluster and is
// stable in all normal forms. text.size() where there is no such place near `bytes`. The text may
// be invalid UTF-8; at the cut it is valid. REQUIRES: bytes < text.size().
std::size_t start_size(std::string_view text, std::size_t bytes);

}  // namespace colvec
