#include "colvec/opened_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>

#include "encode/lexical.h"
#include "encode/static_encoder.h"
#include "encode/transformer_encoder.h"
#include "model/model_folder.h"

namespace colvec {
namespace {

// Tables and hashed words have no matrix products to do in anything else.
Status check_f32_only(std::string_view model, Precision precision) {
  if (precision == Precision::kAuto || precision == Precision::kF32) return {};
  return fail(ErrorCode::kUnsupported,
              fmt::format("{}: is not a transformer, so its precision is f32, not {}", model,
                          name_of(precision)));
}

// Needs no weights: each encoder is made anew.
class OpenedLexical final : public OpenedModel {
 public:
  Result<std::unique_ptr<Encoder>> encoder(const EncoderOptions& options) const override {
    return open_lexical_encoder(options);
  }
};

Result<std::unique_ptr<OpenedModel>> open_builtin(std::string_view model, Precision precision) {
  COLVEC_TRY(check_f32_only(model, precision));
  if (model == kLexicalModel) return std::make_unique<OpenedLexical>();
  return fail(ErrorCode::kNotFound, "no such built-in model: " + std::string(model) +
                                        " (there is " + std::string(kLexicalModel) + ")");
}

Result<std::unique_ptr<OpenedModel>> open_folder(std::string_view model, Precision precision) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(model, ignored))
    return fail(ErrorCode::kNotFound,
                "no such model: " + std::string(model) +
                    " (a model is a folder with config.json and weights, or " +
                    std::string(kLexicalModel) + ")");
  COLVEC_ASSIGN(const ModelFolder folder, read_model_folder(model));
  if (folder.kind == FolderKind::kTransformer)
    return open_transformer(folder, std::string(model), precision);
  COLVEC_TRY(check_f32_only(model, precision));
  return open_static(folder, std::string(model));
}

struct ModelKind {
  std::string_view prefix;
  Result<std::unique_ptr<OpenedModel>> (*open)(std::string_view model, Precision precision);
};
// The first whose prefix fits.
constexpr std::array kModelKinds = {
    ModelKind{"builtin:", open_builtin},
    ModelKind{"", open_folder},
};

}  // namespace

Status Encoder::encode_ids(std::span<const std::span<const std::uint32_t>>, VectorRows,
                           std::span<TextReport>) {
  return fail(ErrorCode::kUnsupported, info().model + ": takes texts, not token ids");
}

Result<std::unique_ptr<OpenedModel>> open_model(std::string_view model, Precision precision) {
  for (const ModelKind& kind : kModelKinds)
    if (model.starts_with(kind.prefix)) return kind.open(model, precision);
  return open_folder(model, precision);
}

Result<std::unique_ptr<Encoder>> open_encoder(std::string_view model,
                                              const EncoderOptions& options) {
  COLVEC_ASSIGN(const std::unique_ptr<OpenedModel> opened, open_model(model, options.precision));
  return opened->encoder(options);
}

Result<std::vector<std::unique_ptr<Encoder>>> open_encoder_dimensions(
    std::string_view model, const EncoderOptions& options) {
  COLVEC_ASSIGN(const std::unique_ptr<OpenedModel> opened, open_model(model, options.precision));
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
