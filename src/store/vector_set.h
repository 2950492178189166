// Names the vectors of one model and precision: a partition of the table of vectors.
//
// Thread-safety: a value.
#pragma once

#include <string>
#include <string_view>

#include "colvec/error.h"
#include "store/delta_action.h"

namespace colvec {

struct VectorSet {
  std::string model;  // "f" and the first 16 hex digits of the fingerprint.
  std::string precision;

  bool operator==(const VectorSet&) const = default;
  PartitionValues partition() const { return {{"model", model}, {"precision", precision}}; }
};

// Whether this is 64 lower-case hexadecimal digits.
bool is_fingerprint(std::string_view text);

// REQUIRES: is_fingerprint(fingerprint).
VectorSet vector_set_of(std::string_view fingerprint, std::string_view precision);

}  // namespace colvec
