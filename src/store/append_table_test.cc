#include "store/append_table.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "base/check.h"
#include "base/uuid.h"
#include "store/store_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A table of (x, text_hash), partitioned by p; a row is what its x is.
class Numbers {
 public:
  explicit Numbers(StoreFolder& folder, FileSystem& files = local_file_system())
      : connection_(folder.database().connect().value()),
        table_(AppendTable::open(files, connection_, folder.path() / "numbers",
                                 {.name = "numbers", .identity = {"x"}, .order_by = "x"})
                   .value()) {
    DeltaMetaData meta_data;
    meta_data.id = new_uuid();
    meta_data.schema_string =
        R"({"type":"struct","fields":[{"name":"x","type":"long","nullable":true,"metadata":{}}]})";
    meta_data.partition_columns = {"p"};
    COLVEC_CHECK(table_->create(meta_data).has_value());
  }

  AppendTable& table() { return *table_; }
  AppendTable* operator->() { return table_.get(); }

  // All live rows, sorted.
  std::vector<std::string> rows() {
    std::vector<const AddFile*> files;
    for (const auto& [path, file] : table_->snapshot().files) files.push_back(&file);
    if (files.empty()) return {};
    const Rows rows =
        connection_
            .query("SELECT x FROM " + read_files_sql(table_->folder(), files) + " ORDER BY x")
            .value();
    std::vector<std::string> lines;
    for (std::size_t r = 0; r < rows.size(); ++r) lines.push_back(rows.text(r, 0));
    return lines;
  }

 private:
  Connection connection_;
  std::unique_ptr<AppendTable> table_;
};

// The numbers of a query with a column x.
AppendRequest numbers_of(const std::string& query, const std::string& partition = "a") {
  AppendRequest request;
  request.relation = "(SELECT x::BIGINT AS x, md5(x::VARCHAR) AS text_hash FROM (" + query + "))";
  request.columns = "x, text_hash";
  request.scope = {{"p", partition}};
  request.slices = [scope = request.scope](std::uint64_t) {
    return std::vector<FileSlice>{{scope, ""}};
  };
  request.info.operation = "WRITE";
  return request;
}

AppendRequest numbers(int first, int last, const std::string& partition = "a") {
  return numbers_of(fmt::format("SELECT unnest(range({}, {})) AS x", first, last + 1), partition);
}

// Takes out all files that are there.
Status remove_all(AppendTable& table, bool data_change = true) {
  const auto prepare = [&](const DeltaSnapshot& snapshot, DeltaCommit* commit) -> Result<bool> {
    for (const auto& [path, file] : snapshot.files)
      commit->removes.push_back(removal_of(file, data_change));
    return true;
  };
  const Result<bool> committed = table.commit({.operation = "DELETE"}, prepare);
  return committed ? Status() : tl::make_unexpected(committed.error());
}

TEST(AppendTable, AddsTheRowsThatAreNotThere) {
  StoreFolder folder;
  Numbers table(folder);
  COLVEC_ASSERT_ASSIGN(const AppendOutcome first, table->append(numbers(1, 3)));
  EXPECT_EQ(first.rows_given, 3u);
  EXPECT_EQ(first.rows_added, 3u);
  EXPECT_EQ(first.version, 1u);
  COLVEC_ASSERT_ASSIGN(const AppendOutcome second, table->append(numbers(2, 4)));
  EXPECT_EQ(second.rows_given, 3u);
  EXPECT_EQ(second.rows_added, 1u);
  EXPECT_EQ(second.version, 2u);
  COLVEC_ASSERT_ASSIGN(const AppendOutcome third, table->append(numbers(1, 4)));
  EXPECT_EQ(third.rows_added, 0u);
  EXPECT_EQ(third.version, 2u);
  EXPECT_EQ(table->snapshot().version, 2u);  // Nothing new: no commit.
  EXPECT_EQ(table->snapshot().files.size(), 2u);
  EXPECT_THAT(table.rows(), ElementsAre("1", "2", "3", "4"));
  Numbers again(folder);
  EXPECT_EQ(again->append(numbers(1, 5))->rows_added, 1u);
}

TEST(AppendTable, WritesEachRowOnce) {
  StoreFolder folder;
  Numbers table(folder);
  EXPECT_EQ(table->append(numbers_of("SELECT unnest([7, 8, 7, 7]) AS x"))->rows_added, 2u);
  EXPECT_EQ(table->append(numbers_of("SELECT unnest([9, 9, 8]) AS x"))->rows_added, 1u);
  EXPECT_THAT(table.rows(), ElementsAre("7", "8", "9"));
}

