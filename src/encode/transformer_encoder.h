// Encoders from folders with a transformer: tokenise, forward passes over packed batches, pooling
// and what modules.json names after it.
//
// Thread-safety: the encoders may be used by several threads at once.
#pragma once

#include <memory>
#include <string>

#include "colvec/error.h"
#include "colvec/opened_model.h"
#include "model/model_folder.h"

namespace colvec {

// `name` is what the user called the model; of `options`, precision and device count. REQUIRES:
// folder.kind is kTransformer.
Result<std::unique_ptr<OpenedModel>> open_transformer(const ModelFolder& folder, std::string name,
                                                      const EncoderOptions& options);

}  // namespace colvec
