#include "colvec/opened_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>

#include "colvec/device.h"
#include "encode/lexical.h"
#include "encode/model_place.h"
#include "encode/openai_encoder.h"
#include "encode/static_encoder.h"
#include "encode/transformer_encoder.h"
#include "model/model_folder.h"

namespace colvec {
namespace {

// Tables and hashed words have no matrix products to do in anything else, or elsewhere.
Status check_f32_only(std::string_view model, const EncoderOptions& options) {
  COLVEC_ASSIGN(const DeviceChoice device, parse_device(options.device));
  if (device.kind == DeviceChoice::Kind::kCuda)
    return fail(ErrorCode::kUnsupported,
                fmt::format("{}: is not a transformer, so its device is cpu, not {}", model,
                            options.device));
  if (options.precision == Precision::kAuto || options.precision == Precision::kF32) return {};
  return fail(ErrorCode::kUnsupported,
              fmt::format("{}: is not a transformer, so its precision is f32, not {}", model,
                          name_of(options.precision)));
}

// Needs no weights: each encoder is made anew.
class OpenedLexical final : public OpenedModel {
 public:
  Result<std::unique_ptr<Encoder>> encoder(const EncoderOptions& options) const override {
    return open_lexical_encoder(options);
  }
};

Result<std::unique_ptr<OpenedModel>> open_builtin(std::string_view model,
                                                  const EncoderOptions& options) {
  COLVEC_TRY(check_f32_only(model, options));
  if (model == kLexicalModel) return std::make_unique<OpenedLexical>();
  return fail(ErrorCode::kNotFound, "no such built-in model: " + std::string(model) +
                                        " (there is " + std::string(kLexicalModel) + ")");
}

Result<std::unique_ptr<OpenedModel>> open_folder(std::string_view model,
                                                 const EncoderOptions& options) {
  COLVEC_ASSIGN(const std::filesystem::path place, find_model_folder(model));
  COLVEC_ASSIGN(const ModelFolder folder, read_model_folder(place));
  if (folder.kind == FolderKind::kTransformer)
    return open_transformer(folder, std::string(model), options);
  COLVEC_TRY(check_f32_only(model, options));
  return open_static(folder, std::string(model));
}

Result<std::unique_ptr<OpenedModel>> open_endpoint(std::string_view model,
                                                   const EncoderOptions& options) {
  COLVEC_TRY(check_f32_only(model, options));
  COLVEC_ASSIGN(OpenAiEndpoint endpoint, find_openai_endpoint(model, process_environment()));
  return open_openai(std::move(endpoint));
}

struct ModelKind {
  std::string_view prefix;
  Result<std::unique_ptr<OpenedModel>> (*open)(std::string_view model,
                                               const EncoderOptions& options);
};
// The first whose prefix fits.
constexpr std::array kModelKinds = {
    ModelKind{"builtin:", open_builtin},
    ModelKind{kOpenAiPrefix, open_endpoint},
    ModelKind{"", open_folder},
};

}  // namespace

Status Encoder::encode_ids(std::span<const std::span<const std::uint32_t>>, VectorRows,
                           std::span<TextReport>) {
  return fail(ErrorCode::kUnsupported, info().model + ": takes texts, not token ids");
}

Result<std::unique_ptr<OpenedModel>> open_model(std::string_view model,
                                                const EncoderOptions& options) {
  for (const ModelKind& kind : kModelKinds)
    if (model.starts_with(kind.prefix)) return kind.open(model, options);
  return open_folder(model, options);
}

Result<std::unique_ptr<Encoder>> open_encoder(std::string_view model,
                                              const EncoderOptions& options) {
  COLVEC_ASSIGN(const std::unique_ptr<OpenedModel> opened, open_model(model, options));
  return opened->encoder(options);
}

Result<std::vector<std::unique_ptr<Encoder>>> open_encoder_dimensions(
    std::string_view model, const EncoderOptions& options) {
  COLVEC_ASSIGN(const std::unique_ptr<OpenedModel> opened, open_model(model, options));
  EncoderOptions sized = options;
  sized.dimension = 0;
  std::vector<std::unique_ptr<Encoder>> encoders;
  COLVEC_ASSIGN(encoders.emplace_back(), opened->encoder(sized));
  const std::size_t own = encoders.front()->info().dimension;
  std::vector<std::size_t> shorter = encoders.front()->info().shorter_dimensions;
  std::sort(shorter.rbegin(), shorter.rend());
  for (const std::size_t dimension : shorter) {
    if (dimension >= own || dimension == encoders.back()->info().dimension) continue;
    sized.dimension = dimension;
    COLVEC_ASSIGN(encoders.emplace_back(), opened->encoder(sized));
  }
  return encoders;
}

}  // namespace colvec
