// Says how far two sets of vectors of the same texts agree on what is near to what.
//
// Thread-safety: pure functions.
#pragma once

#include <cstddef>
#include <span>

namespace colvec {

// Rows of `dimension` numbers, each of length 1.
struct UnitRows {
  std::span<const float> values;
  std::size_t dimension = 0;
  std::size_t rows() const { return values.size() / dimension; }
};

struct Agreement {
  double neighbour_overlap = 0;  // The share of the `neighbours` nearest that both have: 0 to 1.
  double rank_correlation = 0;   // Spearman's, of the cosines of all pairs; 0 where all are equal.
};

// Fewer rows than `neighbours` + 1: all others are neighbours. Cost: the square of the rows.
// REQUIRES: equal numbers of rows, at least two.
Agreement agreement_of(const UnitRows& a, const UnitRows& b, std::size_t neighbours);

}  // namespace colvec
