#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "colvec/bench.h"
#include "job/job_fixture.h"

namespace colvec {
namespace {

using testing::ElementsAre;

constexpr const char* kModel = "builtin:lexical";

TEST(BenchBatch, MeasuresTheDefaultAndEachSize) {
  BatchBenchOptions options;
  options.texts = {"one text", "another text", "a third one"};
  options.batch_sizes = {2, 8};
  options.rounds = 2;
  options.seconds = 0.01;
  std::vector<std::size_t> progress;
  options.on_progress = [&](std::size_t done, std::size_t) { progress.push_back(done); };
  const BatchBench bench = bench_batch(kModel, {}, options).value();
  ASSERT_EQ(bench.rates.size(), 3u);
  EXPECT_EQ(bench.rates[0].batch_size, 0u);
  EXPECT_EQ(bench.rates[2].batch_size, 8u);
  double best = 0;
  for (const BatchRate& rate : bench.rates) best = std::max(best, rate.texts_per_second);
  EXPECT_GT(best, 0);
  for (const BatchRate& rate : bench.rates)
    if (rate.batch_size == bench.recommended) {
      EXPECT_GE(rate.texts_per_second, 0.95 * best);
    }
  EXPECT_EQ(bench.texts, 3u);
  EXPECT_THAT(progress, ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST(BenchBatch, InventsTextsAndStopsWhenAskedTo) {
  BatchBenchOptions options;
  options.batch_sizes = {};
  options.rounds = 1;
  options.seconds = 0.01;
  EXPECT_GT(bench_batch(kModel, {}, options).value().tokens_mean, 4);
  CancelToken cancel;
  cancel.request();
  options.cancel = &cancel;
  EXPECT_EQ(bench_batch(kModel, {}, options).error().code, ErrorCode::kCancelled);
}

TEST(BenchBatch, NoRoundIsNoRate) {
  BatchBenchOptions options;
  options.rounds = 0;
  EXPECT_EQ(bench_batch(kModel, {}, options).value().rates.front().texts_per_second, 0);
}

TEST(BenchEncode, CountsTextsAndThreads) {
  const std::vector<std::string> texts(1000, "a text of some words");
  const EncodeBench bench = bench_encode(kModel, {}, texts, 1, 2).value();
  EXPECT_EQ(bench.texts, 1000u);
  EXPECT_EQ(bench.threads, 1u);
  EXPECT_GT(bench.texts_per_second, 0);
  EXPECT_NEAR(bench.tokens_per_second, bench.texts_per_second * bench.tokens_mean, 1);
  EXPECT_GE(bench.tokenise_share, 0);
  EXPECT_LE(bench.tokenise_share, 1);
  EXPECT_EQ(bench_encode(kModel, {}, {}, 1, 2).error().code, ErrorCode::kInvalidArgument);
  EXPECT_FALSE(bench_encode("/no/such/model", {}, texts, 1, 2).has_value());
}

TEST(ReadTexts, OfACsvWithoutItsNulls) {
  JobFolder folder;
  const std::string path = (folder.path() / "it's.csv").string();
  std::ofstream(path) << "id,my text\n1,one\n2,\n3,three\n4,four\n";
  EXPECT_THAT(read_texts(path, "my text", 10).value(), ElementsAre("one", "three", "four"));
  EXPECT_THAT(read_texts(path, "my text", 2).value(), ElementsAre("one", "three"));
  EXPECT_THAT(read_texts(path, "id", 1).value(), ElementsAre("1"));
  std::ofstream(path) << "t,text\n1,\n2,two\n";  // The column of texts is looked at, no other.
  EXPECT_THAT(read_texts(path, "text", 10).value(), ElementsAre("two"));
  EXPECT_EQ(read_texts(path, "absent", 1).error().code, ErrorCode::kInvalidArgument);
  EXPECT_FALSE(read_texts("/no/such.csv", "text", 1).has_value());
}

}  // namespace
}  // namespace colvec
