// What this processor gives to encoders.
//
// Thread-safety: thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "colvec/error.h"
#include "colvec/precision.h"

namespace colvec {

struct Machine {
  std::string isa;  ///< The instruction set in use: "avx512", "avx2", "scalar".
  /// That transformers can run in, f32 first.
  std::vector<Precision> precisions;
};

/// kInvalidArgument, kUnsupported: COLVEC_FORCE_ISA names what this processor does not have.
Result<Machine> this_machine();

}  // namespace colvec
