#include "colvec/dataset_sync.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/uuid.h"
#include "dataset/dataset_fixture.h"
#include "dataset/home.h"
#include "dataset/run_record.h"
#include "dataset/sync_state.h"
#include "store/column_store.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class SyncDataset : public testing::Test {
 protected:
  fs::path home(const std::string& name) const { return folder_.path() / name; }
  std::string remote() const { return (folder_.path() / "remote").string(); }
  DatasetSyncOptions to_remote() const { return {.sync = {.remote = remote()}, .source = {}}; }

  // A dataset `wares` of a home, with a store of the keys `first` to `first + count - 1`.
  Dataset add(const std::string& home_name) {
    Dataset dataset{.name = "wares", .source = {.path = "/data/wares.parquet"}};
    dataset.columns = {{.name = "id", .is_primary_key = true},
                       {.name = "long text", .embedding = EmbeddingStep{.model = "m"}}};
    return save_dataset(home(home_name), dataset).value();
  }
  void append(const std::string& home_name, std::uint64_t first, std::uint64_t count) {
    const auto store =
        ColumnStore::open_or_create(local_file_system(), folder_.database(),
                                    store_folder(home(home_name), "wares", "long text"),
                                    {.key_columns = {{"id", "BIGINT"}}})
            .value();
    ASSERT_TRUE(store->add_model(
        {.fingerprint = fingerprint_of('a'), .name = "m", .made_of = "", .dimension = 2}));
    const std::string rows = "(SELECT i AS id, 'text ' || i AS text_value, " +
                             text_hash_sql("'text ' || i") + " AS text_hash FROM range(" +
                             std::to_string(first) + ", " + std::to_string(first + count) +
                             ") r(i))";
    ASSERT_TRUE(store->append(
        {.set = vector_set_of(fingerprint_of('a'), "f32"),
         .dimension = 2,
         .vectors = "(SELECT text_hash, text_value, [1, 0]::FLOAT[] AS embedding, NULL::INTEGER AS "
                    "token_count, NULL::BOOLEAN AS truncated FROM " +
                    rows + ")",
         .keys = "(SELECT id, text_hash FROM " + rows + ")"}));
  }
  std::uint64_t keys(const std::string& home_name) {
    const auto store = ColumnStore::open(local_file_system(), folder_.database(),
                                         store_folder(home(home_name), "wares", "long text"));
    if (!store) return 0;
    const StoreView view = (*store)->view().value();
    return (*store)
        ->connection()
        .query("SELECT count(*) FROM " + (*store)->keys_sql(view))
        ->number(0, 0);
  }
  void record(const std::string& home_name, const std::string& id, std::int64_t started_ms) {
    ASSERT_TRUE(record_run(home(home_name), "wares",
                           {.id = id, .started_ms = started_ms, .outcome = "done", .state = "s"}));
  }
  static std::string message(const Result<Synced>& synced) {
    return synced ? "" : synced.error().message;
  }

  DatasetFolder folder_;
};

TEST_F(SyncDataset, AnotherHomeGetsTheDatasetWithItsVectorsAndRuns) {
  add("a");
  append("a", 0, 5);
  const std::string id = new_uuid();
  record("a", id, 7);
  const auto pushed = push_dataset(home("a"), "wares", to_remote());
  ASSERT_TRUE(pushed.has_value()) << message(pushed);
  EXPECT_GT(pushed->pushed.commits, 0u);
  // The remote looks like a home.
  EXPECT_EQ(read_dataset(remote(), "wares")->columns, read_dataset(home("a"), "wares")->columns);
  EXPECT_EQ(read_dataset(home("a"), "wares")->remote, remote());

  const auto again = push_dataset(home("a"), "wares", {});
  ASSERT_TRUE(again.has_value()) << message(again);
  EXPECT_EQ(again->pushed.commits + again->pushed.files + again->pushed.bytes, 0u);

  const auto pulled = pull_dataset(home("b"), "wares", to_remote());
  ASSERT_TRUE(pulled.has_value()) << message(pulled);
  EXPECT_EQ(keys("b"), 5u);
  const Dataset dataset = read_dataset(home("b"), "wares").value();
  EXPECT_EQ(dataset.remote, remote());
  EXPECT_EQ(dataset.sync, SyncMode::kManual);
  EXPECT_EQ(dataset.source.path, "/data/wares.parquet");
  const DatasetRun run = list_runs(home("b"), "wares")->front();
  EXPECT_EQ(run.id, id);
  EXPECT_EQ(run.state, "");  // Here nobody knows what has changed since.
  EXPECT_TRUE(run.pulled);
}

