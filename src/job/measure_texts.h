// How long texts are and how fast an encoder is with them, measured on a sample: for dry runs.
//
// Thread-safety: free functions; run one at a time, or they measure each other.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "colvec/cancel.h"
#include "colvec/encoder.h"
#include "colvec/error.h"
#include "duck/database.h"

namespace colvec {

struct MeasuredTexts {
  std::uint64_t texts = 0;
  std::vector<std::pair<std::string, std::uint64_t>> token_histogram;  // "1-8", "9-16", ...
  double tokens_mean = 0;
  double truncated_share = 0;  // 0 to 1.
  double texts_per_second = 0;
};

// Encodes up to about a thousand texts of the query `select` (one VARCHAR or BLOB column) on all
// threads, for about ten seconds at most: those with the smallest hash() of DuckDB, which are as
// good as random and the same every time. kCancelled: by `cancel`, which may be null, between two
// calls of the encoder; a guard of the caller's breaks off the query.
Result<MeasuredTexts> measure_texts(Connection& connection, const std::string& select,
                                    Encoder& encoder, const CancelToken* cancel);

// Thread seconds to write so many bytes of vectors, measured by bench/table_job.py.
double seconds_to_write(std::uint64_t bytes);

}  // namespace colvec
