// The model of an embedding step, opened as the step says.
//
// Thread-safety: thread-safe. Errors: those of models.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "colvec/dataset.h"
#include "colvec/encoder.h"
#include "colvec/error.h"
#include "colvec/refresh.h"

namespace colvec {

// Opens the model of a step for the vectors that are stored.
Result<std::unique_ptr<Encoder>> open_step_encoder(const std::string& model,
                                                   const EmbeddingStep& step, Precision precision,
                                                   const RefreshOptions& options);
// The options that it is opened with.
EncoderOptions step_encoder_options(const EmbeddingStep& step, Precision precision,
                                    std::size_t batch_size);

// kInvalidArgument: a dimension, or a cut, that this model does not give; names what is allowed.
Status check_step_dimension(const EncoderInfo& info, const std::string& column,
                            const EmbeddingStep& step);

}  // namespace colvec
