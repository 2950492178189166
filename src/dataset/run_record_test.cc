#include "dataset/run_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "dataset/dataset_fixture.h"
#include "dataset/home.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Every count another number.
DatasetRun full_run() {
  ColumnRun column{.column = "text",
                   .model = "models/m",
                   .vectors = {.fingerprint = fingerprint_of('a'),
                               .base = fingerprint_of('b'),
                               .precision = Precision::kBf16,
                               .dimension = 8,
                               .base_dimension = 16,
                               .settings = ""},
                   .rows = 101,
                   .rows_with_text = 102,
                   .distinct_texts = 103,
                   .rows_new = 104,
                   .rows_changed = 105,
                   .keys_removed = 106,
                   .texts_missing = 107,
                   .texts_copied = 108,
                   .texts_embedded = 109,
                   .tokens = 110,
                   .vectors_added = 111,
                   .keys_added = 112,
                   .issues = {{"null", 3}, {"truncated", 4}},
                   .examples = {{"null", "id = 1", ""}, {"truncated", "id = \"2\"", "cut at 8"}},
                   .policy_errors = 113,
                   .explained_variance = 0.1 + 0.2,
                   .overlap_at_10 = 0.5,
                   .did = {"one", "zwei ü"}};
  return {.id = "11111111-2222-3333-4444-555555555555",
          .started_ms = 1'700'000'000'123,
          .seconds = 1.5,
          .outcome = "failed",
          .error = "what failed: \"x\"",
          .rows = 100,
          .columns = {column, {.column = "other", .model = "m"}},
          .notes = {"a note"},
          .stage_seconds = {{"scan", 0.25}, {"read", 1e-9}},
          .engine_version = "colvec/1",
          .state = "0123",
          .pulled = false};
}

DatasetRun run_at(std::int64_t started_ms, const std::string& id) {
  return {.id = id, .started_ms = started_ms, .outcome = "done"};
}

class RunRecord : public testing::Test {
 protected:
  std::vector<std::string> ids() {
    const Result<std::vector<DatasetRun>> runs = list_runs(home_, "wares");
    if (!runs) return {runs.error().message};
    std::vector<std::string> ids;
    for (const DatasetRun& run : *runs) ids.push_back(run.id);
    return ids;
  }
  void put(const std::string& name, const std::string& bytes) {
    fs::create_directories(runs_folder(home_, "wares"));
    std::ofstream(runs_folder(home_, "wares") / name, std::ios::binary) << bytes;
  }

  DatasetFolder folder_;
  const fs::path home_ = folder_.home();
};

TEST_F(RunRecord, ARunIsReadAsItWasRecorded) {
  const DatasetRun run = full_run();
  ASSERT_TRUE(record_run(home_, "wares", run).has_value());
  EXPECT_THAT(list_runs(home_, "wares").value(), ElementsAre(run));
  EXPECT_EQ(last_run(home_, "wares").value(), run);
}

TEST_F(RunRecord, ARunWithoutAnythingIsARunToo) {
  const DatasetRun run = run_at(0, "x");
  const Result<DatasetRun> read = parse_run(to_json(run), "here");
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(*read, run);
}

TEST_F(RunRecord, TheNewestComesFirst) {
  EXPECT_THAT(ids(), IsEmpty());
  EXPECT_EQ(last_run(home_, "wares").value(), std::nullopt);
  for (const DatasetRun& run : {run_at(20, "b"), run_at(30, "c"), run_at(10, "a"), run_at(30, "d")})
    ASSERT_TRUE(record_run(home_, "wares", run).has_value());
  EXPECT_THAT(ids(), ElementsAre("c", "d", "b", "a"));
  EXPECT_EQ(last_run(home_, "wares").value()->id, "c");
}

TEST_F(RunRecord, TheLastIsOneOfThisHome) {
  DatasetRun of_another = run_at(20, "b");
  of_another.pulled = true;
  ASSERT_TRUE(record_run(home_, "wares", of_another).has_value());
  EXPECT_EQ(last_run(home_, "wares").value(), std::nullopt);
  ASSERT_TRUE(record_run(home_, "wares", run_at(10, "a")).has_value());
  EXPECT_EQ(last_run(home_, "wares").value()->id, "a");
  EXPECT_EQ(list_runs(home_, "wares").value().front(), of_another);
}

TEST_F(RunRecord, WhatIsNoRecordIsPassedOver) {
  ASSERT_TRUE(record_run(home_, "wares", run_at(10, "a")).has_value());
  put("cut.json", to_json(run_at(20, "b")).substr(0, 20));
  put("other.json", "{\"id\":\"x\"}");
  put(".draft.json", to_json(run_at(30, "c")));
  put("d.json.tmp77", to_json(run_at(40, "d")));
  fs::create_directories(runs_folder(home_, "wares") / "folder.json");
  EXPECT_THAT(ids(), ElementsAre("a"));
  EXPECT_EQ(last_run(home_, "wares").value()->id, "a");
}

TEST_F(RunRecord, WhatIsWrongIsNamed) {
  const std::string json = to_json(full_run());
  for (const auto& [from, to, message] :
       std::vector<std::tuple<std::string, std::string, std::string>>{
           {"\"id\"", "\"di\"", "here: missing key: id"},
           {"\"outcome\": \"failed\"", "\"outcome\": 1", "here: outcome: "},
           {"\"rows\": 100", "\"rows\": -1", "here: rows: "},
           {"\"bf16\"", "\"b16\"", "b16"},
           {"\"null\": 3", "\"null\": \"3\"", "null: "},
           {"\"scan\": 0.25", "\"scan\": []", "scan: "},
           {"\"columns\": [", "\"columns\": {\"a\": 1}, \"other\": [", "columns: not a list"},
           {"\"notes\": [", "\"notes\": {\"a\": 1}, \"other\": [", "notes: not a list"},
       }) {
    const std::size_t at = json.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    const Result<DatasetRun> run =
        parse_run(std::string(json).replace(at, from.size(), to), "here");
    ASSERT_FALSE(run.has_value()) << to;
    EXPECT_THAT(run.error().message, HasSubstr(message));
  }
}

TEST_F(RunRecord, PlansAreAListOfWhatIsKnownAndMeasured) {
  ColumnPlan plan{.sampled_texts = 7,
                  .token_histogram = {{"1-8", 5}, {"9-16", 2}},
                  .tokens_mean = 6.5,
                  .truncated_share = 0.25,
                  .texts_per_second = 100,
                  .seconds_predicted = 0.5,
                  .bytes_predicted = 1024};
  plan.run.column = "text";
  const std::string json = to_json(std::vector<ColumnPlan>{plan});
  EXPECT_THAT(json, HasSubstr("\"sampled_texts\":7,\"token_histogram\":[{\"tokens\":\"1-8\","
                              "\"texts\":5},{\"tokens\":\"9-16\",\"texts\":2}],\"tokens_mean\":6.5,"
                              "\"truncated_share\":0.25,\"texts_per_second\":100,"
                              "\"seconds_predicted\":0.5,\"bytes_predicted\":1024}]"));
  EXPECT_EQ(to_json(std::vector<ColumnPlan>{}), "[]");
}

}  // namespace
}  // namespace colvec
