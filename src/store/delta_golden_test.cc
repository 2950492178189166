// Tables that Spark wrote, from the delta-io/delta repository: our replay of their logs.
#include <gtest/gtest.h>

#include <algorithm>

#include "store/delta_checkpoint.h"
#include "store/delta_log.h"
#include "store/delta_schema.h"
#include "store/store_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;

struct GoldenTable {
  const char* name;
  std::uint64_t version;
  std::uint64_t bytes;
  std::int64_t timestamp_ms;
  // The first 19 bytes of the names of the live files, sorted.
  std::vector<std::string> files;
};

// From a replay of the JSON entries alone by a script that does nothing else.
const std::vector<GoldenTable>& golden_tables() {
  static const std::vector<GoldenTable> tables = {
      {"basic-with-inserts-deletes-checkpoint",
       13,
       3549,
       1691426743015,
       {"part-00000-1b0098ea", "part-00000-4b448490", "part-00000-7d1a368c", "part-00000-c92cba9e",
        "part-00000-ca2d0b26", "part-00000-da82aeb5", "part-00000-f80053c6"}},
      {"checkpoint", 14, 1, 1697495786458, {"15"}},
      {"corrupted-last-checkpoint",
       10,
       11,
       1603723988863,
       {"0", "1", "10", "2", "3", "4", "5", "6", "7", "8", "9"}},
      {"data-reader-escaped-chars",
       2,
       1194,
       1603724043721,
       {"part-00000-92352854", "part-00000-af08f887", "part-00000-c1bfd944"}},
      {"data-reader-partition-values",
       0,
       5832,
       1636147668568,
       {"part-00000-b9dc86ae", "part-00001-9ee474eb", "part-00001-cb007d48"}},
      {"log-replay-latest-metadata-protocol",
       2,
       2744,
       1697070260886,
       {"part-00000-66f9221e", "part-00000-fc7f7936", "part-00001-9624cca6",
        "part-00001-a54b97f9"}},
      {"multi-part-checkpoint",
       1,
       4908,
       1692318915049,
       {"part-00000-7f49f4e3", "part-00000-e3cd9d97", "part-00001-a5222079", "part-00002-3a12664c",
        "part-00003-1bb5a769", "part-00004-b7080e6d", "part-00005-a0ce8d21", "part-00006-9093b02c",
        "part-00007-8cea4b0f", "part-00008-470c16a2"}},
      {"snapshot-data0", 0, 1300, 1603723967632, {"part-00000-0441e99a", "part-00001-34c8c673"}},
      {"snapshot-data3",
       3,
       2690,
       1603723972251,
       {"part-00000-842017c2", "part-00000-cb078bc1", "part-00001-9bf4b8f8",
        "part-00001-e62ca5a1"}},
      {"snapshot-vacuumed", 5, 1392, 1603723975830, {"part-00000-f95c1140", "part-00001-0b5675f1"}},
  };
  return tables;
}

std::vector<std::string> short_names_of(const DeltaSnapshot& snapshot) {
  std::vector<std::string> names;
  for (const auto& [path, file] : snapshot.files)
    names.push_back(fs::path(path).filename().string().substr(0, 19));
  std::sort(names.begin(), names.end());
  return names;
}

void expect_golden(const GoldenTable& table, const DeltaSnapshot& snapshot) {
  EXPECT_EQ(snapshot.version, table.version) << table.name;
  EXPECT_EQ(snapshot.bytes(), table.bytes) << table.name;
  EXPECT_EQ(snapshot.timestamp_ms, table.timestamp_ms) << table.name;
  EXPECT_EQ(short_names_of(snapshot), table.files) << table.name;
}

const GoldenTable& golden(const std::string& name) {
  return *std::find_if(golden_tables().begin(), golden_tables().end(),
                       [&](const GoldenTable& table) { return table.name == name; });
}

TEST(DeltaGolden, HasTheLiveFilesOfEachTable) {
  COLVEC_NEEDS(shared_testdata("delta_golden"));
  StoreFolder folder;
  for (const GoldenTable& table : golden_tables()) {
    const fs::path path = shared_testdata("delta_golden") / table.name;
    COLVEC_ASSERT_ASSIGN(const DeltaLog log,
                         DeltaLog::open(local_file_system(), folder.connection(), path));
    expect_golden(table, log.snapshot());
    // Tables of one-letter files never had any.
    for (const auto& [file, add] : log.snapshot().files)
      EXPECT_TRUE(file.size() < 3 || fs::exists(path / file)) << file;
  }
}

