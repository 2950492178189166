// Tools around models, for people who pipe: encode and tokenise files, check a model against golden
// vectors, invent weights for a folder that has none.
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
#include <string>
#include <string_view>

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
/// `folder` needs no more than a tokenizer. At most `tokens_max` ids a text; 0: no limit. Prompts
/// are not added.
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

}  // namespace colvec
