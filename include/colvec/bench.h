// Measures a model on this machine.
//
// Thread-safety: free functions; run one at a time, or they measure each other.
// Errors: of models as open_encoder() says.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "colvec/cancel.h"
#include "colvec/encoder.h"
#include "colvec/error.h"

namespace colvec {

/// How one batch size did.
struct BatchRate {
  std::size_t batch_size = 0;   ///< Texts in a forward pass at most; 0: the default.
  double texts_per_second = 0;  ///< The median of the rounds.
  double tokens_per_second = 0;
};

struct BatchBench {
  std::vector<BatchRate> rates;  ///< The default first, then ascending.
  std::size_t recommended = 0;  ///< The smallest batch size within 5 % of the best; 0: the default.
  std::size_t texts = 0;        ///< Texts in a measurement.
  double tokens_mean = 0;       ///< Tokens a text.
};

struct BatchBenchOptions {
  std::vector<std::string> texts;  ///< What to encode; empty: invented ones, 5 to 60 words.
  std::vector<std::size_t> batch_sizes = {1, 4, 8, 16, 32, 64, 128, 256};
  std::size_t rounds = 3;               ///< Each round measures every size once, in turn.
  double seconds = 1.0;                 ///< About how long one measurement takes.
  const CancelToken* cancel = nullptr;  ///< May be null.
  std::function<void(std::size_t done, std::size_t all)> on_progress = {};  ///< May be empty.
};

/// Encodes the texts with each batch size in turn, on all threads.
Result<BatchBench> bench_batch(std::string_view model, const EncoderOptions& encoder,
                               const BatchBenchOptions& options);

/// How fast an encoder is, without reading and writing.
struct EncodeBench {
  std::size_t texts = 0;
  double tokens_mean = 0;
  double texts_per_second = 0;  ///< The median of the rounds.
  double tokens_per_second = 0;
  double tokenise_share = 0;  ///< Of the thread time inside encode(), 0 to 1.
  std::size_t threads = 0;
  EncoderInfo encoder;
};

/// Encodes `texts` `rounds` times, in windows like those of the table job, with `threads` threads
/// (0: all).
Result<EncodeBench> bench_encode(std::string_view model, const EncoderOptions& encoder,
                                 const std::vector<std::string>& texts, std::size_t threads,
                                 std::size_t rounds);

/// The texts of a column, for the benches: of Parquet, CSV or JSON lines. At most `texts_max`.
/// kNotFound, kInvalidArgument: no such file or column.
Result<std::vector<std::string>> read_texts(const std::string& path, const std::string& column,
                                            std::size_t texts_max);

}  // namespace colvec
