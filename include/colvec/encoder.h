// Encodes texts into vectors: a transformer, a static table or the built-in lexical encoder.
//
// The pipeline needs nothing of a model but this class; bring your own by deriving from it.
//
// Thread-safety: encode() may be called by several threads at once, unless calls_max() is 1; the
// rest is immutable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "colvec/error.h"
#include "colvec/precision.h"

namespace colvec {

/// The most numbers that a vector may have.
inline constexpr std::size_t kDimensionMax = 65536;

/// What decides the vectors of an encoder, and what its users may want to know.
struct EncoderInfo {
  std::string model;           ///< As it was asked for: a folder, ORG/NAME, "builtin:lexical".
  std::string kind;            ///< "transformer", "static", "lexical", "endpoint", or your own.
  std::size_t dimension = 0;   ///< Floats in a vector.
  std::size_t tokens_max = 0;  ///< Tokens of a text that count, special ones included; 0: no limit.
  std::string fingerprint;     ///< 64 hex digits: SHA-256 of `made_of`.
  std::string made_of;  ///< JSON: all that decides the vector but the arithmetic, with checksums.
  Precision precision = Precision::kF32;  ///< Never kAuto.
  std::string isa;  ///< "avx512", "avx2", "scalar", "cuda": the instruction set in use; "any": the
                    ///< bits are the same with each; "remote": of an endpoint.
  /// Fewer numbers that the model was trained for (Matryoshka); may be empty.
  std::vector<std::size_t> shorter_dimensions{};
  std::vector<std::string> prompt_names{};  ///< Of the model's named prompts.
  bool is_neural = true;                    ///< Whether a trained model is behind it.
  std::string note;  ///< One line to show before and after a run; may be empty.
};

/// One object, on one line: the members above but made_of.
std::string to_json(const EncoderInfo& info);

/// What encode() says of one text.
struct TextReport {
  std::uint32_t token_count = 0;  ///< Tokens that went in, special ones included.
  bool truncated = false;         ///< Whether the text had more tokens than tokens_max.
};

/// Where the time of a call went, summed over the threads that worked. Calls add to what is there.
struct EncodeTimes {
  std::uint64_t tokenise_ns = 0;
  std::uint64_t encode_ns = 0;
};

/// Rows of `dimension` floats each, row-major; a view that owns nothing.
struct VectorRows {
  float* data = nullptr;
  std::size_t rows = 0;
  std::size_t dimension = 0;
  std::span<float> row(std::size_t i) const { return {data + i * dimension, dimension}; }
};

class Encoder {
 public:
  virtual ~Encoder() = default;

  virtual const EncoderInfo& info() const = 0;

  /// Writes one vector per text to `out`, in order, and one report per text to `reports`.
  /// A text gets the same vector alone and in any call, to the bit (on a GPU: but for the last
  /// bits, docs/gpu.md). Texts must be valid UTF-8; a
  /// text may be empty. A vector may hold non-finite numbers if the weights give them: the caller
  /// checks. kIo: a GPU that fails, or has not enough memory for one text. kIo and others: from
  /// endpoints, and encoders that are not ours; ours do not fail on a CPU. `times` may be null.
  /// REQUIRES: out.rows == texts.size() == reports.size(), out.dimension == info().dimension.
  virtual Status encode(std::span<const std::string_view> texts, VectorRows out,
                        std::span<TextReport> reports, EncodeTimes* times) = 0;

  /// The same for texts that were made tokens already: ids of the model's own tokenizer, special
  /// tokens included, as tokenize_file() gives them; no prompt is put before them.
  /// kInvalidArgument, beginning with "[i]": text i has no ids, more than info().tokens_max, or one
  /// that the vocabulary does not have. kUnsupported: a model without a vocabulary.
  virtual Status encode_ids(std::span<const std::span<const std::uint32_t>> ids, VectorRows out,
                            std::span<TextReport> reports);

  /// How many threads may be inside encode() at once; 0: any number.
  virtual std::size_t calls_max() const { return 0; }

  /// How many bytes of text a call should bring to be fast; 0: no wish. A GPU wants more than a
  /// core.
  virtual std::size_t bytes_at_once() const { return 0; }
};

/// How to open a model.
struct EncoderOptions {
  std::size_t dimension = 0;  ///< 0: the model's own. Smaller only where the model declares it.
  std::string prompt{};       ///< Put before each text, as it is.
  bool has_prompt = false;    ///< Whether `prompt` counts; else the model's default prompt does.
  /// One of the model's named prompts; "" for its default. Not with `prompt`. `query` and
  /// `document` are there for every model: the one of that name (for `document` else `passage`,
  /// else `corpus`), else the default.
  std::string prompt_name{};
  bool strip = false;  ///< Whether white space around a text (its prompt included) is left out, as
                       ///< sentence-transformers did up to 5.3. Transformers only.
  bool normalize = true;  ///< Whether vectors are scaled to length 1, also where the model's own
                          ///< modules do not.
  Precision precision = Precision::kF32;
  /// As parse_device() (colvec/device.h) has it. "auto": what COLVEC_DEVICE says, else a GPU that
  /// is there and has the precision, else the CPU. Others than transformers are computed on the
  /// CPU.
  std::string device = "auto";
  std::size_t batch_texts_max = 0;   ///< Texts in one forward pass; 0: chosen for the machine.
  std::size_t batch_tokens_max = 0;  ///< Tokens in one forward pass; 0: chosen for the machine.
};

/// Reads options from a JSON object with the members `dimension`, `prompt`, `prompt_name`, `strip`,
/// `normalize`, `precision` (here `auto`, unless it is given) and `batch_size`; what is missing or
/// null has its default, and so have all where `json` is empty. `where` names it in errors.
/// kCorruption: not JSON. kInvalidArgument: an unknown member, or a wrong value.
Result<EncoderOptions> parse_encoder_options(std::string_view json, const std::string& where);

/// Opens `model`: a model folder, ORG/NAME of the cache (colvec/model_hub.h), "builtin:lexical", or
/// "openai:NAME", an endpoint that OPENAI_BASE_URL names. Weights are memory-mapped: leave the
/// files in place. kNotFound: no such folder or no weights in it. kUnsupported: a family, module,
/// tensor or activation that we do not have, by name. kCorruption, kInvalidArgument: a malformed
/// file, with file and field; a dimension or prompt that the model does not have. kUnsupported: a
/// precision that the device does not have; `strip`, a precision other than f32 or a GPU, of a
/// static or lexical model or an endpoint. kNotFound, kIo: a GPU that was asked for and is not
/// there, or does not work.
Result<std::unique_ptr<Encoder>> open_encoder(std::string_view model,
                                              const EncoderOptions& options);

/// How a model is opened, where not by open_encoder(): a model of your own, or one for tests.
using OpenEncoder = std::function<Result<std::unique_ptr<Encoder>>(const std::string& model,
                                                                   const EncoderOptions&)>;

/// Opens `model` once, for its own dimension and for each shorter one that it was trained for, the
/// longest first. The encoders share the weights. `options.dimension` is not looked at.
Result<std::vector<std::unique_ptr<Encoder>>> open_encoder_dimensions(
    std::string_view model, const EncoderOptions& options);

}  // namespace colvec
