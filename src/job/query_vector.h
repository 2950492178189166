// Turns the text of a search into a vector that can be compared with those of a column.
//
// Thread-safety: vector_of() may be called by several threads at once, unless the encoder's
// calls_max() is 1. Errors: see colvec/search.h.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "colvec/dataset.h"
#include "colvec/encoder.h"
#include "colvec/error.h"
#include "colvec/search.h"
#include "dataset/projection.h"

namespace colvec {

class QueryVector {
 public:
  // `column` must have vectors. Opens its model, and checks that it is the one that made them.
  static Result<std::unique_ptr<QueryVector>> open(const std::filesystem::path& home,
                                                   const Dataset& dataset,
                                                   const DatasetColumn& column,
                                                   const SearchOptions& options);

  std::size_t dimension() const { return projection_ ? projection_->out : info_.dimension; }
  Result<std::vector<float>> vector_of(std::string_view text);

 private:
  std::unique_ptr<Encoder> encoder_;
  EncoderInfo info_;
  std::optional<Projection> projection_;
};

}  // namespace colvec
