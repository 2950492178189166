#include "store/compact.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/column_store_fixture.h"
#include "store/store_tables.h"
#include "testdata.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;

// Ten appends, of five keys each.
void append_ten_times(ColumnStore& store, const VectorSet& set = first_set()) {
  for (std::uint64_t i = 0; i < 10; ++i) ASSERT_TRUE(store.append(products({i * 5, 5}, set)));
}

// Puts the rows of these files into the table once more, as a replica does that is synced.
void copy_files(AppendTable& table, const std::vector<const AddFile*>& files) {
  std::vector<AddFile> copies;
  for (const AddFile* file : files) {
    COLVEC_ASSERT_ASSIGN(
        std::optional<AddFile> copy,
        write_data_file(table.files(), table.connection(), table.folder(), file->partition,
                        "SELECT * FROM " + read_files_sql(table.folder(), {file}), {}));
    copies.push_back(std::move(*copy));
  }
  ASSERT_TRUE(table.commit({.operation = "WRITE"}, [&](const auto&, DeltaCommit* commit) {
    commit->adds = copies;
    return Result<bool>(true);
  }));
}

std::vector<const AddFile*> live(const AppendTable& table) {
  std::vector<const AddFile*> files;
  for (const auto& [path, file] : table.snapshot().files) files.push_back(&file);
  return files;
}

TEST(Compact, PutsSmallFilesTogether) {
  StoreFolder folder;
  const auto store = open_products(disk(), folder.database(), folder.path());
  append_ten_times(*store);
  append_ten_times(*store, second_set());
  const StoreContents before = contents_of(*store);
  COLVEC_ASSERT_ASSIGN(const StoreCompacted done, compact(*store));
  EXPECT_EQ(done.files_before, 30u);
  EXPECT_EQ(done.files_after, 3u);
  EXPECT_EQ(done.doubles_dropped, 0u);
  EXPECT_EQ(contents_of(*store), before);
  EXPECT_EQ(contents_of(*open_products(disk(), folder.database(), folder.path())), before);
  // Whoever had looked before knows what is there.
  EXPECT_EQ(store->append(products({0, 51}))->keys.rows_added, 1u);
}

TEST(Compact, CancelledLeavesAllAsItWas) {
  StoreFolder folder;
  const auto store = open_products(disk(), folder.database(), folder.path());
  append_ten_times(*store);
  const StoreContents before = contents_of(*store);
  CancelToken cancel;
  cancel.request();
  EXPECT_EQ(compact(*store, &cancel).error().code, ErrorCode::kCancelled);
  EXPECT_EQ(contents_of(*store), before);
  EXPECT_EQ(live(store->keys()).size(), 10u);
  EXPECT_EQ(compact(*store)->files_after, 2u);
}

TEST(Compact, DoesNothingTwice) {
  StoreFolder folder;
  const auto store = open_products(disk(), folder.database(), folder.path());
  ASSERT_TRUE(compact(*store));
  EXPECT_EQ(store->keys().snapshot().version, 0u);
  append_ten_times(*store);
  ASSERT_TRUE(compact(*store));
  const std::uint64_t version = *store->vectors().snapshot().version;
  const std::uint64_t keys_version = *store->keys().snapshot().version;
  COLVEC_ASSERT_ASSIGN(const StoreCompacted again, compact(*store));
  EXPECT_EQ(again.files_before, again.files_after);
  EXPECT_EQ(store->vectors().snapshot().version, version);
  EXPECT_EQ(store->keys().snapshot().version, keys_version);
}

TEST(Compact, SaysWhatItReplaces) {
  StoreFolder folder;
  const auto store = open_products(disk(), folder.database(), folder.path());
  append_ten_times(*store);
  ASSERT_TRUE(store->activate(first_set(), fingerprint_of('a')));
  ASSERT_TRUE(compact(*store));
  for (AppendTable* table : {&store->vectors(), &store->keys()}) {
    COLVEC_ASSERT_ASSIGN(const DeltaCommit commit,
                         table->log().commit_at(*table->snapshot().version));
    EXPECT_EQ(commit.info->operation, "OPTIMIZE");
    EXPECT_EQ(commit.removes.size(), 10u);
    ASSERT_EQ(commit.adds.size(), 1u);
    EXPECT_FALSE(commit.adds.front().data_change);
    EXPECT_FALSE(commit.removes.front().data_change);
    EXPECT_EQ(rows_of(commit.adds.front()), 50u);
    std::vector<std::string> ids;
    for (std::uint64_t version = 1; version <= 10; ++version)
      ids.push_back(table->log().commit_at(version)->info->commit_id);
    EXPECT_EQ(commit.info->replaced_commits, ids);
    EXPECT_EQ(commit.info->vectors_version,
              table == &store->keys() ? std::optional<std::uint64_t>(10) : std::nullopt);
  }
  // Compacted again, it names the compaction.
  const std::string first = store->vectors().log().commit_at(11)->info->commit_id;
  ASSERT_TRUE(store->append(products({100, 1})));
  const std::string append = store->vectors().log().commit_at(12)->info->commit_id;
  ASSERT_TRUE(compact(*store));
  EXPECT_THAT(store->vectors().log().commit_at(13)->info->replaced_commits,
              ElementsAre(first, append));
}