TEST_F(SyncDataset, BothHomesEndWithWhatEitherAdded) {
  add("a");
  append("a", 0, 5);
  ASSERT_TRUE(push_dataset(home("a"), "wares", to_remote()));
  DatasetSyncOptions options = to_remote();
  options.source = "/elsewhere/wares.parquet";
  ASSERT_TRUE(pull_dataset(home("b"), "wares", options));
  append("a", 5, 5);
  append("b", 10, 5);
  Dataset changed = read_dataset(home("b"), "wares").value();
  EXPECT_EQ(changed.source.path, "/elsewhere/wares.parquet");
  changed.find("id")->is_target = true;
  ASSERT_TRUE(save_dataset(home("b"), changed));
  for (const char* name : {"a", "b", "a"}) {
    const auto synced = sync_dataset(home(name), "wares", {});
    ASSERT_TRUE(synced.has_value()) << message(synced);
  }
  EXPECT_EQ(keys("a"), 15u);
  EXPECT_EQ(keys("b"), 15u);
  EXPECT_TRUE(read_dataset(home("a"), "wares")->find("id")->is_target);
  EXPECT_EQ(read_dataset(home("a"), "wares")->source.path, "/data/wares.parquet");
}

TEST_F(SyncDataset, ASettingThatBothChangedIsAConflictThatIsToldHowToEnd) {
  add("a");
  ASSERT_TRUE(push_dataset(home("a"), "wares", to_remote()));
  ASSERT_TRUE(pull_dataset(home("b"), "wares", to_remote()));
  for (const char* name : {"a", "b"}) {
    Dataset dataset = read_dataset(home(name), "wares").value();
    dataset.find("long text")->embedding->model = name;
    ASSERT_TRUE(save_dataset(home(name), dataset));
  }
  ASSERT_TRUE(push_dataset(home("a"), "wares", {}));
  for (const auto function : {push_dataset, pull_dataset, sync_dataset}) {
    const auto refused = function(home("b"), "wares", {});
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
    EXPECT_THAT(refused.error().message, HasSubstr("column long text: was changed here and there"));
    EXPECT_EQ(sync_status(home("b"), *read_dataset(home("b"), "wares")).health,
              SyncHealth::kFailed);
  }
  const auto theirs = push_dataset(home("b"), "wares", {.keep = SettingsOf::kTheirs});
  EXPECT_EQ(theirs.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(message(theirs), "--settings theirs: goes with pull or sync");
  ASSERT_TRUE(sync_dataset(home("b"), "wares", {.keep = SettingsOf::kOurs, .source = {}}));
  ASSERT_TRUE(sync_dataset(home("a"), "wares", {}));
  EXPECT_EQ(read_dataset(home("a"), "wares")->find("long text")->embedding->model, "b");
}

TEST_F(SyncDataset, StatusTellsWhatIsNotPushed) {
  add("a");
  const auto health = [&] {
    return sync_status(home("a"), *read_dataset(home("a"), "wares")).health;
  };
  EXPECT_EQ(health(), SyncHealth::kNoRemote);
  append("a", 0, 5);
  Dataset dataset = read_dataset(home("a"), "wares").value();
  dataset.remote = remote();
  ASSERT_TRUE(save_dataset(home("a"), dataset));
  EXPECT_EQ(health(), SyncHealth::kNever);
  ASSERT_TRUE(push_dataset(home("a"), "wares", {}));
  EXPECT_EQ(health(), SyncHealth::kInStep);
  append("a", 5, 5);
  EXPECT_EQ(health(), SyncHealth::kAhead);
  ASSERT_TRUE(sync_dataset(home("a"), "wares", {}));
  EXPECT_EQ(health(), SyncHealth::kInStep);
  ASSERT_TRUE(pull_dataset(home("b"), "wares", to_remote()));
  append("b", 10, 5);
  ASSERT_TRUE(push_dataset(home("b"), "wares", {}));
  ASSERT_TRUE(pull_dataset(home("a"), "wares", {}));
  EXPECT_EQ(health(), SyncHealth::kInStep);
}

TEST_F(SyncDataset, StatusTellsThatDatasetJsonIsNotPushed) {
  add("a");
  append("a", 0, 5);
  ASSERT_TRUE(push_dataset(home("a"), "wares", to_remote()));
  ASSERT_TRUE(pull_dataset(home("b"), "wares", to_remote()));
  const auto health = [&](const std::string& name) {
    return sync_status(home(name), *read_dataset(home(name), "wares")).health;
  };
  const auto change = [&](const std::string& name, const std::string& column) {
    Dataset dataset = read_dataset(home(name), "wares").value();
    dataset.find(column)->is_target = !dataset.find(column)->is_target;
    ASSERT_TRUE(save_dataset(home(name), dataset));
  };
  // What each home has for itself is nothing to push.
  Dataset dataset = read_dataset(home("a"), "wares").value();
  dataset.source.path = "/elsewhere/wares.parquet";
  ASSERT_TRUE(save_dataset(home("a"), dataset));
  EXPECT_EQ(health("a"), SyncHealth::kInStep);
  EXPECT_EQ(health("b"), SyncHealth::kInStep);

  change("a", "id");
  EXPECT_EQ(health("a"), SyncHealth::kAhead);
  change("b", "long text");
  ASSERT_TRUE(push_dataset(home("b"), "wares", {}));
  EXPECT_EQ(health("b"), SyncHealth::kInStep);
  // What came does not hide what has not gone.
  ASSERT_TRUE(pull_dataset(home("a"), "wares", {}));
  EXPECT_EQ(health("a"), SyncHealth::kAhead);
  ASSERT_TRUE(push_dataset(home("a"), "wares", {}));
  EXPECT_EQ(health("a"), SyncHealth::kInStep);
  // All of here is there, though what others have changed is not here.
  change("b", "long text");
  EXPECT_EQ(health("b"), SyncHealth::kAhead);
  ASSERT_TRUE(push_dataset(home("b"), "wares", {}));
  EXPECT_EQ(health("b"), SyncHealth::kInStep);
  ASSERT_TRUE(pull_dataset(home("b"), "wares", {}));
  EXPECT_EQ(health("b"), SyncHealth::kInStep);
}

TEST_F(SyncDataset, StatusOfAnotherPlaceIsNotThatOfTheFormer) {
  Dataset dataset = add("a");
  append("a", 0, 5);
  ASSERT_TRUE(push_dataset(home("a"), "wares", to_remote()));
  const auto health = [&](const std::string& name) {
    return sync_status(home("a"), *read_dataset(home("a"), name)).health;
  };
  EXPECT_EQ(health("wares"), SyncHealth::kInStep);
  ASSERT_TRUE(rename_dataset(home("a"), "wares", "goods"));
  EXPECT_EQ(health("goods"), SyncHealth::kNever);
  ASSERT_TRUE(push_dataset(home("a"), "goods", {}));
  EXPECT_EQ(health("goods"), SyncHealth::kInStep);
  EXPECT_EQ(read_dataset(remote(), "goods")->columns, dataset.columns);
}

TEST_F(SyncDataset, AWrongOptionIsNoFailureOfTheRemote) {
  add("a");
  append("a", 0, 5);
  ASSERT_TRUE(push_dataset(home("a"), "wares", to_remote()));
  DatasetSyncOptions options;
  options.sync.bandwidth = "lots";
  const auto refused = push_dataset(home("a"), "wares", options);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(message(refused), HasSubstr("--bandwidth"));
  const SyncStatus status = sync_status(home("a"), *read_dataset(home("a"), "wares"));
  EXPECT_EQ(status.health, SyncHealth::kInStep);
  EXPECT_EQ(status.error, "");
}

// Whatever is said: what is refused is neither shown nor written down, here or there.
TEST_F(SyncDataset, KeysInAUrlAreKeptNowhere) {
  add("a");
  append("a", 0, 5);
  ASSERT_TRUE(push_dataset(home("a"), "wares", to_remote()));
  const std::string secret = "wJalrXUt/bPxRfi";
  for (const std::string& url :
       {"s3://AKIA:" + secret + "@bucket/p", std::string("s3://AKIA:wJalrXUtbPxRfi@bucket/p"),
        "S3:///AKIA:" + secret + "@bucket/p", "s3://bucket/p?secret=" + secret,
        "https://AKIA:" + secret + "@bucket/p"}) {
    DatasetSyncOptions to_keys{.sync = {.remote = url}, .source = {}};
    DatasetSyncOptions from_keys = to_remote();
    from_keys.source = url;
    std::vector<Result<Synced>> refused;
    for (const auto function : {push_dataset, pull_dataset, sync_dataset})
      refused.push_back(function(home("a"), "wares", to_keys));
    refused.push_back(pull_dataset(home("b"), "wares", to_keys));
    refused.push_back(pull_dataset(home("b"), "wares", from_keys));
    for (const Result<Synced>& one : refused) {
      EXPECT_EQ(one.error().code, ErrorCode::kInvalidArgument) << url;
      EXPECT_THAT(message(one), HasSubstr("must not hold keys"));
      EXPECT_THAT(message(one), testing::Not(testing::ContainsRegex("wJal|Rfi|AKIA")));
    }
    Dataset dataset = read_dataset(home("a"), "wares").value();
    dataset.remote = url;
    EXPECT_THAT(save_dataset(home("a"), dataset).error().message, HasSubstr("remote: ")) << url;
    dataset.remote = "";
    dataset.source.path = url;
    EXPECT_THAT(save_dataset(home("a"), dataset).error().message, HasSubstr("source: ")) << url;
  }
  EXPECT_EQ(sync_status(home("a"), *read_dataset(home("a"), "wares")).error, "");
  for (const auto& entry : fs::recursive_directory_iterator(folder_.path())) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    EXPECT_THAT(bytes, testing::Not(testing::ContainsRegex("wJal|Rfi"))) << entry.path();
  }
}

