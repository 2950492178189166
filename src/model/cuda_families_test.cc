// Every family on a GPU, real or emulated, against the vectors of the original implementations.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <span>

#include "compute/open_backends.h"
#include "model/family_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

// A text of 2,000 tokens takes an emulator a minute.
constexpr std::size_t kEmulatedTokensMax = 150;
constexpr std::size_t kEmulatedRowsMax = 8;

double cosine(std::span<const float> a, std::span<const float> b) {
  double dot = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    dot += double{a[i]} * b[i];
    aa += double{a[i]} * a[i];
    bb += double{b[i]} * b[i];
  }
  return dot / std::sqrt(aa * bb);
}

class CudaFamilies : public testing::TestWithParam<std::tuple<std::string, Precision>> {};

INSTANTIATE_TEST_SUITE_P(All, CudaFamilies,
                         testing::Combine(testing::ValuesIn(family_folders()),
                                          testing::Values(Precision::kBf16, Precision::kF16)),
                         [](const auto& given) {
                           std::string name = std::get<0>(given.param);
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name + "_" + std::string(name_of(std::get<1>(given.param)));
                         });

TEST_P(CudaFamilies, GiveTheVectorsOfTheReference) {
  const auto& [name, precision] = GetParam();
  COLVEC_NEEDS(shared_testdata("families/" + name));
  if (const auto gpu = open_backends("cuda", precision); !gpu)
    GTEST_SKIP() << "SKIPPED: " << gpu.error().message;
  GoldenFamily family(name, precision, "cuda");
  COLVEC_ASSERT_ASSIGN(const NpyMatrix golden, read_npy(family.golden(golden_vectors_of(family))));
  const bool is_emulated = family.isa() != "cuda";
  std::vector<GoldenRow> rows;
  std::vector<std::size_t> numbers;
  for (std::size_t r = 0; r < family.rows().size(); ++r) {
    const bool is_short = family.rows()[r].ids.size() <= kEmulatedTokensMax;
    if (is_emulated && (!is_short || rows.size() == kEmulatedRowsMax)) continue;
    rows.push_back(family.rows()[r]);
    numbers.push_back(r);
  }
  const std::vector<float> vectors = family.encode(rows);
  const std::size_t dimension = family.dimension();
  double least = 1;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double near = cosine(std::span(vectors).subspan(i * dimension, dimension),
                               std::span(golden.values).subspan(numbers[i] * dimension, dimension));
    EXPECT_GE(near, cosine_min_of(precision)) << "row " << numbers[i];
    least = std::min(least, near);
  }
  RecordProperty("cosine", std::to_string(least));
  std::cout << "golden " << name << " " << name_of(precision) << ": " << rows.size()
            << " rows, smallest cosine " << std::to_string(least) << "\n";
}

}  // namespace
}  // namespace colvec