TEST(AppendTable, AnEmptyAppendIsNone) {
  StoreFolder folder;
  Numbers table(folder);
  EXPECT_EQ(table->append(numbers(1, 0))->rows_given, 0u);
  EXPECT_EQ(table->snapshot().version, 0u);
}

TEST(AppendTable, RowsOfAnotherScopeDoNotCount) {
  StoreFolder folder;
  Numbers table(folder);
  EXPECT_EQ(table->append(numbers(1, 2, "a"))->rows_added, 2u);
  EXPECT_EQ(table->append(numbers(1, 2, "b"))->rows_added, 2u);
  EXPECT_EQ(table->append(numbers(1, 3, "a"))->rows_added, 1u);
  EXPECT_EQ(table->snapshot().files_of({{"p", "a"}}).size(), 2u);
  AppendRequest everywhere = numbers(1, 4);
  everywhere.scope = {};
  EXPECT_EQ(table->append(everywhere)->rows_added, 1u);
}

TEST(AppendTable, CutsFilesBySlices) {
  StoreFolder folder;
  Numbers table(folder);
  AppendRequest request = numbers(1, 10);
  std::uint64_t asked_for = 0;
  request.slices = [&](std::uint64_t rows) {
    asked_for = rows;
    const PartitionValues a = {{"p", "a"}};
    return std::vector<FileSlice>{{a, "x < 4"}, {a, "x >= 4 AND x < 5"}, {a, "x >= 5"}};
  };
  ASSERT_TRUE(table->append(numbers(4, 4)));
  COLVEC_ASSERT_ASSIGN(const AppendOutcome outcome, table->append(request));
  EXPECT_EQ(outcome.rows_added, 9u);
  EXPECT_EQ(asked_for, 9u);
  EXPECT_EQ(table->snapshot().files.size(), 3u);  // A slice without rows makes no file.
  EXPECT_EQ(table.rows().size(), 10u);
}

// The rows of each file as they lie; files by the smallest last digit in them.
std::vector<std::string> files_of(StoreFolder& folder, AppendTable& table) {
  std::vector<const AddFile*> files;
  for (const auto& [path, file] : table.snapshot().files) files.push_back(&file);
  return folder.rows("SELECT string_agg(x, ' ' ORDER BY file_row_number) FROM " +
                     read_named_files_sql(table.folder(), files) +
                     " GROUP BY colvec_file ORDER BY min(x % 10)");
}

TEST(AppendTable, CutsFilesByPositions) {
  StoreFolder folder;
  Numbers table(folder);
  // Rows lie by their last digits.
  AppendRequest request = numbers_of("SELECT unnest([90, 0, 31, 21, 42, 43, 34, 44, 15, 56]) AS x");
  request.relation = "(SELECT row_number() OVER (ORDER BY x % 10, x DESC) AS place, * FROM " +
                     request.relation + ")";
  request.position = "place";
  request.rows_of_file = 4;
  COLVEC_ASSERT_ASSIGN(const AppendOutcome outcome, table->append(request));
  EXPECT_EQ(outcome.rows_added, 10u);
  EXPECT_THAT(files_of(folder, table.table()),
              ElementsAre("0 21 31 90", "34 42 43 44", "15 56"));  // Sorted, each of its range.
}

TEST(AppendTable, WritesOfDoublesTheFirstByPosition) {
  StoreFolder folder;
  Numbers table(folder);
  ASSERT_TRUE(table->append(numbers(1, 2)));
  AppendRequest request;
  request.relation =
      "(VALUES (1, 7::BIGINT, 'a'), (2, 1, 'b'), (3, 8, 'c'), (4, 7, 'd'), (5, 9, "
      "'e'), (6, 8, 'f')) v(place, x, text_hash)";
  request.columns = "x, text_hash";
  request.scope = {{"p", "a"}};
  request.position = "place";
  request.rows_of_file = 2;
  request.info.operation = "WRITE";
  COLVEC_ASSERT_ASSIGN(const AppendOutcome outcome, table->append(request));
  EXPECT_EQ(outcome.rows_given, 6u);
  EXPECT_EQ(outcome.rows_added, 3u);
  EXPECT_THAT(files_of(folder, table.table()), ElementsAre("1 2", "7 8", "9"));
  std::vector<const AddFile*> files;
  for (const auto& [path, file] : table->snapshot().files) files.push_back(&file);
  EXPECT_THAT(folder.rows("SELECT text_hash FROM " + read_files_sql(table->folder(), files) +
                          " WHERE x > 6 ORDER BY x"),
              ElementsAre("a", "c", "e"));
}

