// Principal component analysis: the directions in which vectors differ most.
//
// The directions are those of the centred vectors; a vector is then multiplied with them without
// taking the mean away, so that inner products stay what they were but for what is left out, and a
// vector does not depend on where the others lie.
//
// Thread-safety: pure functions; Pca is thread-compatible.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "colvec/error.h"

namespace colvec {

// Directions, the one that explains most first.
struct PrincipalComponents {
  std::size_t dimension = 0;               // Numbers of a vector.
  std::vector<float> directions;           // (components, dimension), each of length 1.
  std::vector<double> variance_explained;  // Share of all variance, for each component: 0 to 1.
};

// Gathers vectors; their number does not matter for the memory.
class Pca {
 public:
  explicit Pca(std::size_t dimension);
  ~Pca();
  Pca(const Pca&) = delete;
  Pca& operator=(const Pca&) = delete;

  // Row-major (rows, dimension).
  void add(std::span<const float> rows);
  // kInvalidArgument: fewer than two vectors, or all equal.
  Result<PrincipalComponents> components() const;

 private:
  struct Sums;
  Sums* sums_;
};

// How many components explain `share` of the variance, at least one.
std::size_t components_for(const PrincipalComponents& components, double share);

}  // namespace colvec
