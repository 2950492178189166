#include "colvec/dataset_status.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "base/json.h"
#include "dataset/dataset_fixture.h"
#include "dataset/embedding_step.h"
#include "dataset/run_record.h"
#include "store/column_store.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// A dataset `wares` (id, text) with an embedding step on `text`, whose store tests fill.
class StatusTest : public testing::Test {
 protected:
  StatusTest() {
    write("(1, 'a'), (2, 'b'), (3, 'b'), (4, NULL)");
    save(step());
  }

  static EmbeddingStep step(const std::string& model = "models/m") { return {.model = model}; }
  void write(const std::string& values) {
    folder_.write("SELECT id::BIGINT AS id, text::VARCHAR AS text FROM (VALUES " + values +
                  ") v(id, text)");
  }
  // Saves the dataset; `known` are the settings whose vectors are known, those of fingerprint "a".
  void save(const EmbeddingStep& step, const std::optional<EmbeddingStep>& known = {}) {
    if (fs::exists(folder_.home())) fs::remove(dataset_json());
    DatasetColumn text{.name = "text", .type = "VARCHAR", .embedding = step};
    if (known)
      text.active = ColumnVectors{.fingerprint = fingerprint_of('a'),
                                  .base = fingerprint_of('a'),
                                  .precision = Precision::kF32,
                                  .dimension = 2,
                                  .base_dimension = 2,
                                  .settings = vector_settings(*known)};
    folder_.save("wares", {{.name = "id", .type = "BIGINT", .is_primary_key = true}, text});
  }
  fs::path dataset_json() const { return folder_.home() / "datasets" / "wares" / "dataset.json"; }
  // Appends (key, text) with the text's vector of fingerprint "a".
  void keep(const std::string& values, const std::string& only_texts = "true") {
    const auto store = ColumnStore::open_or_create(local_file_system(), folder_.database(),
                                                   store_folder(folder_.home(), "wares", "text"),
                                                   {.key_columns = {{"id", "BIGINT"}}});
    ASSERT_TRUE(store.has_value()) << store.error().message;
    const std::string rows = fmt::format(
        "(SELECT id::BIGINT AS id, text AS text_value, {} AS text_hash FROM (VALUES {}) v(id,"
        " text))",
        text_hash_sql("text"), values);
    const auto appended = (*store)->append(
        {.set = vector_set_of(fingerprint_of('a'), "f32"),
         .dimension = 2,
         .vectors = fmt::format("(SELECT text_hash, text_value, [1, 0]::FLOAT[] AS embedding, 1 AS"
                                " token_count, false AS truncated FROM {} WHERE {})",
                                rows, only_texts),
         .keys = fmt::format("(SELECT id, text_hash FROM {} WHERE {})", rows, only_texts)});
    ASSERT_TRUE(appended.has_value()) << appended.error().message;
  }
  DatasetStatus status() {
    const auto read = dataset_status(folder_.home(), "wares", {});
    EXPECT_TRUE(read.has_value()) << (read ? "" : read.error().message);
    return read ? *read : DatasetStatus{.dataset = {}, .columns = {{}, {}}};
  }
  ColumnStatus text() { return status().columns.at(1); }

  DatasetFolder folder_;
};

TEST_F(StatusTest, AColumnWithoutAStepIsNotConfigured) {
  const DatasetStatus all = status();
  EXPECT_EQ(all.rows, 4u);
  ASSERT_EQ(all.columns.size(), 2u);
  EXPECT_EQ(all.columns[0].column, "id");
  EXPECT_EQ(all.columns[0].state, ColumnState::kNotConfigured);
  EXPECT_EQ(all.last_run.has_value(), false);
  EXPECT_EQ(all.processed, "");
}

TEST_F(StatusTest, BeforeARefreshAColumnIsEmpty) {
  const ColumnStatus empty = text();
  EXPECT_EQ(empty.state, ColumnState::kEmpty);
  EXPECT_EQ(empty.model, "models/m");
  EXPECT_EQ(empty.rows, 4u);
  EXPECT_EQ(empty.rows_with_text, 3u);
  EXPECT_EQ(empty.distinct_texts, 2u);
  EXPECT_EQ(empty.missing, 3u);
  EXPECT_EQ(empty.embedded, 0u);
  EXPECT_EQ(empty.files, 0u);
  EXPECT_EQ(empty.detail, "3 of 3 rows lack their vector");
}

TEST_F(StatusTest, WithAllVectorsAColumnIsReady) {
  save(step(), step());
  keep("(1, 'a'), (2, 'b'), (3, 'b'), (9, 'former')");
  const ColumnStatus ready = text();
  EXPECT_EQ(ready.state, ColumnState::kReady);
  EXPECT_EQ(ready.detail, "");
  EXPECT_EQ(ready.embedded, 3u);
  EXPECT_EQ(ready.missing, 0u);
  EXPECT_EQ(ready.vectors_stored, 3u);
  EXPECT_EQ(ready.files, 2u);
  std::uintmax_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder_.home()))
    if (entry.path().extension() == ".parquet") bytes += entry.file_size();
  EXPECT_EQ(ready.bytes, bytes);
}

