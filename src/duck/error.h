// Turns DuckDB's errors into ours. For use inside duck/ only: it sees DuckDB's header.
//
// Thread-safety: pure function.
#pragma once

#include <duckdb.h>

#include <string_view>

#include "colvec/error.h"

namespace colvec {

// One line, without DuckDB's "IO Error: " in front and its advice behind; the code by its type. Of
// an error inside a stream: what happened, not that the stream has ended. An interrupt is
// kCancelled where we have asked for it (`is_interrupted`).
tl::unexpected<Error> duck_error(duckdb_error_type type, std::string_view message,
                                 bool is_interrupted = false);

}  // namespace colvec
