// Says which colvec this is.
#pragma once

#include <string_view>

namespace colvec {

/// "0.1.0": recorded with every output.
std::string_view version();

}  // namespace colvec
