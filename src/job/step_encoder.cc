#include "job/step_encoder.h"

#include <fmt/format.h>

#include <algorithm>

namespace colvec {

Result<std::unique_ptr<Encoder>> open_step_encoder(const std::string& model,
                                                   const EmbeddingStep& step, Precision precision,
                                                   const RefreshOptions& options) {
  const EncoderOptions how = step_encoder_options(step, precision, options.batch_size);
  return options.open_encoder ? options.open_encoder(model, how) : open_encoder(model, how);
}

EncoderOptions step_encoder_options(const EmbeddingStep& step, Precision precision,
                                    std::size_t batch_size) {
  EncoderOptions options;
  options.has_prompt = step.prompt.has_value();
  options.prompt = step.prompt.value_or("");
  options.normalize = step.normalize;
  options.precision = precision;
  options.batch_texts_max = batch_size;
  return options;
}

Status check_step_dimension(const EncoderInfo& info, const std::string& column,
                            const EmbeddingStep& step) {
  const std::string where = "column " + column + ": embedding: ";
  if (step.dimension > info.dimension)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}dimension: must be 1 to {}, which the model {} has: {}", where,
                            info.dimension, info.model, step.dimension));
  const std::vector<std::size_t>& allowed = info.shorter_dimensions;
  if (step.compression.method != CompressionMethod::kTruncate || step.dimension == info.dimension ||
      std::find(allowed.begin(), allowed.end(), step.dimension) != allowed.end())
    return {};
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("{}compression: truncate: the model {} was not trained to be cut to {} "
                          "(it declares {}); pca goes with any dimension",
                          where, info.model, step.dimension,
                          allowed.empty() ? "none" : fmt::format("{}", fmt::join(allowed, ", "))));
}

}  // namespace colvec