TEST(Compact, RowsAreSortedAndOfTheFormat) {
  StoreFolder folder;
  const auto store = open_products(disk(), folder.database(), folder.path());
  append_ten_times(*store);
  ASSERT_TRUE(compact(*store));
  const std::string vectors = read_files_sql(store->vectors().folder(), live(store->vectors()));
  COLVEC_ASSERT_ASSIGN(
      const Rows rows,
      store->connection().query("SELECT count(*) FILTER (WHERE text_hash < before) FROM (SELECT"
                                " text_hash, lag(text_hash) OVER () AS before FROM " +
                                vectors + ")"));
  EXPECT_EQ(rows.number(0, 0), 0u);
  COLVEC_ASSERT_ASSIGN(const Rows columns,
                       store->connection().query("SELECT column_name, column_type FROM (DESCRIBE "
                                                 "FROM " +
                                                 vectors + ")"));
  ASSERT_EQ(columns.size(), vectors_columns().size());
  for (std::size_t i = 0; i < columns.size(); ++i)
    EXPECT_EQ((DeltaColumn{columns.text(i, 0), columns.text(i, 1)}), vectors_columns()[i]);
}

TEST(Compact, DropsDoubles) {
  StoreFolder folder;
  const auto store = open_products(disk(), folder.database(), folder.path());
  ASSERT_TRUE(store->append(products({0, 20})));
  const StoreContents before = contents_of(*store);
  copy_files(store->vectors(), live(store->vectors()));
  copy_files(store->keys(), live(store->keys()));
  ASSERT_TRUE(store->append(products({20, 5})));
  EXPECT_EQ(contents_of(*store).vectors.size(), 45u);
  COLVEC_ASSERT_ASSIGN(const StoreCompacted done, compact(*store));
  EXPECT_EQ(done.doubles_dropped, 40u);
  EXPECT_EQ(contents_of(*store).vectors.size(), 25u);
  EXPECT_EQ(contents_of(*store).keys.size(), 25u);
  COLVEC_ASSERT_ASSIGN(const DeltaCommit commit,
                       store->keys().log().commit_at(*store->keys().snapshot().version));
  EXPECT_TRUE(commit.adds.front().data_change);
  EXPECT_TRUE(commit.removes.front().data_change);
  EXPECT_EQ(store->append(products({0, 25}))->vectors.rows_added, 0u);
}

