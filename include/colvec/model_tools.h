// Tools around models, for people who pipe: encode and tokenise files, check a model against golden
// vectors, invent weights for a folder that has none, say what a model is.
//
// Text files are JSON lines: an object a line with the key `text` and, optionally, `prompt_name`
// (absent or null: the model's default prompt); other keys are ignored, and so are blank lines. "-"
// is standard input or output.
//
// Thread-safety: free functions; any number at once, on different outputs.
// Errors: kInvalidArgument for a malformed line, with file and line number; kNotFound, kIo for
// files; of models as open_encoder says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "colvec/encoder.h"
#include "colvec/error.h"

namespace colvec {

/// What encode_file() and tokenize_file() have done.
struct FileReport {
  std::size_t rows = 0;
  std::size_t dimension = 0;  ///< Floats in a vector; 0 for tokenize_file().
  std::uint64_t tokens = 0;   ///< Tokens of all texts, special ones included.
  std::size_t truncated = 0;  ///< Texts that had more tokens than count.
};

/// Writes a vector for each text of `input` to `output`, in order, as a float32 NumPy file (rows,
/// dimension). Holds a window of texts and vectors in memory; all vectors where `output` is "-" or
/// a pipe, since the file begins with their number. `options.prompt`, where given, wins over every
/// `prompt_name`.
Result<FileReport> encode_file(std::string_view model, const EncoderOptions& options,
                               const std::string& input, const std::string& output);

/// Writes `{"ids": [...]}` for each text of `input` to `output`, in order, special tokens included.
/// `folder` (or ORG/NAME of the cache) needs no more than a tokenizer. At most `tokens_max` ids a
/// text; 0: no limit. Prompts are not added.
Result<FileReport> tokenize_file(const std::filesystem::path& folder, const std::string& input,
                                 const std::string& output, std::size_t tokens_max);

/// How far a model's vectors are from given ones.
struct VerifyReport {
  std::size_t rows = 0;
  std::size_t dimension = 0;
  double max_abs_diff = 0;                ///< Over all numbers of all rows.
  double min_cosine = 1;                  ///< Over all rows; two rows of zeros count as 1.
  std::size_t worst_row = 0;              ///< That of max_abs_diff.
  Precision precision = Precision::kF32;  ///< What the model was run in.
  std::string isa;                        ///< As in EncoderInfo.
};

/// Encodes the texts of `texts` and compares them with the rows of `vectors`, a float32 NumPy file.
/// kInvalidArgument: another number of rows or dimension.
Result<VerifyReport> verify_model(std::string_view model, const EncoderOptions& options,
                                  const std::string& texts, const std::filesystem::path& vectors);

/// Copies a folder that has only a model's settings to `output_dir` and fills it with random
/// weights that depend on `seed` alone. The vectors mean nothing; speed, shapes and numerics are
/// those of the model. kInvalidArgument: both folders are one.
Status synthesize_model(const std::filesystem::path& config_dir,
                        const std::filesystem::path& output_dir, std::uint64_t seed);

/// A precision, and whether a model can be run in it on this machine.
struct PrecisionChoice {
  Precision precision = Precision::kF32;
  bool available = false;
  std::string reason{};  ///< Why it is not available.
};

/// What a model says about itself.
struct ModelDescription {
  EncoderInfo encoder{};                     ///< With its default prompt and dimension, in f32.
  std::string family{};                      ///< "bert"; "" for what is not a transformer.
  std::string model_type{};                  ///< As config.json says; "" where there is none.
  std::vector<std::string> architectures{};  ///< As config.json says; may be empty.
  std::vector<std::string> steps{};  ///< From tokens to the vector: "mean", "dense 96 -> 64, tanh".
  std::vector<std::size_t> dimensions{};  ///< Smaller ones that the model was trained for.
  std::map<std::string, std::string> prompts{};
  std::string default_prompt_name{};  ///< "" for none.
  std::string licence{};         ///< As the front matter of README.md says; "" where it does not.
  std::uint64_t parameters = 0;  ///< Numbers in all weights.
  std::uint64_t bytes = 0;       ///< Of the files with weights.
  std::vector<PrecisionChoice> precisions{};
  Precision automatic = Precision::kF32;  ///< What `auto` is for it on this machine.
};

/// Opens the model, so that what is said of it is what would be run. Errors: as open_encoder.
Result<ModelDescription> describe_model(std::string_view model);

/// What the settings of a model say, without a look at its weights.
struct ModelOutline {
  std::string family{};        ///< "bert"; "static" for tables.
  std::size_t dimension = 0;   ///< As EncoderInfo has it for the default options,
  std::size_t tokens_max = 0;  ///< and this: 0 for no limit, or one that only the weights tell.
};

/// Of a folder, or ORG/NAME of the cache. Reads some kilobytes of settings; a static table's
/// headers too. Errors: as open_encoder.
Result<ModelOutline> outline_model(std::string_view model);

/// A kind of transformer: what config.json calls it, and the family whose code runs it.
struct ModelFamily {
  std::string_view model_type;
  std::string_view family;
};

/// All that there are, in the order of the documentation.
std::vector<ModelFamily> model_families();

}  // namespace colvec