TEST_F(StatusTest, NewRowsAreMissingAndChangedOnesMakeItStale) {
  save(step(), step());
  keep("(1, 'a'), (2, 'b'), (3, 'b')");
  write("(1, 'a'), (2, 'x'), (3, 'b')");
  ColumnStatus changed = text();
  EXPECT_EQ(changed.state, ColumnState::kStale);
  EXPECT_EQ(changed.detail, "1 of 3 rows lack their vector, 1 because their text changed");
  write("(1, 'a'), (2, 'x'), (3, 'b'), (4, 'new')");
  changed = text();
  EXPECT_EQ(changed.state, ColumnState::kPartial);
  EXPECT_EQ(changed.missing, 2u);
  EXPECT_EQ(changed.changed, 1u);
  // The vectors of all former texts are there, those of today's are not.
  write("(5, 'y')");
  EXPECT_EQ(text().state, ColumnState::kPartial);
}

TEST_F(StatusTest, OtherSettingsHaveNoVectorsYet) {
  save(step("models/other"), step());
  keep("(1, 'a'), (2, 'b'), (3, 'b')");
  const ColumnStatus other = text();
  EXPECT_EQ(other.state, ColumnState::kEmpty);
  EXPECT_EQ(other.vectors.fingerprint, "");
  EXPECT_EQ(other.vectors_stored, 0u);
  EXPECT_EQ(other.detail, "settings changed since the last refresh; 3 of 3 rows lack their vector");
  write("(1, NULL)");
  EXPECT_EQ(text().detail, "settings changed since the last refresh");
}

TEST_F(StatusTest, ARunThatFailedIsToldUntilOneDoesNot) {
  save(step(), step());
  DatasetRun run{.id = "one", .started_ms = 1, .outcome = "failed", .error = "why"};
  ASSERT_TRUE(record_run(folder_.home(), "wares", run));
  EXPECT_EQ(text().state, ColumnState::kEmpty) << "it did not come as far as this column";
  run.columns = {{.column = "text"}};
  ASSERT_TRUE(record_run(folder_.home(), "wares", run));
  const DatasetStatus failed = status();
  EXPECT_EQ(failed.columns[0].state, ColumnState::kNotConfigured);
  EXPECT_EQ(failed.columns[1].state, ColumnState::kFailed);
  EXPECT_EQ(failed.columns[1].detail, "the last run failed: why");
  ASSERT_TRUE(failed.last_run.has_value());
  EXPECT_EQ(failed.last_run->error, "why");
  ASSERT_TRUE(
      record_run(folder_.home(), "wares", {.id = "two", .started_ms = 2, .outcome = "done"}));
  EXPECT_EQ(text().state, ColumnState::kEmpty);
}

TEST_F(StatusTest, ARunThatFailedInAnotherHomeIsNoFailureHere) {
  save(step(), step());
  ASSERT_TRUE(record_run(folder_.home(), "wares",
                         {.id = "one",
                          .started_ms = 1,
                          .outcome = "failed",
                          .error = "why",
                          .columns = {{.column = "text"}},
                          .pulled = true}));
  EXPECT_EQ(text().state, ColumnState::kEmpty);
  EXPECT_EQ(status().last_run.has_value(), false);
}

TEST_F(StatusTest, AStoreThatCannotBeReadIsAStatusNotAnError) {
  save(step(), step());
  keep("(1, 'a')");
  const fs::path log = store_folder(folder_.home(), "wares", "text") / "keys" / "_delta_log";
  std::ofstream(log / "00000000000000000001.json", std::ios::trunc) << "{";
  const ColumnStatus damaged = text();
  EXPECT_EQ(damaged.state, ColumnState::kFailed);
  EXPECT_THAT(damaged.detail, HasSubstr(log.string()));
}

TEST_F(StatusTest, WhatIsNotThereIsAnError) {
  EXPECT_EQ(dataset_status(folder_.home(), "none", {}).error().code, ErrorCode::kNotFound);
  fs::remove(folder_.path() / "source.parquet");
  EXPECT_EQ(dataset_status(folder_.home(), "wares", {}).error().code, ErrorCode::kNotFound);
}

TEST_F(StatusTest, TheFolderWithTheTableIsNamedWhereThereIsOne) {
  const fs::path folder = processed_folder(folder_.home(), "wares");
  fs::create_directories(folder);
  EXPECT_EQ(status().processed, "");
  std::ofstream(folder / "part-00000.parquet") << "x";
  EXPECT_EQ(status().processed, folder.string());
}

TEST_F(StatusTest, AsJsonItSaysTheSame) {
  save(step(), step());
  keep("(1, 'a'), (2, 'b')", "id = 1");
  const auto json = Json::parse(to_json(status()), "status");
  ASSERT_TRUE(json.has_value());
  EXPECT_EQ(json->string("dataset").value(), "wares");
  const Json column = json->member("columns").value().element(1);
  EXPECT_EQ(column.string("status").value(), "partial");
  EXPECT_EQ(column.string("precision").value(), "f32");
  EXPECT_EQ(column.unsigned_number("missing").value(), 2u);
}

}  // namespace
}  // namespace colvec
