#include "store/delta_checkpoint.h"

#include <gtest/gtest.h>

#include "store/log_names.h"
#include "store/store_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

// A snapshot with every member, and strings that SQL, JSON and URIs treat in their own ways.
DeltaSnapshot odd_snapshot() {
  DeltaSnapshot snapshot;
  DeltaCommit commit = first_commit();
  commit.meta_data->name = "it's \"quoted\"";
  commit.meta_data->description = "line\nbreak, \\ and \xF0\x9F\x99\x82";
  commit.meta_data->partition_columns = {"model", "a b"};
  commit.meta_data->configuration = {{"delta.checkpointInterval", "100"}, {"{}", "[1,2]"}};
  commit.transactions = {{.app_id = "run 'x'", .version = 3, .updated_ms = 1'700'000'000'000},
                         {.app_id = "timeless", .version = 0, .updated_ms = 0}};
  EXPECT_TRUE(snapshot.apply(0, commit, "t"));
  commit = adding("model=f%3A1/part 1'\".parquet");
  commit.adds[0].partition = {{"model", "f:1"}, {"a b", std::nullopt}};
  commit.adds[0].tags = {{"xxh3_128", "00"}, {"odd", "'\"\\\n"}};
  commit.adds[0].stats = R"({"numRecords":3,"minValues":{"x":"'\"\\ \u0000"}})";
  commit.adds.push_back(adding("\xFF\xFE not utf-8").adds[0]);
  commit.adds.back().stats.clear();
  commit.removes = {
      {.path = "gone[1]*?.parquet",
       .deleted_ms = 1'700'000'000'000,
       .data_change = true,
       .partition = {{"model", "f"}},
       .size = 9},
      {.path = "gone without more", .deleted_ms = 1'700'000'000'000, .partition = {}}};
  EXPECT_TRUE(snapshot.apply(1, commit, "t"));
  return snapshot;
}

TEST(DeltaCheckpoint, ReadsWhatItWrites) {
  StoreFolder folder;
  const fs::path log = folder.path() / "it's [a] *log?" / "p=1" / "_delta_log";
  fs::create_directories(log);
  const DeltaSnapshot snapshot = odd_snapshot();
  const Status written = write_checkpoint(local_file_system(), folder.connection(), log, snapshot);
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(contents_of(log / "_last_checkpoint"), "{\"version\":1,\"size\":8}\n");
  COLVEC_ASSERT_ASSIGN(const auto read,
                       read_checkpoint(local_file_system(), folder.connection(), log, 1));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(text_of(*read), text_of(snapshot));
  // Nothing else is left in the folder or in the database.
  EXPECT_EQ(local_file_system().list(log)->size(), 2u);
  EXPECT_EQ(folder.rows("SELECT count(*) FROM duckdb_tables()"), std::vector<std::string>{"0"});
}

// DuckDB keeps what it has read of a file, and may not notice that the file has changed since.
void forget_file_contents(StoreFolder& folder) {
  folder.rows("SET GLOBAL enable_external_file_cache = false");
}

// The names and types that the protocol lists; in Parquet's words an int is INT32, a long INT64.
TEST(DeltaCheckpoint, HasTheColumnsOfTheProtocol) {
  StoreFolder folder;
  ASSERT_TRUE(
      write_checkpoint(local_file_system(), folder.connection(), folder.path(), odd_snapshot()));
  const std::string file = quote_literal((folder.path() / checkpoint_name(1)).string());
  EXPECT_EQ(
      folder.rows("SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM read_parquet(" +
                  file + "))"),
      (std::vector<std::string>{
          "txn|STRUCT(appId VARCHAR, \"version\" BIGINT, lastUpdated BIGINT)",
          "add|STRUCT(path VARCHAR, partitionValues MAP(VARCHAR, VARCHAR), size BIGINT,"
          " modificationTime BIGINT, dataChange BOOLEAN, stats VARCHAR, tags MAP(VARCHAR,"
          " VARCHAR))",
          "remove|STRUCT(path VARCHAR, deletionTimestamp BIGINT, dataChange BOOLEAN,"
          " extendedFileMetadata BOOLEAN, partitionValues MAP(VARCHAR, VARCHAR), size BIGINT, tags"
          " MAP(VARCHAR, VARCHAR))",
          "metaData|STRUCT(id VARCHAR, \"name\" VARCHAR, description VARCHAR, format"
          " STRUCT(provider VARCHAR, \"options\" MAP(VARCHAR, VARCHAR)), schemaString VARCHAR,"
          " partitionColumns VARCHAR[], \"configuration\" MAP(VARCHAR, VARCHAR), createdTime "
          "BIGINT)",
          "protocol|STRUCT(minReaderVersion INTEGER, minWriterVersion INTEGER, readerFeatures"
          " VARCHAR[], writerFeatures VARCHAR[])"}));
  EXPECT_EQ(folder.rows("SELECT count(txn), count(\"add\"), count(remove), count(metaData),"
                        " count(protocol), count(*) FROM read_parquet(" +
                        file + ")"),
            std::vector<std::string>{"2|2|2|1|1|8"});
  EXPECT_EQ(folder.rows("SELECT \"add\".path, \"add\".partitionValues['model'] FROM read_parquet(" +
                        file + ") WHERE \"add\".size = 10 ORDER BY 1 DESC LIMIT 1"),
            std::vector<std::string>{"model=f%253A1/part%201'%22.parquet|f:1"});
}

