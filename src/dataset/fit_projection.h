// Chooses and fits what shortens the vectors of a column, and measures what is lost.
//
// A cut where the model was trained for it, else a PCA of a sample of the stored vectors. The
// sample are those with the smallest text hashes: as good as random, and the same every time. The
// same vectors give the same projection to the bit.
//
// Thread-safety: thread-compatible. Errors: kInvalidArgument: a cut that the model was not trained
// for, too few vectors; those of Connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "colvec/dataset.h"
#include "colvec/error.h"
#include "dataset/projection.h"
#include "duck/database.h"

namespace colvec {

struct FitRequest {
  std::string vectors;     // SQL that can follow FROM: text_hash, embedding.
  std::uint64_t rows = 0;  // Of it.
  std::string base;        // Their fingerprint.
  std::size_t dimension_in = 0;
  std::size_t dimension_out = 0;  // 0: by the variance of the compression.
  Compression compression{};
  bool normalize = true;
  std::vector<std::size_t> trained_for{};  // Dimensions that a cut may leave.
};

struct FittedProjection {
  Projection projection;
  double overlap_at_10 = 0;
};

Result<FittedProjection> fit_projection(Connection& connection, const FitRequest& request);

// Of the ten nearest neighbours by cosine of each of the first `queries` rows of `base`, the share
// that are among the ten nearest in `shorter` too: 0 to 1. Row-major, (rows, dimension) each.
double neighbour_overlap(const std::vector<float>& base, std::size_t base_dimension,
                         const std::vector<float>& shorter, std::size_t shorter_dimension,
                         std::size_t queries);

}  // namespace colvec
