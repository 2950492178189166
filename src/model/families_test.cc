// Every family against vectors of its original implementation, and against itself in other company.
// CTest runs this program once per kernel table, with COLVEC_FORCE_ISA, which is read once.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "base/float_vectors.h"
#include "base/parallel.h"
#include "model/family_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

class Families : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { COLVEC_NEEDS(shared_testdata("families/" + GetParam())); }
};

std::string name_of_folder(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, Families, testing::ValuesIn(family_folders()),
                         [](const auto& name) { return name_of_folder(name.param); });

double length_of(std::span<const float> vector) {
  double squares = 0;
  for (const float v : vector) squares += static_cast<double>(v) * v;
  return std::sqrt(squares);
}

TEST_P(Families, GiveTheVectorsOfTheReference) {
  GoldenFamily family(GetParam());
  const std::string file = golden_vectors_of(family);
  COLVEC_ASSERT_ASSIGN(const NpyMatrix golden, read_npy(family.golden(file)));
  ASSERT_EQ(golden.rows, family.rows().size());
  ASSERT_EQ(golden.cols, family.dimension());
  std::vector<GoldenRow> rows;
  std::vector<std::span<const float>> wanted;
  for (std::size_t r = 0; r < golden.rows; ++r) {
    // These take most of the time; LongInputs has such.
    if (kSanitized && family.rows()[r].ids.size() > 1000) continue;
    rows.push_back(family.rows()[r]);
    wanted.emplace_back(golden.values.data() + r * golden.cols, golden.cols);
  }
  const std::vector<float> vectors = family.encode(rows);
  double worst = 0;
  double least = 1;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const std::span<const float> got(vectors.data() + r * golden.cols, golden.cols);
    const std::span<const float> want = wanted[r];
    // Vectors that the folder does not normalise are compared as if it did.
    const double got_scale = 1 / length_of(got);
    const double want_scale = 1 / length_of(want);
    for (std::size_t c = 0; c < golden.cols; ++c)
      worst = std::max(worst, std::abs(got[c] * got_scale - want[c] * want_scale));
    least = std::min(least, cosine_of(got, want));
    EXPECT_NEAR(got_scale / want_scale, 1, 1e-5) << "row " << r;
  }
  RecordProperty("golden", file);
  RecordProperty("rows", static_cast<int>(rows.size()));
  RecordProperty("difference", std::to_string(worst * 1e6) + "e-6");
  EXPECT_LE(worst, 1e-5);
  EXPECT_GE(least, 0.999999);
  std::cout << GetParam() << ": " << rows.size() << " rows, largest difference " << worst
            << ", smallest cosine 1 - " << 1 - least << "\n";
}

// The states of single rows. Numbers around 1, with outliers near 10, are off by a few ulps for
// each layer; where the reference works out rotary angles in float32, they are off by an ulp of the
// angle, which is as large as the position, and what follows from them by a few times as much.
TEST_P(Families, GiveTheHiddenStatesOfTheReference) {
  GoldenFamily family(GetParam());
  const bool is_exact = golden_vectors_of(family) == "embeddings.npy";
  std::size_t compared = 0;
  for (std::size_t r = 0; r < family.rows().size(); ++r) {
    const std::string name =
        "last_hidden_row" + std::string(r < 10 ? "0" : "") + std::to_string(r) + ".npy";
    if (!std::filesystem::exists(family.golden(name))) continue;
    COLVEC_ASSERT_ASSIGN(const NpyMatrix golden, read_npy(family.golden(name)));
    const std::vector<float> states = family.hidden_states(family.rows()[r]);
    ASSERT_EQ(states.size(), golden.values.size());
    double worst = 0;
    for (std::size_t i = 0; i < states.size(); ++i)
      worst = std::max(worst, std::abs(static_cast<double>(states[i]) - golden.values[i]) /
                                  std::max(1.0, std::abs(static_cast<double>(golden.values[i]))));
    const double of_angles = is_exact ? 0 : 1.5e-7 * static_cast<double>(golden.rows);
    EXPECT_LT(worst, 2e-5 + of_angles) << name;
    ++compared;
  }
  EXPECT_EQ(compared, 5u);
}

