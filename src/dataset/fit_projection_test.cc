#include "dataset/fit_projection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "dataset/dataset_fixture.h"

namespace colvec {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class FitProjection : public testing::Test {
 protected:
  // A table of vectors of 4 numbers, each axis with less variance than the one before.
  FitRequest request(const std::string& order = "i", std::size_t rows = 200) {
    folder_.rows(
        "CREATE OR REPLACE TABLE vectors AS SELECT md5(i::VARCHAR) AS text_hash,"
        " [8 * sin(i), 4 * sin(2.5 * i), 2 * sin(7.3 * i), sin(13.9 * i)]::FLOAT[] AS"
        " embedding FROM range(" +
        std::to_string(rows) + ") r(i) ORDER BY " + order);
    return {.vectors = "vectors",
            .rows = rows,
            .base = fingerprint_of('a'),
            .dimension_in = 4,
            .dimension_out = 2};
  }
  // Vectors of several lengths, each turned by 0, 90, 180 and 270 degrees: no direction is better
  // than another but by how their sums are rounded.
  FitRequest turned(const std::string& order) {
    folder_.rows(
        "CREATE OR REPLACE TABLE vectors AS SELECT md5(i::VARCHAR) AS text_hash, [[x, y],"
        " [-y, x], [-x, -y], [y, -x]][1 + i % 4]::FLOAT[] AS embedding FROM (SELECT i, 10 **"
        " (i // 4 % 5) * cos(i // 4) AS x, 10 ** (i // 4 % 5) * sin(i // 4) AS y FROM"
        " range(400) r(i)) ORDER BY " +
        order);
    return {.vectors = "vectors",
            .rows = 400,
            .base = fingerprint_of('a'),
            .dimension_in = 2,
            .dimension_out = 1};
  }
  FittedProjection fit(const FitRequest& request) {
    Result<FittedProjection> fitted = fit_projection(folder_.connection(), request);
    EXPECT_TRUE(fitted.has_value()) << (fitted ? "" : fitted.error().message);
    return fitted ? *fitted : FittedProjection{};
  }
  Error error_of(const FitRequest& request) {
    const Result<FittedProjection> fitted = fit_projection(folder_.connection(), request);
    EXPECT_FALSE(fitted.has_value());
    return fitted ? Error{} : fitted.error();
  }