TEST(Compact, LeavesLargeFilesAloneAndCutsByHash) {
  StoreFolder folder;
  const auto store = open_cache(disk(), folder.database(), folder.path());
  const auto append = [&](std::uint64_t first, std::uint64_t count) {
    StoreRows rows = products({.first = first, .count = count, .with_keys = false});
    ASSERT_TRUE(
        store->connection().execute("CREATE OR REPLACE TEMP TABLE many AS FROM " + rows.vectors));
    rows.vectors = "many";
    ASSERT_TRUE(store->append(rows));
  };
  append(0, kVectorRowsOfFile / 2);
  const std::string large = store->vectors().snapshot().files.begin()->first;
  for (std::uint64_t i = 1; i <= 3; ++i) append(i * 200'000, kVectorRowsOfFile / 2 - 100);
  COLVEC_ASSERT_ASSIGN(const StoreCompacted done, compact(*store));
  EXPECT_EQ(done.files_before, 4u);
  EXPECT_EQ(done.files_after, 3u);
  const DeltaSnapshot& snapshot = store->vectors().snapshot();
  EXPECT_TRUE(snapshot.files.contains(large));
  EXPECT_EQ(snapshot.rows(), 4 * kVectorRowsOfFile / 2 - 300);
  for (const auto& [path, file] : snapshot.files) {
    EXPECT_LE(rows_of(file), kVectorRowsOfFile);
    EXPECT_GE(rows_of(file), kVectorRowsOfFile / 2);
  }
  // A row of a large file that is there twice goes from the other.
  copy_files(store->vectors(), {&snapshot.files.at(large)});
  COLVEC_ASSERT_ASSIGN(const StoreCompacted again, compact(*store));
  EXPECT_EQ(again.doubles_dropped, kVectorRowsOfFile / 2);
  EXPECT_EQ(store->vectors().snapshot().rows(), 4 * kVectorRowsOfFile / 2 - 300);
  COLVEC_ASSERT_ASSIGN(const StoreCompacted third, compact(*store));
  EXPECT_EQ(third.files_before, third.files_after);
}

TEST(Compact, ManyKeysGoToTheirBuckets) {
  StoreFolder folder;
  const auto store = open_products(disk(), folder.database(), folder.path());
  const auto append = [&](std::uint64_t first, std::uint64_t count) {
    StoreRows rows = products({first, count, 10});
    ASSERT_TRUE(
        store->connection().execute("CREATE OR REPLACE TEMP TABLE many AS FROM " + rows.keys));
    rows.keys = "many";
    ASSERT_TRUE(store->append(rows));
  };
  for (std::uint64_t i = 0; i < 4; ++i) append(i * kSpreadKeysMin / 4, kSpreadKeysMin / 4);
  EXPECT_EQ(store->keys().snapshot().files.size(), 4u);
  COLVEC_ASSERT_ASSIGN(const StoreCompacted done, compact(*store));
  EXPECT_EQ(done.doubles_dropped, 0u);
  EXPECT_EQ(store->keys().snapshot().files.size(), kKeyBuckets);
  EXPECT_EQ(store->keys().snapshot().rows(), kSpreadKeysMin);
  for (const auto& [path, file] : store->keys().snapshot().files) {
    const std::string bucket = file.partition.at("pk_bucket").value();
    COLVEC_ASSERT_ASSIGN(
        const Rows wrong,
        store->connection().query("SELECT count(*) FROM " +
                                  read_files_sql(store->keys().folder(), {&file}) + " WHERE " +
                                  bucket_sql(store->definition().key_columns) + " <> " + bucket));
    EXPECT_EQ(wrong.number(0, 0), 0u);
  }
  // A few more keys touch their buckets only.
  const std::map<std::string, AddFile> before = store->keys().snapshot().files;
  append(kSpreadKeysMin, 2);
  ASSERT_TRUE(compact(*store));
  EXPECT_EQ(store->keys().snapshot().files.size(), kKeyBuckets);
  std::size_t same = 0;
  for (const auto& [path, file] : store->keys().snapshot().files) same += before.contains(path);
  EXPECT_GE(same, kKeyBuckets - 2);
  EXPECT_EQ(store->keys().snapshot().rows(), kSpreadKeysMin + 2);
}

TEST(Compact, AppendsMayComeMeanwhile) {
  StoreFolder folder;
  const auto other = open_products(disk(), folder.database(), folder.path());
  append_ten_times(*other);
  OvertakenFileSystem files([&] { ASSERT_TRUE(other->append(products({48, 10}))); });
  const auto store = open_products(files, folder.database(), folder.path());
  COLVEC_ASSERT_ASSIGN(const StoreCompacted done, compact(*store));
  EXPECT_EQ(done.files_after, 3u);  // What came is put into its bucket, the vectors are left.
  const StoreContents contents = contents_of(*store);
  EXPECT_EQ(contents.keys.size(), 58u);
  EXPECT_EQ(contents.vectors.size(), 58u);
  EXPECT_EQ(contents_of(*other), contents);
  EXPECT_EQ(other->append(products({0, 58}))->keys.rows_added, 0u);
}

TEST(Compact, OfTwoOneStartsAgain) {
  StoreFolder folder;
  const auto other = open_products(disk(), folder.database(), folder.path());
  append_ten_times(*other);
  const StoreContents before = contents_of(*other);
  OvertakenFileSystem files([&] { ASSERT_TRUE(compact(*other)); });
  const auto store = open_products(files, folder.database(), folder.path());
  COLVEC_ASSERT_ASSIGN(const StoreCompacted done, compact(*store));
  EXPECT_EQ(done.files_after, 2u);
  EXPECT_EQ(contents_of(*store), before);
  EXPECT_EQ(store->vectors().snapshot().version, 11u);
  // What the loser had written is gone.
  std::size_t parquet = 0;
  for (const auto& entry : fs::recursive_directory_iterator(store->vectors().folder()))
    parquet += entry.path().extension() == ".parquet" ? 1 : 0;
  EXPECT_EQ(parquet, 11u);
}

TEST(Compact, IsWholeAfterACrash) {
  StoreFolder folder;
  const fs::path path = folder.path() / "s";
  {
    const auto store = open_products(disk(), folder.database(), path);
    for (std::uint64_t i = 0; i < 3; ++i) ASSERT_TRUE(store->append(products({i * 5, 7, 11})));
  }
  expect_whole_after_crashes(
      path, [](FileSystem& files, Database& database, const fs::path& copy) -> Status {
        COLVEC_ASSIGN(const auto store, try_open_products(files, database, copy));
        const auto done = compact(*store);
        return done ? Status() : tl::make_unexpected(done.error());
      });
}

}  // namespace
}  // namespace colvec
