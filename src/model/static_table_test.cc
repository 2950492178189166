#include "model/static_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/model_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Result<StaticTable> load(const std::string& file) {
  const TemporaryFolder folder;
  folder.write("model.safetensors", file);
  COLVEC_ASSIGN(const Weights weights, Weights::open(folder.path()));
  return StaticTable::load(weights);
}

TEST(StaticTable, AveragesRows) {
  for (const char* name : {"embeddings", "embedding.weight"}) {
    COLVEC_ASSERT_ASSIGN(const StaticTable table,
                         load(float_safetensors({{name, {3, 2}, {1, 2, 3, 4, 8, 0}}})));
    EXPECT_EQ(table.vocabulary(), 3u);
    std::vector<float> mean(2);
    const std::uint32_t ids[] = {0, 2, 2, 1};
    table.mean(ids, 0, std::size(ids), mean);
    EXPECT_THAT(mean, ElementsAre(5, 1.5f));
    table.mean({}, 0, 0, mean);
    EXPECT_THAT(mean, ElementsAre(0, 0));
  }
}

TEST(StaticTable, AppliesWeightsAndMapping) {
  // Tokens 0 and 1 share row 1 with other weights; token 2 has row 0.
  const std::string header = R"({"embeddings":{"dtype":"I8","shape":[2,1],"data_offsets":[0,2]},)"
                             R"("mapping":{"dtype":"I32","shape":[3],"data_offsets":[2,14]},)"
                             R"("weights":{"dtype":"F32","shape":[3],"data_offsets":[14,26]}})";
  std::string data("\x05\xFE\x01\0\0\0\x01\0\0\0\0\0\0\0", 14);
  const float weights[] = {0.5f, 2, 1};
  data.append(reinterpret_cast<const char*>(weights), sizeof(weights));
  COLVEC_ASSERT_ASSIGN(const StaticTable table, load(raw_safetensors(header, data)));
  EXPECT_EQ(table.vocabulary(), 3u);
  std::vector<float> mean(1);
  const std::uint32_t ids[] = {0, 1, 2};
  table.mean(ids, 0, std::size(ids), mean);
  EXPECT_THAT(mean, ElementsAre((-2 * 0.5f + -2 * 2.0f + 5) / 3));
}

TEST(StaticTable, AveragesAStretchAsIfItWereAlone) {
  constexpr std::size_t kRows = 50;
  constexpr std::size_t kDimension = 19;
  std::vector<float> values(kRows * kDimension);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<float>(i % 97) / 7 - static_cast<float>(i % 11);
  COLVEC_ASSERT_ASSIGN(const StaticTable table,
                       load(float_safetensors({{"embeddings", {kRows, kDimension}, values}})));
  std::vector<std::uint32_t> ids(200);
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = static_cast<std::uint32_t>(i * 13 % kRows);
  // Shorter and longer than what is summed at once, up to the end and not.
  for (const auto& [begin, end] : {std::pair<std::size_t, std::size_t>{0, 32},
                                   {3, 36},
                                   {10, 139},
                                   {199, 200},
                                   {7, 7},
                                   {0, 200}}) {
    std::vector<float> mean(kDimension);
    table.mean(ids, begin, end, mean);
    std::vector<float> alone(kDimension);
    table.mean(std::span(ids).subspan(begin, end - begin), 0, end - begin, alone);
    EXPECT_EQ(mean, alone) << begin << ".." << end;
    for (std::size_t j = 0; j < kDimension; ++j) {
      double sum = 0;
      for (std::size_t i = begin; i < end; ++i)
        sum += static_cast<double>(values[ids[i] * kDimension + j]);
      const double want = begin == end ? 0 : sum / static_cast<double>(end - begin);
      EXPECT_NEAR(mean[j], want, 2e-6) << begin << ".." << end << ", " << j;
    }
  }
}

TEST(StaticTable, RefusesOtherTensors) {
  EXPECT_THAT(load(float_safetensors({{"table", {1, 1}, {1}}})).error().message,
              HasSubstr("missing tensor: embeddings"));
  EXPECT_THAT(load(float_safetensors({{"embeddings", {1}, {1}}})).error().message,
              HasSubstr("not a table: [1]"));
  EXPECT_THAT(
      load(float_safetensors({{"embeddings", {1, 1}, {1}}, {"bias", {1}, {1}}})).error().message,
      HasSubstr("do not use: bias"));
  EXPECT_THAT(load(float_safetensors({{"embeddings", {1, 1}, {1}}, {"weights", {2}, {1, 1}}}))
                  .error()
                  .message,
              HasSubstr("weights: shape is [2], the configuration asks for [1]"));
}

TEST(StaticTable, NormalizesAllButZeros) {
  std::vector<float> vector = {3, 4};
  normalize_row(vector);
  EXPECT_THAT(vector, ElementsAre(0.6f, 0.8f));
  vector = {0, 0};
  normalize_row(vector);
  EXPECT_THAT(vector, ElementsAre(0, 0));
}

}  // namespace
}  // namespace colvec
