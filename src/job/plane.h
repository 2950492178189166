// Finds the plane in which vectors differ most: the first two principal components, without the
// others.
//
// Thread-safety: pure functions.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace colvec {

struct Plane {
  std::vector<double> x;  // For each vector.
  std::vector<double> y;
  double variance_explained = 0;  // 0 to 1; 0 where all vectors are equal.
};

// `vectors` are rows of `dimension` numbers. The same vectors give the same plane. Where there are
// fewer than two directions, what is left of x and y is 0.
Plane find_plane(std::span<const float> vectors, std::size_t dimension);

}  // namespace colvec
