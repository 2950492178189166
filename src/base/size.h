// Reads sizes as people write them: "1GB", "512 MiB", "800000000".
//
// Thread-safety: pure function.
#pragma once

#include <cstdint>
#include <string_view>

#include "colvec/error.h"

namespace colvec {

// Bytes. Units are B, KB, MB, GB, TB (thousands) and KiB, MiB, GiB, TiB (1,024), in any case; none
// is bytes. kInvalidArgument: anything else, or nothing above zero.
Result<std::uint64_t> parse_size(std::string_view text);

}  // namespace colvec