TEST(AppendTable, AppendsOfSeveralWritersMeet) {
  StoreFolder folder;
  Numbers one(folder);
  Numbers two(folder);
  ASSERT_TRUE(one->append(numbers(1, 3)));
  EXPECT_EQ(two->append(numbers(2, 5))->rows_added, 2u);
  EXPECT_EQ(one->append(numbers(1, 6))->rows_added, 1u);
  ASSERT_TRUE(two->refresh());
  EXPECT_EQ(two.rows().size(), 6u);
}

TEST(AppendTable, LosesAVersionAndDropsWhatTheWinnerHas) {
  StoreFolder folder;
  Numbers other(folder);
  Numbers table(folder);
  AppendRequest request = numbers(1, 5);
  int calls = 0;
  request.slices = [&](std::uint64_t) {
    // The other one commits after this one has looked.
    if (++calls == 1) {
      EXPECT_TRUE(other->append(numbers(4, 8)));
    }
    if (calls == 2) {
      EXPECT_TRUE(other->append(numbers(20, 21)));
    }
    return std::vector<FileSlice>{{{{"p", "a"}}, ""}};
  };
  COLVEC_ASSERT_ASSIGN(const AppendOutcome outcome, table->append(request));
  EXPECT_EQ(outcome.rows_added, 3u);
  EXPECT_EQ(outcome.version, 3u);
  EXPECT_EQ(calls, 2);  // What the second winner added is none of ours: the files are good.
  EXPECT_EQ(table.rows().size(), 10u);
  // Files that lost are gone.
  std::size_t parquet = 0;
  for (const auto& entry : fs::recursive_directory_iterator(table->folder()))
    parquet += entry.path().extension() == ".parquet" ? 1 : 0;
  EXPECT_EQ(parquet, 3u);
}

TEST(AppendTable, LosesAllOfItsRowsToAnother) {
  StoreFolder folder;
  Numbers other(folder);
  Numbers table(folder);
  AppendRequest request = numbers(1, 3);
  request.slices = [&](std::uint64_t) {
    EXPECT_TRUE(other->append(numbers(1, 3)));
    return std::vector<FileSlice>{{{{"p", "a"}}, ""}};
  };
  COLVEC_ASSERT_ASSIGN(const AppendOutcome outcome, table->append(request));
  EXPECT_EQ(outcome.rows_added, 0u);
  EXPECT_EQ(outcome.version, 1u);
  EXPECT_EQ(table.rows().size(), 3u);
}

TEST(AppendTable, SeesThatRowsWereTakenOut) {
  StoreFolder folder;
  Numbers other(folder);
  Numbers table(folder);
  ASSERT_TRUE(table->append(numbers(1, 3)));
  ASSERT_TRUE(other->refresh());
  ASSERT_TRUE(remove_all(other.table()));
  COLVEC_ASSERT_ASSIGN(const AppendOutcome outcome, table->append(numbers(1, 4)));
  EXPECT_TRUE(outcome.saw_removal);
  EXPECT_EQ(outcome.rows_added, 4u);
  // Also those that it took out itself.
  ASSERT_TRUE(remove_all(table.table()));
  EXPECT_EQ(table->append(numbers(1, 4))->rows_added, 4u);
}

TEST(AppendTable, SeesThatRowsWereTakenOutWhileItWrote) {
  StoreFolder folder;
  Numbers other(folder);
  Numbers table(folder);
  ASSERT_TRUE(table->append(numbers(1, 3)));
  AppendRequest request = numbers(1, 4);
  int calls = 0;
  request.slices = [&](std::uint64_t) {
    if (++calls == 1) {
      EXPECT_TRUE(other->refresh() && remove_all(other.table()));
    }
    return std::vector<FileSlice>{{{{"p", "a"}}, ""}};
  };
  COLVEC_ASSERT_ASSIGN(const AppendOutcome outcome, table->append(request));
  EXPECT_TRUE(outcome.saw_removal);
  EXPECT_EQ(outcome.rows_added, 4u);
  EXPECT_THAT(table.rows(), ElementsAre("1", "2", "3", "4"));
}

