#include "store/data_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/file.h"
#include "base/hash.h"
#include "store/store_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kVectors =
    "SELECT md5(i::VARCHAR) AS text_hash, 'text ' || i AS text_value,"
    " [i, i / 3, 1]::FLOAT[] AS embedding FROM range(5000) numbers(i) ORDER BY text_hash";

Result<std::optional<AddFile>> write(StoreFolder& folder, const std::string& select,
                                     const PartitionValues& partition = {},
                                     const DataFileFormat& format = {.row_group_rows = 2048}) {
  return write_data_file(local_file_system(), folder.connection(), folder.path() / "t", partition,
                         select, format);
}

std::string sql_of(const StoreFolder& folder, const AddFile& file) {
  return quote_literal((folder.path() / "t" / file.path).string());
}

TEST(DataFile, RowGroupsHoldAboutTheSameBytes) {
  EXPECT_EQ(row_group_rows_for(384), 10'240u);
  EXPECT_EQ(row_group_rows_for(1024), 4096u);
  EXPECT_EQ(row_group_rows_for(100'000), 2048u);
  EXPECT_EQ(row_group_rows_for(2), 122'880u);
  EXPECT_EQ(row_group_rows_for(0), 122'880u);
}

TEST(DataFile, IsWrittenAsTheFormatSays) {
  StoreFolder folder;
  COLVEC_ASSERT_ASSIGN(const std::optional<AddFile> file,
                       write(folder, kVectors, {{"model", "f0 1"}, {"precision", std::nullopt}}));
  ASSERT_TRUE(file.has_value());
  EXPECT_THAT(file->path, StartsWith("model=f0%201/precision=__HIVE_DEFAULT_PARTITION__/part-"));
  const fs::path path = folder.path() / "t" / file->path;
  EXPECT_EQ(file->size, fs::file_size(path));
  EXPECT_EQ(file->tags.at("xxh3_128"), xxh3_hex(MappedFile::open(path).value().bytes()));
  EXPECT_EQ(rows_of(*file), 5000u);
  EXPECT_EQ(
      file->stats,
      folder
          .rows("SELECT '{\"numRecords\":5000,\"minValues\":{\"text_hash\":\"' || "
                "min(text_hash) || '\"},\"maxValues\":{\"text_hash\":\"' || max(text_hash) || "
                "'\"},\"nullCount\":{\"text_hash\":0}}' FROM (" +
                std::string(kVectors) + ")")
          .front());
  EXPECT_GT(file->modified_ms, 1'700'000'000'000);
  EXPECT_TRUE(file->data_change);
  EXPECT_TRUE(fs::is_empty(folder.path() / "t" / "_tmp"));

  const std::string meta = "parquet_metadata(" + sql_of(folder, *file) + ")";
  EXPECT_THAT(folder.rows("SELECT DISTINCT compression FROM " + meta), ElementsAre("ZSTD"));
  EXPECT_THAT(folder.rows("SELECT DISTINCT row_group_num_rows FROM " + meta + " ORDER BY ALL"),
              ElementsAre("904", "2048"));
  EXPECT_THAT(folder.rows("SELECT DISTINCT path_in_schema, encodings FROM " + meta +
                          " WHERE path_in_schema LIKE 'embedding%'"),
              ElementsAre("embedding, list, element|BYTE_STREAM_SPLIT"));
  EXPECT_THAT(
      folder.rows("SELECT count(*) FROM parquet_kv_metadata(" + sql_of(folder, *file) + ")"),
      ElementsAre("0"));
  EXPECT_EQ(folder.rows("FROM " + read_files_sql(folder.path() / "t", {&*file})),
            folder.rows(kVectors));
}

TEST(DataFile, CanHavePlainFloats) {
  StoreFolder folder;
  COLVEC_ASSERT_ASSIGN(const std::optional<AddFile> file,
                       write(folder, kVectors, {}, {.row_group_rows = 2048, .plain_floats = true}));
  EXPECT_THAT(folder.rows("SELECT DISTINCT encodings FROM parquet_metadata(" +
                          sql_of(folder, *file) + ") WHERE path_in_schema LIKE 'embedding%'"),
              ElementsAre("PLAIN"));
}

TEST(DataFile, IsNotWrittenWithoutRows) {
  StoreFolder folder;
  COLVEC_ASSERT_ASSIGN(const std::optional<AddFile> file,
                       write(folder, std::string("SELECT * FROM (") + kVectors + ") WHERE false"));
  EXPECT_FALSE(file.has_value());
  EXPECT_TRUE(fs::is_empty(folder.path() / "t" / "_tmp"));
}

TEST(DataFile, LeavesNothingWhereTheQueryFails) {
  StoreFolder folder;
  const auto file = write(folder, "SELECT error('no such luck') AS text_hash");
  ASSERT_FALSE(file);
  EXPECT_THAT(file.error().message, HasSubstr("no such luck"));
  EXPECT_TRUE(fs::is_empty(folder.path() / "t" / "_tmp"));
}

TEST(DataFile, PathsMayHoldAnything) {
  StoreFolder folder;
  const fs::path table = folder.path() / "it's a = table, 100%";
  COLVEC_ASSERT_ASSIGN(
      const std::optional<AddFile> file,
      write_data_file(local_file_system(), folder.connection(), table, {{"p", "x"}}, kVectors, {}));
  EXPECT_EQ(folder.rows("SELECT count(*) FROM " + read_files_sql(table, {&*file, &*file})).front(),
            "10000");
  EXPECT_TRUE(check_data_file(local_file_system(), table, *file, true));
}

TEST(DataFile, DamageIsNamed) {
  StoreFolder folder;
  COLVEC_ASSERT_ASSIGN(const std::optional<AddFile> file, write(folder, kVectors));
  const fs::path table = folder.path() / "t";
  const fs::path path = table / file->path;
  const auto error_of = [&](bool content) {
    const Status checked = check_data_file(local_file_system(), table, *file, content);
    if (checked) return std::string();
    EXPECT_EQ(checked.error().code, ErrorCode::kCorruption);
    EXPECT_THAT(checked.error().message, StartsWith(path.string() + ": "));
    return checked.error().message;
  };
  EXPECT_EQ(error_of(true), "");
  const std::string bytes = contents_of(path);
  std::string flipped = bytes;
  flipped[bytes.size() / 2] = static_cast<char>(flipped[bytes.size() / 2] ^ 1);
  put_file(path, flipped);
  EXPECT_EQ(error_of(false), "");
  EXPECT_THAT(error_of(true), HasSubstr("its checksum is not the log's"));
  put_file(path, bytes.substr(0, 100));
  EXPECT_THAT(error_of(false), HasSubstr("has 100 bytes, the log says"));
  fs::remove(path);
  EXPECT_THAT(error_of(false), HasSubstr("missing, but the log names it"));
}

}  // namespace
}  // namespace colvec
