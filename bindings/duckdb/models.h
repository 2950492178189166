// The models that queries have named, each opened once for the life of the process; encoders of
// them differ in their options, and those used last are kept.
//
// Thread-safety: thread-safe.
#pragma once

#include <memory>
#include <string>

#include "colvec/encoder.h"
#include "colvec/error.h"

namespace colvec::sql {

// An encoder that remembers lately embedded texts. `options` is JSON, or "". Errors: those of
// open_encoder() and parse_encoder_options().
Result<std::shared_ptr<Encoder>> model(const std::string& name, const std::string& options);

}  // namespace colvec::sql