TEST_P(Families, GiveARowTheSameBitsInAnyCompany) {
  if (kSanitized) GTEST_SKIP() << "SKIPPED: minutes; the optimised build makes this comparison";
  GoldenFamily family(GetParam());
  const std::size_t dimension = family.dimension();
  const std::vector<float> together = family.encode(family.rows());
  for (std::size_t r = 0; r < family.rows().size(); ++r) {
    const std::vector<float> alone = family.encode({family.rows()[r]});
    ASSERT_TRUE(std::equal(alone.begin(), alone.end(), together.begin() + r * dimension))
        << "row " << r;
  }
  std::vector<GoldenRow> backwards = family.rows();
  std::reverse(backwards.begin(), backwards.end());
  const std::vector<float> turned = family.encode(backwards);
  for (std::size_t r = 0; r < backwards.size(); ++r)
    ASSERT_TRUE(std::equal(turned.end() - (r + 1) * dimension, turned.end() - r * dimension,
                           together.begin() + r * dimension))
        << "row " << r;
  const ThreadLimit one(1);
  EXPECT_EQ(family.encode(family.rows()), together);
}

class LowPrecisionFamilies : public testing::TestWithParam<std::tuple<std::string, Precision>> {};

INSTANTIATE_TEST_SUITE_P(All, LowPrecisionFamilies,
                         testing::Combine(testing::ValuesIn(family_folders()),
                                          testing::Values(Precision::kBf16, Precision::kInt8)),
                         [](const auto& given) {
                           return name_of_folder(std::get<0>(given.param)) + "_" +
                                  std::string(name_of(std::get<1>(given.param)));
                         });

TEST_P(LowPrecisionFamilies, StayCloseToF32AndGiveARowTheSameBits) {
  const auto& [name, precision] = GetParam();
  COLVEC_NEEDS(shared_testdata("families/" + name));
  if (const auto backend = open_cpu_backend(precision); !backend)
    GTEST_SKIP() << "SKIPPED: " << backend.error().message;
  GoldenFamily exact(name);
  GoldenFamily low(name, precision);
  std::vector<GoldenRow> rows = exact.rows();
  rows.resize(static_cast<std::size_t>(tries(static_cast<int>(rows.size()))));
  const std::size_t dimension = exact.dimension();
  const std::vector<float> want = exact.encode(rows);
  const std::vector<float> got = low.encode(rows);
  double least = 1;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    least = std::min(least, cosine_of(std::span(got).subspan(r * dimension, dimension),
                                      std::span(want).subspan(r * dimension, dimension)));
    const std::vector<float> alone = low.encode({rows[r]});
    ASSERT_TRUE(std::equal(alone.begin(), alone.end(), got.begin() + r * dimension)) << r;
  }
  RecordProperty("cosine", std::to_string(least));
  EXPECT_GE(least, cosine_min_of(precision));
}

// config.json and modules.json of models that people use, whose weights are not here.
TEST(RealFolders, HaveSettingsThatAreUnderstood) {
  const std::filesystem::path folders = shared_testdata("model_folders_no_weights");
  COLVEC_NEEDS(folders);
  const std::pair<const char*, const char*> cases[] = {
      {"all-MiniLM-L6-v2", "bert"},
      {"all-mpnet-base-v2", "mpnet"},
      {"distiluse-base-multilingual-cased-v1", "distilbert"},
      {"paraphrase-MiniLM-L3-v2", "bert"},
  };
  for (const auto& [name, expected] : cases) {
    COLVEC_ASSERT_ASSIGN(const ModelFolder folder, read_model_folder(folders / name));
    COLVEC_ASSERT_ASSIGN(const Family* family, find_family(*folder.config));
    EXPECT_EQ(family->name, expected);
    COLVEC_ASSERT_ASSIGN(const std::vector<WeightSpec> specs, family->list(*folder.config));
    EXPECT_GT(specs.size(), 40u) << name;
  }
}

}  // namespace
}  // namespace colvec