TEST_F(SyncDataset, ADryRunListsAndWritesNothing) {
  add("a");
  append("a", 0, 5);
  DatasetSyncOptions options = to_remote();
  options.sync.dry_run = true;
  const auto would = push_dataset(home("a"), "wares", options);
  ASSERT_TRUE(would.has_value()) << message(would);
  EXPECT_FALSE(fs::exists(fs::path(remote()) / "datasets"));
  EXPECT_THAT(would->pushed.paths, testing::Contains("dataset.json"));
  EXPECT_THAT(would->pushed.paths,
              testing::Contains(testing::StartsWith("embeddings/long%20text/vectors/")));
  EXPECT_EQ(read_dataset(home("a"), "wares")->remote, "");
  ASSERT_TRUE(push_dataset(home("a"), "wares", to_remote()));
  const auto would_pull = pull_dataset(home("b"), "wares", options);
  ASSERT_TRUE(would_pull.has_value()) << message(would_pull);
  EXPECT_EQ(would_pull->pulled.commits, would->pushed.commits);
  EXPECT_FALSE(read_dataset(home("b"), "wares").has_value());
}

TEST_F(SyncDataset, SaysWhatIsMissing) {
  EXPECT_EQ(push_dataset(home("a"), "wares", to_remote()).error().code, ErrorCode::kNotFound);
  const auto nothing = pull_dataset(home("a"), "wares", to_remote());
  EXPECT_EQ(nothing.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(message(nothing), HasSubstr("no dataset of this name was pushed there"));
  add("a");
  const auto no_remote = push_dataset(home("a"), "wares", {});
  EXPECT_EQ(no_remote.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(message(no_remote), HasSubstr("dataset wares: has no remote yet"));
}

TEST_F(SyncDataset, AColumnWhoseFirstPushWasStoppedIsNotThereYet) {
  add("a");
  append("a", 0, 5);
  ASSERT_TRUE(push_dataset(home("a"), "wares", to_remote()));
  const fs::path begun = fs::path(remote()) / "datasets" / "wares" / "embeddings" / "begun";
  fs::create_directories(begun / "vectors");
  std::ofstream(begun / "vectors" / "part-1.parquet") << "x";
  const auto pulled = pull_dataset(home("b"), "wares", to_remote());
  ASSERT_TRUE(pulled.has_value()) << message(pulled);
  EXPECT_EQ(keys("b"), 5u);
}

TEST_F(SyncDataset, WhatARemoteSaysIsCheckedBeforeItIsWritten) {
  add("a");
  record("a", new_uuid(), 1);
  ASSERT_TRUE(push_dataset(home("a"), "wares", to_remote()));
  const fs::path runs = fs::path(remote()) / "datasets" / "wares" / "runs";
  const fs::path stray = runs / (new_uuid() + ".json");
  fs::copy_file(fs::directory_iterator(runs)->path(), stray);
  const auto renamed = pull_dataset(home("b"), "wares", to_remote());
  EXPECT_EQ(renamed.error().code, ErrorCode::kCorruption);
  EXPECT_THAT(message(renamed), HasSubstr("is of the run"));
  fs::remove(stray);
  const fs::path odd = fs::path(remote()) / "datasets" / "wares" / "embeddings" / "a b" / "x";
  fs::create_directories(odd.parent_path());
  std::ofstream(odd) << "x";
  const auto strange = pull_dataset(home("c"), "wares", to_remote());
  EXPECT_EQ(strange.error().code, ErrorCode::kCorruption);
  EXPECT_THAT(message(strange), HasSubstr("is not the name of a column"));
}

}  // namespace
}  // namespace colvec
