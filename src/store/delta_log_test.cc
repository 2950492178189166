#include "store/delta_log.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "store/delta_checkpoint.h"
#include "store/store_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

Result<DeltaLog> open_log(StoreFolder& folder, const fs::path& table) {
  return DeltaLog::open(local_file_system(), folder.connection(), table);
}

TEST(DeltaLog, StartsATableAndExtendsIt) {
  StoreFolder folder;
  const fs::path table = folder.path() / "home" / "t";
  COLVEC_ASSERT_ASSIGN(DeltaLog log, open_log(folder, table));
  EXPECT_FALSE(log.snapshot().version.has_value());
  COLVEC_ASSERT_ASSIGN(const bool first, log.try_commit(first_commit()));
  EXPECT_TRUE(first);
  COLVEC_ASSERT_ASSIGN(const bool second, log.try_commit(adding("a")));
  EXPECT_TRUE(second);
  EXPECT_EQ(log.snapshot().version, 1u);
  COLVEC_ASSERT_ASSIGN(const DeltaLog again, open_log(folder, table));
  EXPECT_EQ(text_of(again.snapshot()), text_of(log.snapshot()));
  EXPECT_EQ(local_file_system().list(table / "_delta_log")->size(), 2u);
}

TEST(DeltaLog, GivesAVersionToOneWriterOnly) {
  StoreFolder folder;
  COLVEC_ASSERT_ASSIGN(DeltaLog one, open_log(folder, folder.path() / "t"));
  COLVEC_ASSERT_ASSIGN(DeltaLog two, open_log(folder, folder.path() / "t"));
  EXPECT_TRUE(one.try_commit(first_commit()).value());
  EXPECT_FALSE(two.try_commit(first_commit()).value());
  EXPECT_FALSE(two.snapshot().version.has_value());
  ASSERT_TRUE(two.refresh({}));
  EXPECT_EQ(text_of(two.snapshot()), text_of(one.snapshot()));
  EXPECT_TRUE(two.try_commit(adding("a")).value());
  EXPECT_FALSE(one.try_commit(adding("b")).value());
  std::vector<std::uint64_t> seen;
  ASSERT_TRUE(one.refresh([&](std::uint64_t version, const DeltaCommit& commit) -> Status {
    seen.push_back(version);
    EXPECT_EQ(commit.adds.at(0).path, "a");
    return {};
  }));
  EXPECT_EQ(seen, std::vector<std::uint64_t>{1});
  EXPECT_TRUE(one.try_commit(adding("b")).value());
}

fs::path entry_of(const fs::path& table, std::uint64_t version) {
  return table / "_delta_log" / entry_name(version);
}

// The error of opening `table`: "CODE: message", without the folder.
std::string open_error(StoreFolder& folder, const fs::path& table) {
  const auto log = open_log(folder, table);
  if (log) return "none";
  std::string message = log.error().message;
  const std::size_t at = message.find((table / "_delta_log").string());
  if (at != std::string::npos) message.erase(at, (table / "_delta_log").string().size() + 1);
  return std::string(name_of(log.error().code)) + ": " + message;
}

TEST(DeltaLog, NamesAnEntryThatIsMissing) {
  StoreFolder folder;
  const fs::path table = folder.path() / "t";
  make_table(folder, table, 5);
  const std::string third = contents_of(entry_of(table, 3));
  fs::remove(entry_of(table, 3));
  EXPECT_EQ(open_error(folder, table),
            "corruption: 00000000000000000003.json: is missing, though there are later entries, to"
            " version 4");
  put_file(entry_of(table, 3), third);
  EXPECT_EQ(open_error(folder, table), "none");
  fs::remove(entry_of(table, 0));
  EXPECT_EQ(open_error(folder, table),
            "corruption: 00000000000000000000.json: is missing, though there are later entries, to"
            " version 4");
}

