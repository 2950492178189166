// Random matrices for the tests of this module.
#pragma once

#include <cstddef>
#include <random>
#include <string>
#include <vector>

#include "compute/backend.h"
#include "compute/kernels.h"

namespace colvec {

inline std::vector<float> random_floats(std::size_t n, unsigned seed, float deviation = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0, deviation);
  std::vector<float> values(n);
  for (float& value : values) value = normal(random);
  return values;
}

// A matrix that owns its elements, rows end to end.
struct OwnedMat {
  OwnedMat(std::size_t r, std::size_t c) : values(r * c), rows(r), cols(c) {}
  OwnedMat(std::size_t r, std::size_t c, unsigned seed, float deviation = 1)
      : values(random_floats(r * c, seed, deviation)), rows(r), cols(c) {}

  Mat view() { return {values.data(), rows, cols}; }
  MatView<const float> weights() const { return {values.data(), rows, cols}; }
  std::vector<float> row(std::size_t r) const {
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(r * cols);
    return {begin, begin + static_cast<std::ptrdiff_t>(cols)};
  }

  std::vector<float> values;
  std::size_t rows;
  std::size_t cols;
};

// The reference, and all that this machine can run.
inline std::vector<const Int8Kernels*> all_int8_kernels() {
  std::vector<const Int8Kernels*> all = {&kScalarInt8Kernels};
  for (const KernelTable* table : supported_kernels())
    if (kernels_with(*table).int8 != nullptr) all.push_back(kernels_with(*table).int8);
  // Not the best of any table where there is VNNI.
  if (all.size() > 1 && all.back() != &kAvx2Int8Kernels) all.push_back(&kAvx2Int8Kernels);
  return all;
}

}  // namespace colvec