  DatasetFolder folder_;
};

TEST_F(FitProjection, WhereTheModelWasTrainedForItItIsACutElseAPca) {
  FitRequest wanted = request();
  EXPECT_FALSE(fit(wanted).projection.is_cut());
  wanted.trained_for = {3, 2};
  EXPECT_TRUE(fit(wanted).projection.is_cut());
  wanted.compression.method = CompressionMethod::kPca;
  EXPECT_FALSE(fit(wanted).projection.is_cut());
  wanted.compression.method = CompressionMethod::kTruncate;
  const Projection cut = fit(wanted).projection;
  EXPECT_TRUE(cut.is_cut());
  EXPECT_EQ(cut.in, 4u);
  EXPECT_EQ(cut.out, 2u);
  EXPECT_EQ(cut.base, fingerprint_of('a'));
}

// The variances are 32, 8, 2 and 0.5 of 42.5, but for the sample.
TEST_F(FitProjection, TheDirectionsAreThoseOfTheVectors) {
  const FittedProjection fitted = fit(request());
  EXPECT_EQ(fitted.projection.out, 2u);
  EXPECT_NEAR(fitted.projection.explained_variance, 40 / 42.5, 0.01);
  EXPECT_NEAR(fitted.projection.directions[0], 1, 0.01);
  EXPECT_NEAR(fitted.projection.directions[5], 1, 0.01);
}

TEST_F(FitProjection, TheOverlapIsThatOfTheVectorsAndTheShorterOnes) {
  const FittedProjection fitted = fit(request());
  std::vector<float> base, shorter(2 * 200);
  Stream rows =
      folder_.connection().stream("SELECT embedding FROM vectors ORDER BY text_hash").value();
  const DataChunk chunk = *std::move(rows.next().value());
  ASSERT_EQ(chunk.rows(), 200u);
  for (std::size_t r = 0; r < 200; ++r) {
    const std::span<const float> vector = chunk.floats(0, r);
    base.insert(base.end(), vector.begin(), vector.end());
    fitted.projection.apply(vector, std::span(shorter).subspan(2 * r, 2));
  }
  const double overlap = neighbour_overlap(base, 4, shorter, 2, 200);
  EXPECT_DOUBLE_EQ(fitted.overlap_at_10, overlap);
  EXPECT_GT(overlap, 0);
  EXPECT_LT(overlap, 1);
}

TEST_F(FitProjection, AShareOfTheVarianceChoosesTheDimension) {
  FitRequest wanted = request();
  wanted.dimension_out = 0;
  for (const auto& [share, dimension] :
       std::vector<std::pair<double, std::size_t>>{{0.5, 1}, {0.9, 2}, {0.97, 3}, {0.999, 4}}) {
    wanted.compression = {CompressionMethod::kPca, share};
    const Projection projection = fit(wanted).projection;
    EXPECT_EQ(projection.out, dimension) << share;
    EXPECT_GE(projection.explained_variance, share);
  }
}

// The order in which rows come is chance: threads, files, compaction.
TEST_F(FitProjection, TheOrderOfTheVectorsDoesNotMatterToTheBit) {
  const std::string expected = fit(turned("i")).projection.fingerprint();
  for (const char* order : {"i DESC", "hash(i)", "md5(i::VARCHAR)"})
    EXPECT_EQ(fit(turned(order)).projection.fingerprint(), expected) << order;
}

TEST_F(FitProjection, NormalizeIsThatOfTheStep) {
  FitRequest wanted = request();
  for (const bool normalize : {true, false})
    for (const auto& trained_for : {std::vector<std::size_t>{}, std::vector<std::size_t>{2}}) {
      wanted.normalize = normalize;
      wanted.trained_for = trained_for;
      EXPECT_EQ(fit(wanted).projection.normalize, normalize);
    }
}

// Of a million vectors those with the smallest hashes are looked at: a damaged one beyond is not.
TEST_F(FitProjection, OfManyVectorsASampleByHashIsRead) {
  FitRequest wanted = request();
  folder_.rows("UPDATE vectors SET text_hash = '0' || text_hash");
  folder_.rows("INSERT INTO vectors VALUES ('f0', [1, 2]::FLOAT[])");
  wanted.rows = 1'000'000;
  EXPECT_NEAR(fit(wanted).projection.explained_variance, 40 / 42.5, 0.01);
  wanted.rows = 201;
  EXPECT_THAT(error_of(wanted).message, HasSubstr("a stored vector of 2 numbers, not 4"));
  EXPECT_EQ(error_of(wanted).code, ErrorCode::kCorruption);
}

TEST_F(FitProjection, ACutThatTheModelWasNotTrainedForIsRefused) {
  FitRequest wanted = request();
  wanted.compression.method = CompressionMethod::kTruncate;
  EXPECT_EQ(error_of(wanted).code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(error_of(wanted).message,
              AllOf(HasSubstr("truncate to 2"), HasSubstr("declares no smaller dimension")));
  wanted.trained_for = {1, 3};
  EXPECT_THAT(error_of(wanted).message, HasSubstr("it declares 1, 3"));
}

TEST_F(FitProjection, TooFewVectorsAreRefused) {
  EXPECT_EQ(error_of(request("i", 2)).message,
            "pca to 2 numbers needs more than so many distinct texts, there are 2");
  FitRequest by_variance = request("i", 1);
  by_variance.dimension_out = 0;
  by_variance.compression = {CompressionMethod::kPca, 0.5};
  EXPECT_THAT(error_of(by_variance).message, HasSubstr("at least two vectors"));
  EXPECT_EQ(error_of(by_variance).code, ErrorCode::kInvalidArgument);
}

// 21 vectors at the angles i; for the first, the ten nearest are 1 to 10. In the shorter ones
// number i has angle `angles(i)`.
template <typename Angles>
double overlap_of_first(const Angles& angles) {
  std::vector<float> base, shorter;
  for (int i = 0; i < 21; ++i) {
    for (const auto& [degrees, values] : {std::pair{i, &base}, std::pair{angles(i), &shorter}}) {
      values->push_back(std::cos(static_cast<float>(degrees) * 0.0174533f));
      values->push_back(std::sin(static_cast<float>(degrees) * 0.0174533f));
    }
  }
  return neighbour_overlap(base, 2, shorter, 2, 1);
}

TEST_F(FitProjection, OverlapIsTheShareOfNeighboursThatStay) {
  EXPECT_DOUBLE_EQ(overlap_of_first([](int i) { return i; }), 1);
  EXPECT_DOUBLE_EQ(overlap_of_first([](int i) { return i == 0 ? 0 : 21 - i; }), 0);
  // 6 to 15 are nearest: 6 to 10 of them are the same.
  EXPECT_DOUBLE_EQ(overlap_of_first([](int i) { return i == 0 ? 0 : (i + 14) % 20 + 1; }), 0.5);
}

TEST_F(FitProjection, OverlapIsByCosineAndOfWhatThereIs) {
  // Lengths do not count.
  EXPECT_DOUBLE_EQ(neighbour_overlap({1, 0, 0, 1, 5, 5}, 2, {1, 0, 0, 1, 5, 5}, 2, 10), 1);
  EXPECT_DOUBLE_EQ(neighbour_overlap({1, 0}, 2, {1}, 1, 10), 1);
}

}  // namespace
}  // namespace colvec