TEST(DeltaCheckpoint, LeavesOutWhatIsLongGone) {
  StoreFolder folder;
  constexpr std::int64_t kDayMs = std::int64_t{24} * 60 * 60 * 1000;
  DeltaSnapshot snapshot = odd_snapshot();
  const std::int64_t now_ms = snapshot.timestamp_ms;
  snapshot.tombstones.clear();
  for (const int days : {6, 7, 8}) {
    const std::string name = std::to_string(days);
    snapshot.tombstones[name] = {.path = name,
                                 .deleted_ms = now_ms - days * kDayMs,
                                 .data_change = false,
                                 .partition = {},
                                 .size = 1};
    snapshot.transactions[name] = {
        .app_id = name, .version = 1, .updated_ms = now_ms - days * kDayMs};
  }
  ASSERT_TRUE(write_checkpoint(local_file_system(), folder.connection(), folder.path(), snapshot));
  COLVEC_ASSERT_ASSIGN(const auto read,
                       read_checkpoint(local_file_system(), folder.connection(), folder.path(), 9));
  snapshot.tombstones.erase("8");
  snapshot.transactions.erase("8");
  EXPECT_EQ(text_of(*read), text_of(snapshot));
}

// The newest of two, unless it is damaged, or newer than asked for.
TEST(DeltaCheckpoint, PassesOverOneThatIsDamaged) {
  StoreFolder folder;
  forget_file_contents(folder);
  const fs::path log = folder.path() / "log";
  fs::create_directory(log);
  DeltaSnapshot snapshot = odd_snapshot();
  ASSERT_TRUE(write_checkpoint(local_file_system(), folder.connection(), log, snapshot));
  snapshot.version = 2;
  ASSERT_TRUE(write_checkpoint(local_file_system(), folder.connection(), log, snapshot));
  const auto newest = [&](std::uint64_t version_max) -> std::string {
    const auto read = read_checkpoint(local_file_system(), folder.connection(), log, version_max);
    if (!read) return read.error().message;
    return *read ? std::to_string(*(*read)->version) : "none";
  };
  EXPECT_EQ(newest(9), "2");
  EXPECT_EQ(newest(1), "1");
  EXPECT_EQ(newest(0), "none");
  const fs::path path = log / checkpoint_name(2);
  const std::string good = contents_of(path);
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{3}, good.size() / 2, good.size() - 1}) {
    put_file(path, good.substr(0, size));
    EXPECT_EQ(newest(9), "1") << size;
  }
  // Another version's bytes: whole, but not these.
  put_file(path, contents_of(log / checkpoint_name(1)));
  EXPECT_EQ(newest(9), "1");
  put_file(path, good);
  put_file(log / checkpoint_name(3), "PAR1 but not for long PAR1");
  EXPECT_EQ(newest(9), "2");
}

// A byte that is flipped is found, or is one that means nothing; never believed.
TEST(DeltaCheckpoint, DoesNotBelieveAFlippedByte) {
  StoreFolder folder;
  forget_file_contents(folder);
  const fs::path log = folder.path() / "log";
  fs::create_directory(log);
  const DeltaSnapshot snapshot = odd_snapshot();
  ASSERT_TRUE(write_checkpoint(local_file_system(), folder.connection(), log, snapshot));
  const fs::path path = log / checkpoint_name(1);
  const std::string good = contents_of(path);
  std::size_t refused = 0;
  for (std::size_t at = 0; at < good.size(); at += 41) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ (1 << (at % 8)));
    put_file(path, bad);
    const auto read = read_checkpoint(local_file_system(), folder.connection(), log, 1);
    ASSERT_TRUE(read.has_value() || read.error().code == ErrorCode::kUnsupported)
        << at << ": " << read.error().message;
    const bool is_believed = read && *read;
    DeltaSnapshot found = is_believed ? **read : snapshot;
    // Where the marks are lost, it looks like another writer's: the time is then the entry's.
    if (found.timestamp_ms == 0) found.timestamp_ms = snapshot.timestamp_ms;
    EXPECT_EQ(text_of(found), text_of(snapshot)) << at;
    refused += is_believed ? 0 : 1;
  }
  EXPECT_GT(refused, good.size() / 41 / 4);
  put_file(path, good);
  const auto read = read_checkpoint(local_file_system(), folder.connection(), log, 1);
  EXPECT_TRUE(read && *read) << "the damaged ones took the database with them";
}

TEST(DeltaCheckpoint, NeedsAllItsParts) {
  const fs::path source = shared_testdata("delta_golden") / "multi-part-checkpoint";
  COLVEC_NEEDS(source);
  StoreFolder folder;
  const fs::path log = folder.path() / "log";
  fs::copy(source / "_delta_log", log);
  COLVEC_ASSERT_ASSIGN(const auto whole,
                       read_checkpoint(local_file_system(), folder.connection(), log, 1));
  ASSERT_TRUE(whole.has_value());
  EXPECT_EQ(whole->files.size(), 10u);
  fs::remove(log / "00000000000000000001.checkpoint.0000000002.0000000002.parquet");
  COLVEC_ASSERT_ASSIGN(const auto part,
                       read_checkpoint(local_file_system(), folder.connection(), log, 1));
  EXPECT_FALSE(part.has_value());
}

TEST(DeltaCheckpoint, OfManyFilesIsTheSame) {
  StoreFolder folder;
  DeltaSnapshot snapshot = odd_snapshot();
  for (int i = 0; i < 10'000; ++i) {
    AddFile file = adding("model=f/part-" + std::to_string(i) + ".parquet").adds[0];
    file.data_change = false;
    snapshot.files[file.path] = std::move(file);
  }
  ASSERT_TRUE(write_checkpoint(local_file_system(), folder.connection(), folder.path(), snapshot));
  COLVEC_ASSERT_ASSIGN(const auto read,
                       read_checkpoint(local_file_system(), folder.connection(), folder.path(), 1));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(text_of(*read), text_of(snapshot));
}

}  // namespace
}  // namespace colvec
