// Opens a model once, for encoders that differ in prompt, dimension or normalisation and share its
// weights, which are packed for one precision.
//
// Thread-safety: an OpenedModel is immutable.
#pragma once

#include <memory>
#include <string_view>

#include "colvec/encoder.h"
#include "colvec/error.h"

namespace colvec {

class OpenedModel {
 public:
  virtual ~OpenedModel() = default;
  /// An encoder that keeps the weights alive by itself; options.precision and options.device are
  /// not looked at. Errors: as open_encoder says of options.
  virtual Result<std::unique_ptr<Encoder>> encoder(const EncoderOptions& options) const = 0;
};

/// Of `options` only precision and device are looked at. Errors: as open_encoder says of models.
Result<std::unique_ptr<OpenedModel>> open_model(std::string_view model,
                                                const EncoderOptions& options);

}  // namespace colvec
