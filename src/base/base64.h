// Base64, as RFC 4648 has it.
//
// Thread-safety: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "colvec/error.h"

namespace colvec {

// Decodes base64 with padding. kInvalidArgument where it is not.
Result<std::string> decode_base64(std::string_view text);

}  // namespace colvec
