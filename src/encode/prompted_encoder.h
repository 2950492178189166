// Encodes lines that may each name another of the model's prompts.
//
// Thread-safety: thread-compatible.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "colvec/encoder.h"
#include "colvec/error.h"
#include "colvec/opened_model.h"
#include "encode/text_lines.h"

namespace colvec {

struct EncodedLines {
  std::vector<float> vectors;  // (lines, dimension)
  std::vector<TextReport> reports;
};

class PromptedEncoder {
 public:
  static Result<PromptedEncoder> open(std::string_view model, const EncoderOptions& options);

  // Of the encoder for the default prompt.
  const EncoderInfo& info() const { return info_; }
  std::size_t dimension() const { return info_.dimension; }

  // kInvalidArgument: a prompt that the model does not have, with the line.
  Result<EncodedLines> encode(std::span<const TextLine> lines);

 private:
  PromptedEncoder(std::unique_ptr<OpenedModel> model, EncoderOptions options)
      : model_(std::move(model)), options_(std::move(options)) {}
  // The encoder for the lines that name `prompt_name`.
  Result<Encoder*> encoder_for(const std::string& prompt_name);
  Status encode_some(const std::string& prompt_name, std::span<const TextLine> lines,
                     std::span<const std::size_t> rows, EncodedLines* encoded);

  std::unique_ptr<OpenedModel> model_;
  EncoderOptions options_;
  EncoderInfo info_;
  std::map<std::string, std::unique_ptr<Encoder>> encoders_;  // By prompt name; "" for the default.
};

}  // namespace colvec
