// Encodes any number of texts on all cores: encoder.encode() over windows of them.
//
// Thread-safety: as Encoder. Errors: the first of the encoder's; kCancelled: `out` holds some rows
// only.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string_view>

#include "colvec/cancel.h"
#include "colvec/encoder.h"
#include "colvec/error.h"

namespace colvec {

struct EncodeTextsOptions {
  const CancelToken* cancel = nullptr;  ///< May be null; what is under way comes to its end.
  /// May be empty. Called after a window with the texts done so far, from one thread at a time.
  std::function<void(std::size_t done)> on_progress{};
};

/// What went in.
struct TextsEncoded {
  std::uint64_t tokens = 0;
  std::size_t truncated = 0;  ///< Texts that had more tokens than count.
};

/// Writes one vector per text to `out`, in order. Texts must be valid UTF-8. REQUIRES: out.rows ==
/// texts.size(), out.dimension == encoder.info().dimension.
Result<TextsEncoded> encode_texts(Encoder& encoder, std::span<const std::string_view> texts,
                                  VectorRows out, const EncodeTextsOptions& options);

}  // namespace colvec
