#include "encode/prompted_encoder.h"

#include <algorithm>

namespace colvec {

Result<PromptedEncoder> PromptedEncoder::open(std::string_view model,
                                              const EncoderOptions& options) {
  COLVEC_ASSIGN(std::unique_ptr<OpenedModel> opened, open_model(model, options));
  PromptedEncoder prompted(std::move(opened), options);
  COLVEC_ASSIGN(const Encoder* encoder, prompted.encoder_for(""));
  prompted.info_ = encoder->info();
  return prompted;
}

Result<Encoder*> PromptedEncoder::encoder_for(const std::string& prompt_name) {
  std::unique_ptr<Encoder>& encoder = encoders_[options_.has_prompt ? "" : prompt_name];
  if (encoder == nullptr) {
    EncoderOptions options = options_;
    if (!options.has_prompt && !prompt_name.empty()) options.prompt_name = prompt_name;
    COLVEC_ASSIGN(encoder, model_->encoder(options));
  }
  return encoder.get();
}

Status PromptedEncoder::encode_some(const std::string& prompt_name, std::span<const TextLine> lines,
                                    std::span<const std::size_t> rows, EncodedLines* encoded) {
  Result<Encoder*> encoder = encoder_for(prompt_name);
  if (!encoder) return at(lines[rows[0]].where, std::move(encoder).error());
  std::vector<std::string_view> texts;
  for (const std::size_t row : rows) texts.push_back(lines[row].text);
  std::vector<float> vectors(rows.size() * info_.dimension);
  std::vector<TextReport> reports(rows.size());
  COLVEC_TRY(
      (*encoder)->encode(texts, {vectors.data(), rows.size(), info_.dimension}, reports, nullptr));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::copy_n(vectors.begin() + static_cast<std::ptrdiff_t>(i * info_.dimension), info_.dimension,
                encoded->vectors.begin() + static_cast<std::ptrdiff_t>(rows[i] * info_.dimension));
    encoded->reports[rows[i]] = reports[i];
  }
  return {};
}

Result<EncodedLines> PromptedEncoder::encode(std::span<const TextLine> lines) {
  EncodedLines encoded;
  encoded.vectors.resize(lines.size() * info_.dimension);
  encoded.reports.resize(lines.size());
  std::map<std::string, std::vector<std::size_t>> rows_by_prompt;
  for (std::size_t i = 0; i < lines.size(); ++i) rows_by_prompt[lines[i].prompt_name].push_back(i);
  for (const auto& [prompt_name, rows] : rows_by_prompt)
    COLVEC_TRY(encode_some(prompt_name, lines, rows, &encoded));
  return encoded;
}

}  // namespace colvec