TEST(AppendTable, KnowsRowsThatACommitOfItsOwnPutBack) {
  StoreFolder folder;
  Numbers table(folder);
  ASSERT_TRUE(table->append(numbers(1, 3)));
  const std::map<std::string, AddFile> files = table->snapshot().files;
  ASSERT_TRUE(remove_all(table.table()));
  ASSERT_TRUE(table->append(numbers(7, 7)));
  COLVEC_ASSERT_ASSIGN(const bool back,
                       table->commit({.operation = "RESTORE"}, [&](const auto&, auto* commit) {
                         for (const auto& [path, file] : files) commit->adds.push_back(file);
                         for (AddFile& file : commit->adds) file.data_change = true;
                         return Result<bool>(true);
                       }));
  EXPECT_TRUE(back);
  EXPECT_EQ(table->append(numbers(1, 4))->rows_added, 1u);
}

TEST(AppendTable, ReadsOnWhereAFileIsGoneFromUnderIt) {
  StoreFolder folder;
  Numbers other(folder);
  Numbers table(folder);
  ASSERT_TRUE(table->append(numbers(1, 3)));
  ASSERT_TRUE(other->append(numbers(4, 5)));
  // Added, taken out and deleted since `table` looked.
  std::vector<fs::path> paths;
  for (const auto& [path, file] : other->snapshot().files) paths.push_back(path);
  ASSERT_TRUE(remove_all(other.table(), /*data_change=*/false));
  for (const fs::path& path : paths) fs::remove(other->folder() / path);
  ASSERT_TRUE(other->append(numbers(30, 31)));
  EXPECT_EQ(table->append(numbers(1, 5))->rows_added, 5u);
  EXPECT_EQ(table.rows().size(), 7u);
}

TEST(AppendTable, NamesAFileThatIsMissing) {
  StoreFolder folder;
  {
    Numbers table(folder);
    ASSERT_TRUE(table->append(numbers(1, 3)));
    for (const auto& [path, file] : table->snapshot().files) fs::remove(table->folder() / path);
  }
  Numbers table(folder);
  const auto outcome = table->append(numbers(1, 3));
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().message, HasSubstr(table->snapshot().files.begin()->first));
}

TEST(AppendTable, IsCreatedOnce) {
  StoreFolder folder;
  Numbers one(folder);
  Numbers two(folder);
  EXPECT_EQ(one->snapshot().meta_data.id, two->snapshot().meta_data.id);
  EXPECT_EQ(two->snapshot().version, 0u);
}

TEST(AppendTable, StampsItsCommits) {
  StoreFolder folder;
  Numbers table(folder);
  ASSERT_TRUE(table->append(numbers(1, 1)));
  ASSERT_TRUE(table->append(numbers(2, 2)));
  ASSERT_TRUE(remove_all(table.table()));
  std::vector<std::string> ids;
  for (std::uint64_t version = 0; version <= 3; ++version) {
    COLVEC_ASSERT_ASSIGN(const DeltaCommit commit, table->log().commit_at(version));
    ids.push_back(commit.info->commit_id);
    EXPECT_EQ(commit.transactions.at(0).version, version);
    EXPECT_EQ(commit.info->operation,
              version == 0 ? "CREATE TABLE" : (version == 3 ? "DELETE" : "WRITE"));
    for (const RemoveFile& file : commit.removes)
      EXPECT_EQ(file.deleted_ms, commit.info->timestamp_ms);
  }
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(std::unique(ids.begin(), ids.end()), ids.end());
}

TEST(AppendTable, ScopesAreSubsetsOfPartitions) {
  AddFile file;
  file.partition = {{"model", "a"}, {"precision", "f32"}, {"bucket", std::nullopt}};
  EXPECT_TRUE(is_in_scope(file, {}));
  EXPECT_TRUE(is_in_scope(file, {{"model", "a"}}));
  EXPECT_TRUE(is_in_scope(file, {{"bucket", std::nullopt}}));
  EXPECT_FALSE(is_in_scope(file, {{"bucket", "1"}}));
  EXPECT_FALSE(is_in_scope(file, {{"model", "b"}}));
  EXPECT_FALSE(is_in_scope(file, {{"other", "a"}}));
}

}  // namespace
}  // namespace colvec
