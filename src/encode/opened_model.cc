#include "encode/opened_model.h"

#include <fmt/format.h>

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

}  // namespace colvec
