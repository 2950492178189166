#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <functional>

#include "colvec/dataset_status.h"
#include "colvec/refresh.h"
#include "job/refresh_fixture.h"
#include "test_server.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class RefreshDataset : public testing::Test {
 protected:
  RefreshDataset() {
    home_.write(kManyTexts);
    home_.save({.model = "m"});
  }

  RefreshHome home_;
};

TEST_F(RefreshDataset, ACancelledRunIsRecordedAndTheNextGoesOn) {
  CancelToken cancel;
  home_.encoder.cancel_after = &cancel;
  home_.encoder.cancel_at = 1000;
  RefreshOptions options = home_.options();
  options.cancel = &cancel;
  const DatasetRun cancelled = refresh_dataset(home_.home(), "wares", options).value();
  EXPECT_EQ(cancelled.outcome, "cancelled");
  const std::uint64_t done = cancelled.columns.front().texts_embedded;
  EXPECT_GE(done, 1000u);
  EXPECT_LT(done, 5000u);
  EXPECT_EQ(cancelled.columns.front().keys_added, done);
  EXPECT_THAT(cancelled.columns.front().issues, testing::IsEmpty()) << "rows that it left are none";
  EXPECT_FALSE(fs::exists(processed_folder(home_.home(), "wares")));
  EXPECT_EQ(home_.saved().find("text")->active, std::nullopt);
  EXPECT_TRUE(home_.saved().find("text")->target.has_value());
  EXPECT_EQ(to_json(list_runs(home_.home(), "wares")->front()), to_json(cancelled));
  EXPECT_EQ(dataset_status(home_.home(), "wares", {})->columns[1].state, ColumnState::kPartial);

  home_.encoder.cancel_after = nullptr;
  const DatasetRun rest = home_.refresh();
  EXPECT_EQ(rest.outcome, "done");
  EXPECT_EQ(rest.columns.front().texts_embedded, 5000 - done);
  EXPECT_EQ(home_.encoder.encoded().size(), 5000u);
  EXPECT_EQ(home_.saved().find("text")->target, std::nullopt);
  EXPECT_THAT(home_.rows("SELECT count(text_embedding) FROM " + home_.processed()),
              ElementsAre("5000"));
}

TEST_F(RefreshDataset, ACancelBreaksOffASourceThatHangs) {
  const auto show = [&](const std::string& select) {
    home_.rows("CREATE OR REPLACE VIEW t AS SELECT 1 AS id, 'text' AS text" + select);
  };
  const std::string hangs = " UNION ALL SELECT n, '' FROM (" + std::string(kEndless) + ") AS e(n)";
  show("");
  Dataset dataset{.name = "slow",
                  .source = {.path = home_.path() / "scratch.duckdb", .table = "t"}};
  dataset.columns = {{.name = "id", .is_primary_key = true},
                     {.name = "text", .embedding = EmbeddingStep{.model = "m"}}};
  ASSERT_TRUE(save_dataset(home_.home(), dataset));
  // The source is read for what is missing and then, once a run is done, for what has changed.
  for (const bool was_done : {false, true}) {
    show(hangs);
    CancelToken cancel;
    RefreshOptions options = home_.options();
    options.cancel = &cancel;
    const auto requested = request_soon(&cancel);
    const Result<DatasetRun> cancelled = refresh_dataset(home_.home(), "slow", options);
    ASSERT_TRUE(cancelled) << cancelled.error().message;
    EXPECT_EQ(cancelled->outcome, "cancelled");
    // Cancelled while it looked for changes, it says nothing, and hides no run that did.
    EXPECT_EQ(list_runs(home_.home(), "slow")->front().outcome, was_done ? "done" : "cancelled");
    EXPECT_EQ(fs::exists(processed_folder(home_.home(), "slow")), was_done);
    show("");
    EXPECT_EQ(refresh_dataset(home_.home(), "slow", home_.options())->outcome,
              was_done ? "unchanged" : "done");
  }

  show(hangs);
  CancelToken cancel;
  const auto requested = request_soon(&cancel);
  EXPECT_EQ(dataset_status(home_.home(), "slow", {.cancel = &cancel}).error().code,
            ErrorCode::kCancelled);
  RefreshOptions options = home_.options();
  options.cancel = &cancel;
  const Dataset saved = read_dataset(home_.home(), "slow").value();
  EXPECT_EQ(plan_refresh(home_.home(), saved, options).error().code, ErrorCode::kCancelled);
}

