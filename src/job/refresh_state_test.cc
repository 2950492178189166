#include "job/refresh_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <set>

#include "job/job_fixture.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

class RefreshState : public testing::Test {
 protected:
  RefreshState() {
    fs::create_directories(model() / "1_Pooling");
    put("config.json", "{}");
    put("1_Pooling/config.json", "{}");
    setup_.model = model().string();
  }
  fs::path model() const { return folder_.path() / "model"; }
  void put(const std::string& name, const std::string& bytes) {
    std::ofstream(model() / name, std::ios::trunc) << bytes;
  }
  std::string state(const std::string& digest = "digest") {
    const Result<std::string> state = refresh_state(database_, {setup_}, digest);
    EXPECT_TRUE(state.has_value()) << (state ? "" : state.error().message);
    return state ? *state : "";
  }
  std::unique_ptr<ColumnStore> open_store() {
    return ColumnStore::open_or_create(local_file_system(), database_, setup_.store,
                                       {.key_columns = setup_.columns.key})
        .value();
  }

  JobFolder folder_;
  Database database_ = Database::open({.threads = 2}).value();
  ColumnSetup setup_{
      .column = "text",
      .step = {.model = "model"},
      .columns = {.text = "text", .source_key = {{"id", "BIGINT"}}, .key = {{"id", "BIGINT"}}},
      .store = folder_.path() / "store"};
};

TEST_F(RefreshState, EachThingThatARefreshDependsOnChangesIt) {
  const std::vector<std::pair<const char*, std::function<void()>>> changes = {
      {"step", [&] { setup_.step.on_null = Policy::kError; }},
      {"text", [&] { setup_.columns.text = "other"; }},
      {"key",
       [&] {
         setup_.columns.key = {{"id", "VARCHAR"}};
       }},
      {"column", [&] { setup_.column = "other"; }},
      {"a model's file, of the same size", [&] { put("config.json", "[]"); }},
      {"a file in a folder of the model", [&] { put("1_Pooling/config.json", "[]"); }},
      {"a new file", [&] { put("model.safetensors", ""); }},
      {"a file that is gone", [&] { fs::remove(model() / "config.json"); }},
      {"the store is made", [&] { open_store(); }},
      {"another model", [&] { setup_.model = "builtin:lexical"; }},
      {"the column is kept",
       [&] {
         setup_.is_kept = true;
         setup_.active = ColumnVectors{.fingerprint = "a"};
       }},
      {"other vectors of it", [&] { setup_.active->fingerprint = "b"; }}};
  std::set<std::string> seen = {state(), state("another digest")};
  EXPECT_EQ(seen.size(), 2u);
  for (const auto& [what, change] : changes) {
    change();
    EXPECT_TRUE(seen.insert(state()).second) << what;
    EXPECT_EQ(state(), state()) << what;
  }
}

TEST_F(RefreshState, ACommitToTheStoreChangesIt) {
  const auto store = open_store();
  const std::string before = state();
  EXPECT_EQ(state(), before);
  ASSERT_TRUE(store->append({.set = vector_set_of(std::string(64, 'a'), "f32"),
                             .dimension = 1,
                             .vectors = "(SELECT " + text_hash_sql("'x'") +
                                        " AS text_hash, 'x' AS text_value, [1]::FLOAT[] AS"
                                        " embedding, 1 AS token_count, false AS truncated)"}));
  EXPECT_NE(state(), before);
}

TEST_F(RefreshState, ATimeThatIsSetBackHidesNoChange) {
  const auto time = fs::last_write_time(model() / "config.json");
  const std::string before = state();
  put("config.json", "[]");
  fs::last_write_time(model() / "config.json", time);
  EXPECT_NE(state(), before);
}

TEST_F(RefreshState, ADamagedStoreIsAnErrorOfTheColumnsThatAreRefreshed) {
  open_store();
  std::ofstream(setup_.store / "vectors" / "_delta_log" / "00000000000000000000.json",
                std::ios::trunc)
      << "{";
  EXPECT_EQ(refresh_state(database_, {setup_}, "digest").error().code, ErrorCode::kCorruption);
  // That of a column which is not refreshed is in nobody's way.
  setup_.is_kept = true;
  setup_.active = ColumnVectors{.fingerprint = "a"};
  const std::string damaged = state();
  fs::remove_all(setup_.store);
  EXPECT_NE(state(), damaged);
}

TEST(UnchangedColumns, AreAsTheLastRunLeftThemAndNothingWasDone) {
  const ColumnRun was{
      .column = "text", .rows = 9, .texts_embedded = 5, .did = {"5 texts embedded"}};
  const std::vector<ColumnRun> columns = unchanged_columns({.columns = {was}});
  ASSERT_EQ(columns.size(), 1u);
  EXPECT_EQ(columns[0].column, "text");
  EXPECT_EQ(columns[0].rows, 9u);
  EXPECT_EQ(columns[0].texts_embedded, 0u);
  EXPECT_TRUE(columns[0].did.empty());
}

}  // namespace
}  // namespace colvec