TEST(DeltaGolden, ReplaysFromTheirCheckpointsAlone) {
  COLVEC_NEEDS(shared_testdata("delta_golden"));
  StoreFolder folder;
  for (const char* name : {"basic-with-inserts-deletes-checkpoint", "checkpoint",
                           "corrupted-last-checkpoint", "multi-part-checkpoint"}) {
    const fs::path copy = folder.path() / name;
    fs::copy(shared_testdata("delta_golden") / name, copy, fs::copy_options::recursive);
    COLVEC_ASSERT_ASSIGN(const auto checkpoint,
                         read_checkpoint(local_file_system(), folder.connection(),
                                         copy / "_delta_log", golden(name).version));
    ASSERT_TRUE(checkpoint.has_value()) << name;
    // The entry of the checkpoint's own version stays: it has the time.
    for (std::uint64_t version = 0; version < *checkpoint->version; ++version)
      ASSERT_TRUE(fs::remove(copy / "_delta_log" / entry_name(version)));
    COLVEC_ASSERT_ASSIGN(const DeltaLog log,
                         DeltaLog::open(local_file_system(), folder.connection(), copy));
    expect_golden(golden(name), log.snapshot());
  }
}

TEST(DeltaGolden, RefusesDeletionVectorsByName) {
  const fs::path path = shared_testdata("delta_golden") / "dv-partitioned-with-checkpoint";
  COLVEC_NEEDS(path);
  StoreFolder folder;
  const auto log = DeltaLog::open(local_file_system(), folder.connection(), path);
  ASSERT_FALSE(log.has_value());
  EXPECT_EQ(log.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(log.error().message.find("deletionVectors"), std::string::npos) << log.error().message;
  EXPECT_NE(log.error().message.find(path.string()), std::string::npos) << log.error().message;
}

TEST(DeltaGolden, DoesNotWriteWhatAsksMoreOfWriters) {
  const fs::path path = shared_testdata("delta_golden") / "log-replay-latest-metadata-protocol";
  COLVEC_NEEDS(path);
  StoreFolder folder;
  COLVEC_ASSERT_ASSIGN(DeltaLog log,
                       DeltaLog::open(local_file_system(), folder.connection(), path));
  const auto written = log.try_commit(adding("a"));
  EXPECT_EQ(written.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(written.error().message,
            path.string() + ": the table needs Delta writer version 7 with appendOnly, invariants");
}

TEST(DeltaGolden, HasTheValuesOfPartitions) {
  const fs::path path = shared_testdata("delta_golden") / "data-reader-partition-values";
  COLVEC_NEEDS(path);
  StoreFolder folder;
  COLVEC_ASSERT_ASSIGN(const DeltaLog log,
                       DeltaLog::open(local_file_system(), folder.connection(), path));
  COLVEC_ASSERT_ASSIGN(const auto columns,
                       parse_schema_string(log.snapshot().meta_data.schema_string, "schema"));
  EXPECT_EQ(columns.front(), (DeltaColumn{"as_int", "INTEGER"}));
  std::size_t null_files = 0;
  for (const auto& [file, add] : log.snapshot().files) {
    EXPECT_EQ(add.partition.size(), 12u);
    const bool is_null = file.find("as_int=__HIVE_DEFAULT_PARTITION__") != std::string::npos;
    null_files += is_null ? 1 : 0;
    EXPECT_EQ(add.partition.at("as_int").has_value(), !is_null);
    // A text that only looks like it.
    EXPECT_EQ(add.partition.at("as_string_lit_null").value_or("NULL"), is_null ? "NULL" : "null");
  }
  EXPECT_EQ(null_files, 1u);
}

TEST(DeltaGolden, TravelsInTime) {
  const fs::path path = shared_testdata("delta_golden") / "snapshot-vacuumed";
  COLVEC_NEEDS(path);
  StoreFolder folder;
  COLVEC_ASSERT_ASSIGN(DeltaLog log,
                       DeltaLog::open(local_file_system(), folder.connection(), path));
  for (const char* name : {"snapshot-data0", "snapshot-data3"}) {
    COLVEC_ASSERT_ASSIGN(const DeltaSnapshot past, log.snapshot_at(golden(name).version));
    EXPECT_EQ(short_names_of(past), golden(name).files);
    EXPECT_EQ(log.version_at(golden(name).timestamp_ms).value(), golden(name).version);
  }
  EXPECT_EQ(log.version_at(golden("snapshot-data3").timestamp_ms - 1).value(), 2u);
}

}  // namespace
}  // namespace colvec
