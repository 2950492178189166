#include "colvec/distill.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "base/file.h"
#include "base/json.h"
#include "colvec/tokenizer.h"
#include "job/agreement.h"
#include "temporary_folder.h"
#include "testdata.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// The teacher's precision where DistillOptions names none: with bf16 its vectors are others.
const EncoderOptions kAsDistilled = {.precision = DistillOptions{}.precision};

class DistillModel : public testing::Test {
 protected:
  Result<DistillReport> distill(const std::string& name, const DistillOptions& options) {
    return distill_model(teacher_, folder_ / name, options);
  }
  std::vector<float> encode(const std::string& model, const std::vector<std::string>& texts,
                            std::size_t* dimension) {
    const auto encoder = open_encoder(model, kAsDistilled).value();
    *dimension = encoder->info().dimension;
    std::vector<float> vectors(texts.size() * *dimension);
    std::vector<TextReport> reports(texts.size());
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    EXPECT_TRUE(encoder->encode(views, {vectors.data(), texts.size(), *dimension}, reports, nullptr)
                    .has_value());
    return vectors;
  }

  const std::string teacher_ = own_testdata("models/tiny-bert/model").string();
  const TemporaryFolder place_;
  const fs::path folder_ = place_.path();
};

const std::vector<std::string> kTexts = {"hello world",
                                         "the quick brown fox",
                                         "a b c",
                                         "hello there",
                                         "world of texts",
                                         "one two three",
                                         "the the the",
                                         "brown bread",
                                         "quick quick",
                                         "hello world",
                                         "",
                                         "fox and hello",
                                         "texts of the world"};

TEST_F(DistillModel, WritesATableAndReportsWhatADirectMeasurementGives) {
  const DistillReport report = distill("table", {.dimension = 8, .texts = kTexts}).value();
  EXPECT_EQ(report.dimension, 8u);
  EXPECT_GT(report.variance_explained, 0.3);
  EXPECT_LT(report.variance_explained, 1.0);
  EXPECT_TRUE(report.has_frequencies);
  EXPECT_EQ(report.sampled_texts, 11u);  // Of 13, one empty and one twice.
  const auto encoder = open_encoder((folder_ / "table").string(), {}).value();
  EXPECT_EQ(encoder->info().kind, "static");
  EXPECT_EQ(encoder->info().dimension, 8u);
  const std::string kept = read_file(folder_ / "table" / "distillation.json", 1 << 20).value();
  EXPECT_EQ(kept, to_json(report) + "\n");

  std::vector<std::string> distinct = kTexts;
  distinct.erase(distinct.begin() + 9, distinct.begin() + 11);
  std::size_t teacher_dimension = 0;
  std::size_t table_dimension = 0;
  const std::vector<float> of_teacher = encode(teacher_, distinct, &teacher_dimension);
  const std::vector<float> of_table =
      encode((folder_ / "table").string(), distinct, &table_dimension);
  const Agreement agreement =
      agreement_of({of_teacher, teacher_dimension}, {of_table, table_dimension}, 10);
  EXPECT_DOUBLE_EQ(report.neighbour_overlap, agreement.neighbour_overlap);
  EXPECT_DOUBLE_EQ(report.rank_correlation, agreement.rank_correlation);
}

// With all its dimensions and a weight for all tokens, the cosine of two tokens is that of the
// teacher's vectors of them, less their mean.
TEST_F(DistillModel, ATokenHasTheTeachersVector) {
  ASSERT_TRUE(distill("table", {.dimension = 1000}).has_value());
  const auto teacher = open_encoder(teacher_, kAsDistilled).value();
  const auto plain = Tokenizer::load(teacher_, {.special_tokens = false}).value();
  const std::size_t count = plain->id_max() + 1;
  const std::size_t dimension = teacher->info().dimension;
  std::vector<std::vector<std::uint32_t>> ids;
  for (std::uint32_t id = 0; id < count; ++id) ids.push_back({101, id, 102});
  const std::vector<std::span<const std::uint32_t>> views(ids.begin(), ids.end());
  std::vector<float> vectors(count * dimension);
  std::vector<TextReport> reports(count);
  ASSERT_TRUE(teacher->encode_ids(views, {vectors.data(), count, dimension}, reports).has_value());
  std::vector<double> mean(dimension);
  for (std::size_t i = 0; i < vectors.size(); ++i)
    mean[i % dimension] += static_cast<double>(vectors[i]) / static_cast<double>(count);
  const auto cosine_of_teacher = [&](std::size_t a, std::size_t b) {
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (std::size_t d = 0; d < dimension; ++d) {
      const double x = static_cast<double>(vectors[a * dimension + d]) - mean[d];
      const double y = static_cast<double>(vectors[b * dimension + d]) - mean[d];
      ab += x * y;
      aa += x * x;
      bb += y * y;
    }
    return ab / std::sqrt(aa * bb);
  };
  const auto table = open_encoder((folder_ / "table").string(), {}).value();
  const std::vector<std::uint32_t> some = {110, 120, 130, 140};
  std::vector<std::span<const std::uint32_t>> singles;
  for (const std::uint32_t& id : some) singles.emplace_back(&id, 1);
  std::vector<float> rows(some.size() * table->info().dimension);
  std::vector<TextReport> row_reports(some.size());
  ASSERT_TRUE(
      table->encode_ids(singles, {rows.data(), some.size(), table->info().dimension}, row_reports)
          .has_value());
  for (std::size_t i = 1; i < some.size(); ++i) {
    double cosine = 0;
    for (std::size_t d = 0; d < table->info().dimension; ++d)
      cosine +=
          static_cast<double>(rows[d]) * static_cast<double>(rows[i * table->info().dimension + d]);
    EXPECT_NEAR(cosine, cosine_of_teacher(some[0], some[i]), 1e-4) << i;
  }
}

TEST_F(DistillModel, WithoutTextsNothingIsMeasured) {
  const DistillReport report = distill("table", {.dimension = 4}).value();
  EXPECT_FALSE(report.has_frequencies);
  EXPECT_EQ(report.sampled_texts, 0u);
  const Json json = Json::parse(to_json(report), "report").value();
  EXPECT_EQ(json.string("weights").value(), "zipf");
  EXPECT_FALSE(json.has("neighbour_overlap_at_10"));
}

TEST_F(DistillModel, RefusesWhatIsNoTeacherAndWhatIsNotFree) {
  EXPECT_EQ(distill_model("builtin:lexical", folder_ / "x", {}).error().code,
            ErrorCode::kUnsupported);
  ASSERT_TRUE(distill("table", {.dimension = 4}).has_value());
  EXPECT_EQ(distill("table", {.dimension = 4}).error().code, ErrorCode::kConflict);
  EXPECT_THAT(distill_model((folder_ / "table").string(), folder_ / "y", {}).error().message,
              HasSubstr("only a transformer can be the teacher"));
  CancelToken cancel;
  cancel.request();
  EXPECT_EQ(distill("z", {.cancel = &cancel}).error().code, ErrorCode::kCancelled);
  EXPECT_FALSE(fs::exists(folder_ / "z"));
}

}  // namespace
}  // namespace colvec
