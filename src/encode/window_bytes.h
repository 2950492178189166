// How much text callers give an encoder at once.
//
// Thread-safety: pure functions.
#pragma once

#include <cstddef>

#include "colvec/encoder.h"

namespace colvec {

// Text in a window: small enough that a window takes well under a second with a small model, so
// that commits, cancelling and the end of a job are prompt; large enough for a few batches.
inline constexpr std::size_t kWindowBytes = 32 * 1024;

// Text in a window for `encoder`, which may wish for more.
inline std::size_t window_bytes(const Encoder& encoder) {
  return encoder.bytes_at_once() == 0 ? kWindowBytes : encoder.bytes_at_once();
}

}  // namespace colvec
