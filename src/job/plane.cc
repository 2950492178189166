// Two directions are multiplied with the covariance again and again, and kept at right angles: they
// turn towards the two along which the variance is largest (orthogonal iteration). The covariance
// is never made: it is applied through the centred vectors, at the cost of reading them twice.
#include "job/plane.h"

#include <cmath>

#include "base/check.h"

namespace colvec {
namespace {

constexpr std::size_t kRounds = 60;

using Direction = std::vector<double>;

double dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

// Scales to length 1; false where there is nothing to scale.
bool normalise(Direction* direction, double length_min) {
  const double length = std::sqrt(dot(*direction, *direction));
  if (!(length > length_min)) return false;
  for (double& value : *direction) value /= length;
  return true;
}

void make_orthogonal(const Direction& to, Direction* direction) {
  const double along = dot(to, *direction);
  for (std::size_t i = 0; i < to.size(); ++i) (*direction)[i] -= along * to[i];
}

std::vector<double> along(std::span<const double> centred, const Direction& direction) {
  std::vector<double> values;
  for (std::size_t at = 0; at < centred.size(); at += direction.size())
    values.push_back(dot(centred.subspan(at, direction.size()), direction));
  return values;
}

Direction times_covariance(std::span<const double> centred, const Direction& direction) {
  Direction product(direction.size());
  const std::vector<double> values = along(centred, direction);
  for (std::size_t row = 0; row < values.size(); ++row)
    for (std::size_t i = 0; i < product.size(); ++i)
      product[i] += values[row] * centred[row * product.size() + i];
  return product;
}

std::vector<double> centre(std::span<const float> vectors, std::size_t dimension) {
  std::vector<double> centred(vectors.begin(), vectors.end());
  const auto rows = static_cast<double>(vectors.size() / dimension);
  for (std::size_t i = 0; i < dimension; ++i) {
    double sum = 0;
    for (std::size_t at = i; at < centred.size(); at += dimension) sum += centred[at];
    for (std::size_t at = i; at < centred.size(); at += dimension) centred[at] -= sum / rows;
  }
  return centred;
}

// The direction of the largest variance among those at right angles to `other` (null: among all);
// empty where none is left. Begins with the row that is farthest out.
Direction find_direction(std::span<const double> centred, std::size_t dimension,
                         const Direction* other, double variance) {
  Direction best(dimension);
  for (std::size_t at = 0; at < centred.size(); at += dimension) {
    Direction row(centred.begin() + static_cast<std::ptrdiff_t>(at),
                  centred.begin() + static_cast<std::ptrdiff_t>(at + dimension));
    if (other != nullptr) make_orthogonal(*other, &row);
    if (dot(row, row) > dot(best, best)) best = std::move(row);
  }
  const double noise = 1e-12 * std::sqrt(variance);
  if (!normalise(&best, noise)) return {};
  for (std::size_t round = 0; round < kRounds; ++round) {
    Direction next = times_covariance(centred, best);
    if (other != nullptr) make_orthogonal(*other, &next);
    if (!normalise(&next, noise * noise)) break;
    best = std::move(next);
  }
  return best;
}

}  // namespace

Plane find_plane(std::span<const float> vectors, std::size_t dimension) {
  COLVEC_CHECK(dimension > 0 && vectors.size() % dimension == 0);
  const std::size_t rows = vectors.size() / dimension;
  Plane plane{.x = std::vector<double>(rows), .y = std::vector<double>(rows)};
  const std::vector<double> centred = centre(vectors, dimension);
  const double variance = dot(centred, centred);
  // Rounding leaves something of equal vectors, as small as this.
  if (!(variance > 1e-10 * static_cast<double>(rows))) return plane;
  const Direction first = find_direction(centred, dimension, nullptr, variance);
  if (first.empty()) return plane;
  plane.x = along(centred, first);
  const Direction second = find_direction(centred, dimension, &first, variance);
  if (!second.empty()) plane.y = along(centred, second);
  plane.variance_explained = (dot(plane.x, plane.x) + dot(plane.y, plane.y)) / variance;
  return plane;
}

}  // namespace colvec