TEST(DeltaLog, NamesAnEntryThatIsDamaged) {
  StoreFolder folder;
  const fs::path table = folder.path() / "t";
  make_table(folder, table, 3);
  const std::string last = contents_of(entry_of(table, 2));
  put_file(entry_of(table, 2), "");
  EXPECT_EQ(open_error(folder, table), "corruption: 00000000000000000002.json: empty");
  put_file(entry_of(table, 2), last.substr(0, last.size() / 2));
  EXPECT_EQ(open_error(folder, table).substr(0, 37), "corruption: 00000000000000000002.json");
  put_file(entry_of(table, 2), last.substr(0, last.find('\n') + 1));
  EXPECT_EQ(open_error(folder, table),
            "corruption: 00000000000000000002.json: cut or changed: it is not what was committed");
  put_file(entry_of(table, 2), contents_of(entry_of(table, 1)));
  EXPECT_EQ(open_error(folder, table),
            "corruption: 00000000000000000002.json: is the entry of version 1");
  put_file(entry_of(table, 2), contents_of(entry_of(table, 1)) + "{\"add\":{\"path\":\"../x\"}}\n");
  EXPECT_EQ(open_error(folder, table).substr(0, 10), "corruption");
  put_file(entry_of(table, 2), "{\"add\":{\"path\":\"../x\",\"size\":1,\"partitionValues\":{}}}\n");
  EXPECT_EQ(open_error(folder, table),
            "corruption: 00000000000000000002.json: line 1: add: path: not a file of the table:"
            " ../x");
}

TEST(DeltaLog, PassesOverWhatIsNoEntry) {
  StoreFolder folder;
  const fs::path table = folder.path() / "t";
  make_table(folder, table, 2);
  for (const char* name :
       {".draft.tmp", "00000000000000000002.json.crc", "7.json", "_last_checkpoint",
        "00000000000000000009.checkpoint.parquet", "00000000000000000001.crc"})
    put_file(table / "_delta_log" / name, "nonsense");
  fs::create_directory(table / "_delta_log" / "_staged_commits");
  COLVEC_ASSERT_ASSIGN(const DeltaLog log, open_log(folder, table));
  EXPECT_EQ(log.snapshot().version, 1u);
}

