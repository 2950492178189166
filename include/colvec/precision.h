// How the arithmetic of an encoder is done.
//
// A precision is kept beside the fingerprint of an encoder, never in it: vectors of one precision
// are never handed out for another.
//
// Thread-safety: values and pure functions.
#pragma once

#include <string_view>

#include "colvec/error.h"

namespace colvec {

enum class Precision {
  kAuto,  ///< The best for the device: bf16 where it has it, else f32. Only a wish: an
          ///< opened encoder has one of the others.
  kF32,
  kBf16,  ///< Matrix products of numbers rounded to bfloat16, summed in float32.
  kF16,   ///< The same with IEEE half numbers: on a GPU only.
  kInt8,  ///< Matrix products of 8-bit integers, with a scale for each row and each column.
};

/// "auto", "f32", "bf16", "f16" or "int8".
std::string_view name_of(Precision precision);

/// kInvalidArgument: none of the names.
Result<Precision> parse_precision(std::string_view name);

/// The smallest cosine between a vector of `precision` and the float32 one that counts as the same:
/// 0.9999 (f16 too), 0.9995 (bf16) and 0.99 (int8).
double cosine_min_of(Precision precision);

}  // namespace colvec