TEST_F(RefreshDataset, ACancelStopsTheFilesOfABucket) {
  const TestServer s3("fake_s3.py");
  if (!s3.is_up()) GTEST_SKIP() << "SKIPPED: no python3 to run fake_s3.py";
  ::setenv("AWS_ACCESS_KEY_ID", "AKTEST", 1);
  ::setenv("AWS_SECRET_ACCESS_KEY", "SKTEST", 1);
  ::setenv("AWS_ENDPOINT_URL", s3.url("").c_str(), 1);
  Dataset dataset{.name = "far", .source = {.path = "s3://bucket/rows.parquet"}};
  dataset.columns = {{.name = "id", .is_primary_key = true},
                     {.name = "text", .embedding = EmbeddingStep{.model = "m"}}};
  ASSERT_TRUE(save_dataset(home_.home(), dataset));
  // There is no such object, which only who asks is told.
  EXPECT_EQ(refresh_dataset(home_.home(), "far", home_.options()).error().code,
            ErrorCode::kNotFound);
  CancelToken cancel;
  cancel.request();
  RefreshOptions options = home_.options();
  options.cancel = &cancel;
  const Result<DatasetRun> cancelled = refresh_dataset(home_.home(), "far", options);
  EXPECT_EQ(dataset_status(home_.home(), "far", {.cancel = &cancel}).error().code,
            ErrorCode::kCancelled);
  const Result<DatasetRun> table =
      embed_columns(dataset.source, {{.column = "text", .step = {.model = "m"}}},
                    home_.path() / "out.parquet", options);
  for (const char* name : {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"})
    ::unsetenv(name);
  ASSERT_TRUE(cancelled.has_value()) << cancelled.error().message;
  EXPECT_EQ(cancelled->outcome, "cancelled");
  ASSERT_TRUE(table.has_value()) << table.error().message;
  EXPECT_EQ(table->outcome, "cancelled");
}

TEST_F(RefreshDataset, ShardsOnlyEmbedAndTheLastRefreshFindsAllThere) {
  RefreshOptions options = home_.options();
  options.only_stored = true;
  const auto refused = refresh_dataset(home_.home(), "wares", options);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(refused.error().message, HasSubstr("5000 texts have no vector yet"));

  options.only_stored = false;
  // Another machine would not see who is at work in a folder of the home.
  options.on_progress = [&](const Progress&) {
    EXPECT_FALSE(fs::exists(home_.home() / "datasets" / "wares" / "refresh.tmp"));
  };
  for (std::uint64_t i = 0; i < 3; ++i) {
    options.shard = Shard{.index = i, .count = 3};
    const DatasetRun run = refresh_dataset(home_.home(), "wares", options).value();
    EXPECT_GT(run.columns.front().texts_embedded, 1500u);  // About a third.
    EXPECT_EQ(run.columns.front().keys_added, 0u);
  }
  EXPECT_EQ(home_.encoder.encoded().size(), 5000u);
  EXPECT_FALSE(fs::exists(processed_folder(home_.home(), "wares")));
  EXPECT_EQ(list_runs(home_.home(), "wares")->size(), 1u) << "only the one that was refused";

  options.shard.reset();
  options.on_progress = nullptr;
  options.only_stored = true;
  const DatasetRun last = refresh_dataset(home_.home(), "wares", options).value();
  EXPECT_EQ(last.columns.front().texts_embedded, 0u);
  EXPECT_EQ(last.columns.front().keys_added, 5000u);
  EXPECT_EQ(home_.encoder.encoded().size(), 5000u);
}

TEST_F(RefreshDataset, AFailedRunIsRecordedWithItsError) {
  home_.write(RefreshHome::values("(1, 'a'), (2, 'fail')"));
  const auto failed = refresh_dataset(home_.home(), "wares", home_.options());
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "column text: the model fell over");
  const DatasetRun run = list_runs(home_.home(), "wares")->front();
  EXPECT_EQ(run.outcome, "failed");
  EXPECT_EQ(run.error, failed.error().message);
  EXPECT_EQ(dataset_status(home_.home(), "wares", {})->columns[1].state, ColumnState::kFailed);
  home_.write(RefreshHome::values("(1, 'a'), (2, 'b')"));
  EXPECT_EQ(home_.refresh().outcome, "done");
  EXPECT_EQ(home_.refresh().outcome, "unchanged");
}

TEST_F(RefreshDataset, ATableThatWasLeftAsItWasIsWrittenByTheNextRefresh) {
  home_.write(RefreshHome::values("(1, 'a')"));
  home_.refresh();
  home_.write(RefreshHome::values("(1, 'b'), (2, 'c')"));
  RefreshOptions options = home_.options();
  options.write_processed = false;
  EXPECT_EQ(refresh_dataset(home_.home(), "wares", options)->outcome, "done");
  EXPECT_EQ(refresh_dataset(home_.home(), "wares", options)->outcome, "unchanged");
  EXPECT_THAT(home_.rows("SELECT text FROM " + home_.processed()), ElementsAre("a"));

  EXPECT_EQ(home_.refresh().outcome, "done");
  EXPECT_THAT(home_.rows("SELECT text FROM " + home_.processed()), ElementsAre("b", "c"));
  EXPECT_EQ(home_.refresh().outcome, "unchanged");
  EXPECT_EQ(refresh_dataset(home_.home(), "wares", options)->outcome, "unchanged");
}

// The table has `more` beside `text`; both are embedded.
class RefreshOfSomeColumns : public testing::Test {
 protected:
  RefreshOfSomeColumns() {
    write("(1, 'a', 'm1'), (2, 'b', 'm2'), (3, 'c', 'm3')");
    save({.model = "m", .dimension = 2});
    home_.refresh();
  }
  void write(const std::string& values) {
    home_.write("SELECT id::BIGINT AS id, text, more FROM (VALUES " + values +
                ") v(id, text, more)");
  }
  void save(const EmbeddingStep& step_of_more) {
    home_.save({{.name = "id", .is_primary_key = true},
                {.name = "text", .embedding = EmbeddingStep{.model = "m"}},
                {.name = "more", .embedding = step_of_more}});
  }
  DatasetRun refresh_text() {
    RefreshOptions options = home_.options();
    options.columns = {"text"};
    return refresh_dataset(home_.home(), "wares", options).value();
  }
  std::vector<std::string> vectors_of_more() {
    return home_.rows("SELECT id, len(text_embedding), more_embedding FROM " + home_.processed());
  }

  RefreshHome home_;
};

TEST_F(RefreshOfSomeColumns, TheTableKeepsTheVectorsOfTheOthers) {
  const std::vector<std::string> before = vectors_of_more();
  const std::vector<std::string> columns =
      home_.rows("SELECT column_name FROM (DESCRIBE FROM " + home_.processed() + ")");
  write("(4, 'd', 'm4'), (1, 'changed', 'm1'), (2, 'b', 'm2'), (3, 'c', 'm3')");
  // What the step of the other asks for now is a matter of its next refresh.
  save({.model = "absent", .dimension = 3});
  const DatasetRun run = refresh_text();
  EXPECT_EQ(run.columns.size(), 1u);
  EXPECT_EQ(run.columns.front().texts_embedded, 2u);
  EXPECT_THAT(run.notes, ElementsAre("column more: was not refreshed: it lacks 1 of its vectors"));
  EXPECT_THAT(vectors_of_more(), ElementsAre("4|4|NULL", before[0], before[1], before[2]));
  EXPECT_EQ(home_.rows("SELECT column_name FROM (DESCRIBE FROM " + home_.processed() + ")"),
            columns);

  EXPECT_EQ(refresh_text().outcome, "unchanged");
  save({.model = "m", .dimension = 2});
  EXPECT_EQ(home_.refresh().columns.back().texts_embedded, 1u);
  EXPECT_THAT(home_.rows("SELECT count(more_embedding) FROM " + home_.processed()),
              ElementsAre("4"));
}

TEST_F(RefreshOfSomeColumns, VectorsThatCannotBeHadAreLeftOutAndNamed) {
  const fs::path store = store_folder(home_.home(), "wares", "more");
  const fs::path aside = home_.path() / "aside";
  const auto each = [&](std::string_view folder, std::string_view ending, const auto& change) {
    for (const auto& entry : fs::recursive_directory_iterator(store / folder))
      if (entry.path().extension() == ending) change(entry.path());
  };
  const auto remove = [](const fs::path& file) { fs::remove(file); };
  const auto cut = [](const fs::path& file) { fs::resize_file(file, 5); };
  const std::vector<std::pair<const char*, std::function<void()>>> losses = {
      {"no folder", [&] { fs::remove_all(store); }},
      {"an empty folder",
       [&] {
         fs::remove_all(store);
         fs::create_directories(store);
       }},
      {"no table of vectors", [&] { fs::remove_all(store / "vectors"); }},
      {"a damaged log", [&] { each("vectors", ".json", cut); }},
      {"a file of vectors that is gone", [&] { each("vectors", ".parquet", remove); }},
      {"damaged vectors", [&] { each("vectors", ".parquet", cut); }},
      {"damaged keys", [&] { each("keys", ".parquet", cut); }},
      {"no projection", [&] { fs::remove_all(store / "models"); }}};
  fs::copy(store, aside, fs::copy_options::recursive);
  int row = 10;
  for (const auto& [what, lose] : losses) {
    lose();
    write("(" + std::to_string(++row) + ", '" + what + "', 'm1')");
    const DatasetRun run = refresh_text();
    EXPECT_EQ(run.columns.front().texts_embedded, 1u) << what;
    ASSERT_THAT(run.notes,
                ElementsAre(AllOf(StartsWith("column more: its vectors are not in the table now: "),
                                  HasSubstr(store.string()))))
        << what;
    EXPECT_THAT(home_.rows("SELECT column_name FROM (DESCRIBE FROM " + home_.processed() + ")"),
                ElementsAre("id", "text", "more", "text_embedding"))
        << what;
    fs::remove_all(store);
    fs::copy(aside, store, fs::copy_options::recursive);
  }
  // Once they are there again, so they are in the table.
  EXPECT_THAT(refresh_text().notes, IsEmpty());
  EXPECT_THAT(home_.rows("SELECT len(more_embedding) FROM " + home_.processed()), ElementsAre("2"));
}

TEST_F(RefreshDataset, ProgressNamesThePhasesAndCountsTheTexts) {
  std::vector<std::string> phases;
  std::uint64_t done = 0;
  RefreshOptions options = home_.options();
  options.on_progress = [&](const Progress& progress) {
    if (phases.empty() || phases.back() != progress.phase) phases.emplace_back(progress.phase);
    done = std::max<std::uint64_t>(done, progress.rows_done);
  };
  ASSERT_TRUE(refresh_dataset(home_.home(), "wares", options));
  EXPECT_THAT(phases,
              ElementsAre("opening models", "reading the source", "looking up", "embedding text",
                          "appending the keys of text", "writing the table"));
  EXPECT_EQ(done, 5000u);
}

class EmbedColumns : public testing::Test {
 protected:
  Result<DatasetRun> embed(std::vector<EmbedColumn> columns) {
    return embed_columns({.path = home_.path() / "source.parquet"}, columns, output_,
                         home_.options());
  }
  EmbedColumn column(const std::string& key = "id") const {
    return {.column = "text",
            .step = {.model = "m", .primary_key_column = {key}},
            .store = home_.path() / "store"};
  }

  RefreshHome home_;
  const fs::path output_ = home_.path() / "out.parquet";
};

TEST_F(EmbedColumns, WritesTheTableWithItsVectorsWithoutADataset) {
  home_.write(RefreshHome::values("(2, 'a'), (1, NULL), (3, 'b')"));
  const auto run = embed({column()});
  ASSERT_TRUE(run.has_value()) << run.error().message;
  EXPECT_EQ(run->columns.front().texts_embedded, 2u);
  EXPECT_EQ(run->columns.front().keys_added, 2u);
  EXPECT_THAT(home_.rows("SELECT id, text, len(text_embedding) FROM read_parquet('" +
                         output_.string() + "')"),
              ElementsAre("2|a|4", "1|NULL|NULL", "3|b|4"));
  EXPECT_FALSE(fs::exists(home_.home()));
  // What the store has is not embedded again.
  home_.encoder.forget();
  ASSERT_TRUE(embed({column()}));
  EXPECT_THAT(home_.encoder.encoded(), IsEmpty());
}

TEST_F(EmbedColumns, WhatIsWrongIsRefusedAndWritesNothing) {
  home_.write(RefreshHome::values("(1, 'a'), (1, 'b')"));
  EXPECT_THAT(embed({column()}).error().message, HasSubstr("keys must be unique"));
  EXPECT_THAT(embed({column("none")}).error().message, HasSubstr("none"));
  EmbedColumn absent = column();
  absent.step.model = "absent";
  EXPECT_EQ(embed({absent}).error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(fs::exists(output_));
}

}  // namespace
}  // namespace colvec
