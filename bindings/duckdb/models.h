// The models that queries have named, each opened once for the life of the process.
//
// Thread-safety: thread-safe.
#pragma once

#include <string>

#include "colvec/encoder.h"
#include "colvec/error.h"

namespace colvec::sql {

// An encoder that remembers lately embedded texts. `options` is JSON, or "". Errors: those of
// open_encoder() and parse_encoder_options().
Result<Encoder*> model(const std::string& name, const std::string& options);

}  // namespace colvec::sql
