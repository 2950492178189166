// Leaves out the white space around a text.
//
// Thread-safety: pure function.
#pragma once

#include <string_view>

namespace colvec {

// The part of `text` without the white space at its ends, as Python's str.strip() counts it: what
// Unicode calls a space or a separator of lines and paragraphs, and the control characters that
// separate. `text` is valid UTF-8.
std::string_view strip_white_space(std::string_view text);

}  // namespace colvec