TEST(DeltaLog, StaysAsItWasAfterAnError) {
  StoreFolder folder;
  const fs::path table = folder.path() / "t";
  make_table(folder, table, 2);
  COLVEC_ASSERT_ASSIGN(DeltaLog log, open_log(folder, table));
  const std::string before = text_of(log.snapshot());
  put_file(entry_of(table, 2), "{\"protocol\":{\"minReaderVersion\":2,\"minWriterVersion\":5}}\n");
  EXPECT_EQ(
      log.refresh({}).error().message,
      entry_of(table, 2).string() + ": the table needs Delta reader version 2 with columnMapping");
  EXPECT_EQ(text_of(log.snapshot()), before);
  fs::remove(entry_of(table, 2));
  DeltaCommit nameless = adding("a");
  nameless.info->commit_id.clear();
  EXPECT_EQ(log.try_commit(nameless).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(log.try_commit(adding("../a")).error().code, ErrorCode::kCorruption);
  DeltaCommit twice = adding("a");
  twice.adds.push_back(twice.adds[0]);
  EXPECT_EQ(log.try_commit(twice).error().code, ErrorCode::kCorruption);
  EXPECT_EQ(text_of(log.snapshot()), before);
  EXPECT_FALSE(fs::exists(entry_of(table, 2)));
  EXPECT_TRUE(log.try_commit(adding("a")).value());
}

TEST(DeltaLog, DoesNotWriteWhatItDoesNotKnowHowTo) {
  StoreFolder folder;
  const fs::path table = folder.path() / "t";
  make_table(folder, table, 2);
  DeltaCommit commit;
  commit.info = adding("x").info;
  commit.meta_data = first_commit().meta_data;
  commit.meta_data->configuration["delta.appendOnly"] = "true";
  COLVEC_ASSERT_ASSIGN(DeltaLog log, open_log(folder, table));
  ASSERT_TRUE(log.try_commit(commit).value());
  DeltaCommit removing;
  removing.info = adding("x").info;
  removing.removes.push_back({.path = "part-1", .deleted_ms = 1, .partition = {}, .size = 1});
  EXPECT_EQ(log.try_commit(removing).error().message,
            table.string() + ": the table is append-only (delta.appendOnly): cannot remove part-1");
  removing.removes[0].data_change = false;
  EXPECT_TRUE(log.try_commit(removing).value());

  put_file(entry_of(table, 4), "{\"protocol\":{\"minReaderVersion\":1,\"minWriterVersion\":4}}\n");
  ASSERT_TRUE(log.refresh({}));
  EXPECT_EQ(log.try_commit(adding("y")).error().message,
            table.string() + ": the table needs Delta writer version 4");
  EXPECT_FALSE(fs::exists(entry_of(table, 5)));
}

TEST(DeltaLog, TravelsInTime) {
  StoreFolder folder;
  const fs::path table = folder.path() / "t";
  make_table(folder, table, 4);
  COLVEC_ASSERT_ASSIGN(DeltaLog log, open_log(folder, table));
  COLVEC_ASSERT_ASSIGN(const DeltaSnapshot past, log.snapshot_at(1));
  EXPECT_EQ(past.version, 1u);
  EXPECT_EQ(past.files.size(), 1u);
  COLVEC_ASSERT_ASSIGN(const DeltaCommit commit, log.commit_at(2));
  EXPECT_EQ(commit.adds.at(0).path, "part-2");
  const std::string none = table.string() + ": no version 4: there are versions 0 to 3";
  EXPECT_EQ(log.snapshot_at(4).error().message, none);
  EXPECT_EQ(log.commit_at(4).error().message, none);
  EXPECT_EQ(log.commit_at(4).error().code, ErrorCode::kNotFound);
  const std::int64_t start_ms = log.commit_at(0)->info->timestamp_ms;
  EXPECT_EQ(log.version_at(start_ms).value(), 0u);
  EXPECT_EQ(log.version_at(start_ms + 1999).value(), 1u);
  EXPECT_EQ(log.version_at(start_ms + 2000).value(), 2u);
  EXPECT_EQ(log.version_at(start_ms + 999999).value(), 3u);
  EXPECT_EQ(log.version_at(start_ms - 1).error().code, ErrorCode::kNotFound);
  COLVEC_ASSERT_ASSIGN(DeltaLog none_yet, open_log(folder, folder.path() / "none"));
  EXPECT_EQ(none_yet.version_at(start_ms).error().message,
            (folder.path() / "none").string() + ": there is no table");
  EXPECT_EQ(none_yet.snapshot_at(0).error().message,
            (folder.path() / "none").string() + ": no version 0: there is no table");
}

TEST(DeltaLog, TakesTheTimeOfTheFileWhereTheEntryHasNone) {
  StoreFolder folder;
  const fs::path table = folder.path() / "t";
  make_table(folder, table, 2);
  put_file(entry_of(table, 2), "{\"add\":{\"path\":\"a\",\"size\":1,\"partitionValues\":{}}}");
  DeltaCommit early = adding("b");  // Of a machine whose clock is behind.
  early.info->timestamp_ms = 5;
  put_file(entry_of(table, 3), to_json_lines(early));
  COLVEC_ASSERT_ASSIGN(DeltaLog log, open_log(folder, table));
  const std::int64_t file_ms = local_file_system().stat(entry_of(table, 2))->modified_ms;
  EXPECT_EQ(log.snapshot_at(2)->timestamp_ms, file_ms);
  EXPECT_EQ(log.snapshot().timestamp_ms, file_ms);
  EXPECT_EQ(log.commit_at(2)->info->timestamp_ms, file_ms);
  EXPECT_EQ(log.version_at(file_ms - 1).value(), 1u);
  EXPECT_EQ(log.version_at(file_ms).value(), 3u);
}

// A copy of the table without its checkpoints, replayed from version 0.
std::string replayed(StoreFolder& folder, const fs::path& table, std::uint64_t version) {
  const fs::path copy = folder.path() / "replayed";
  fs::remove_all(copy);
  fs::create_directories(copy / "_delta_log");
  for (std::uint64_t v = 0; v <= version; ++v) fs::copy(entry_of(table, v), entry_of(copy, v));
  return text_of(open_log(folder, copy)->snapshot());
}

TEST(DeltaLog, OpensFromTheNewestUsableCheckpoint) {
  StoreFolder folder;
  const fs::path table = folder.path() / "t";
  make_table(folder, table, 203);
  const std::string expected = replayed(folder, table, 202);
  const auto opened = [&] {
    const auto log = open_log(folder, table);
    return log ? text_of(log->snapshot()) : log.error().message;
  };
  EXPECT_EQ(opened(), expected);
  // Without the entries before it: so it is the checkpoint that is read.
  const fs::path newest = table / "_delta_log" / checkpoint_name(200);
  const std::string early = contents_of(entry_of(table, 42));
  fs::remove(entry_of(table, 42));
  EXPECT_EQ(opened(), expected);
  for (const char* pointer : {"", "{", "{\"version\":100,\"size\":1}", "{\"version\":777}"}) {
    put_file(table / "_delta_log" / "_last_checkpoint", pointer);
    EXPECT_EQ(opened(), expected);
  }
  fs::remove(table / "_delta_log" / "_last_checkpoint");
  put_file(newest, "damaged");
  EXPECT_EQ(opened(), expected);
  put_file(table / "_delta_log" / checkpoint_name(100), "damaged");
  EXPECT_NE(opened().find("00000000000000000042.json: is missing"), std::string::npos);
  put_file(entry_of(table, 42), early);
  EXPECT_EQ(opened(), expected);
}

TEST(DeltaLog, CommitsThoughTheCheckpointFails) {
  StoreFolder folder;
  const fs::path table = folder.path() / "t";
  make_table(folder, table, 100);
  fs::create_directories(table / "_delta_log" / checkpoint_name(100) / "in the way");
  COLVEC_ASSERT_ASSIGN(DeltaLog log, open_log(folder, table));
  EXPECT_TRUE(log.try_commit(adding("a")).value());
  EXPECT_EQ(log.snapshot().version, 100u);
  EXPECT_FALSE(fs::exists(table / "_delta_log" / "_last_checkpoint"));
  // No draft is left either.
  EXPECT_EQ(local_file_system().list(table / "_delta_log")->size(), 102u);
  COLVEC_ASSERT_ASSIGN(const DeltaLog again, open_log(folder, table));
  EXPECT_EQ(text_of(again.snapshot()), text_of(log.snapshot()));
}

// Commits `adding(path)`, however many come between.
void commit_retrying(DeltaLog* log, const std::string& path) {
  const DeltaCommit commit = adding(path);
  while (true) {
    const Result<bool> done = log->try_commit(commit);
    ASSERT_TRUE(done) << done.error().message;
    if (*done) return;
    const Status refreshed = log->refresh({});
    ASSERT_TRUE(refreshed) << refreshed.error().message;
  }
}

TEST(DeltaLog, LosesNoCommitOfManyWriters) {
  constexpr std::size_t kWriters = 4;
  constexpr std::size_t kCommits = 50;
  StoreFolder folder;
  const fs::path table = folder.path() / "t";
  std::vector<std::thread> writers;
  std::atomic<std::size_t> started = 0;
  for (std::size_t w = 0; w < kWriters; ++w)
    writers.emplace_back([&, w] {
      Connection connection = folder.database().connect().value();
      auto log = DeltaLog::open(local_file_system(), connection, table);
      ASSERT_TRUE(log) << log.error().message;
      // One who comes late finds the table there.
      if (!log->snapshot().version) {
        const Result<bool> started_it = log->try_commit(first_commit());
        ASSERT_TRUE(started_it) << started_it.error().message;
        started += *started_it ? 1 : 0;
      }
      ASSERT_TRUE(log->refresh({}));
      for (std::size_t c = 0; c < kCommits; ++c)
        commit_retrying(&*log, fmt::format("part-{}-{}", w, c));
    });
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(started, 1u);

  COLVEC_ASSERT_ASSIGN(DeltaLog log, open_log(folder, table));
  EXPECT_EQ(log.snapshot().version, kWriters * kCommits);
  EXPECT_EQ(log.snapshot().files.size(), kWriters * kCommits);
  std::set<std::string> seen;
  for (std::uint64_t version = 1; version <= kWriters * kCommits; ++version)
    EXPECT_TRUE(seen.insert(log.commit_at(version)->adds.at(0).path).second) << version;
  EXPECT_EQ(text_of(log.snapshot()), replayed(folder, table, kWriters * kCommits));
  for (const std::uint64_t version : {100u, 200u}) {
    COLVEC_ASSERT_ASSIGN(
        const auto checkpoint,
        read_checkpoint(local_file_system(), folder.connection(), table / "_delta_log", version));
    ASSERT_TRUE(checkpoint.has_value());
    EXPECT_EQ(checkpoint->version, version);
    EXPECT_EQ(text_of(*checkpoint), replayed(folder, table, version));
  }
  // 201 entries, two checkpoints, the pointer; every draft is gone.
  EXPECT_EQ(local_file_system().list(table / "_delta_log")->size(), 204u);
}

}  // namespace
}  // namespace colvec
