#include "store/store_tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/store_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

using ::testing::ElementsAre;

TEST(StoreTables, SchemasHaveThePartitionColumnsLast) {
  COLVEC_ASSERT_ASSIGN(const DeltaMetaData vectors, vectors_meta_data(false, true));
  COLVEC_ASSERT_ASSIGN(const std::vector<DeltaColumn> columns,
                       parse_schema_string(vectors.schema_string, "here"));
  std::vector<DeltaColumn> expected = vectors_columns();
  expected.push_back({"model", "VARCHAR"});
  expected.push_back({"precision", "VARCHAR"});
  EXPECT_EQ(columns, expected);
  EXPECT_THAT(vectors.partition_columns, ElementsAre("model", "precision"));
  EXPECT_EQ(vectors.configuration.at("colvec.formatVersion"), "1");
  EXPECT_EQ(vectors.configuration.at("colvec.storeText"), "false");
  EXPECT_EQ(vectors.configuration.at("colvec.parquetEncoding"), "plain");

  const std::vector<KeyColumn> key = {{"shop id", "BIGINT"}, {"day", "DATE"}};
  COLVEC_ASSERT_ASSIGN(const DeltaMetaData keys, keys_meta_data(key));
  COLVEC_ASSERT_ASSIGN(const std::vector<DeltaColumn> key_columns,
                       parse_schema_string(keys.schema_string, "here"));
  EXPECT_THAT(key_columns,
              ElementsAre(DeltaColumn{"shop%20id", "BIGINT"}, DeltaColumn{"day", "DATE"},
                          DeltaColumn{"text_hash", "VARCHAR"},
                          DeltaColumn{"seen_at", "TIMESTAMP WITH TIME ZONE"},
                          DeltaColumn{"pk_bucket", "INTEGER"}));
  EXPECT_THAT(keys.partition_columns, ElementsAre("pk_bucket"));
  EXPECT_EQ(keys.configuration.at("colvec.keyColumns"), key_columns_json(key));
  EXPECT_NE(keys.id, vectors.id);
}

TEST(StoreTables, ARowOfKeysIsItsKeyAndItsText) {
  const TableRules rules = keys_rules({{"a b", "BIGINT"}, {"c", "DATE"}});
  EXPECT_THAT(rules.identity, ElementsAre("\"a%20b\"", "\"c\"", "text_hash::UUID"));
  EXPECT_EQ(rules.order_by, "\"a%20b\", \"c\"");
  EXPECT_THAT(vectors_rules().identity, ElementsAre("text_hash::UUID"));
}

TEST(StoreTables, CutsVectorsIntoFilesOfBoundedSize) {
  const PartitionValues partition = {{"model", "f0"}};
  EXPECT_EQ(vector_slices(partition, 1).size(), 1u);
  EXPECT_EQ(vector_slices(partition, kVectorRowsOfFile).size(), 1u);
  EXPECT_EQ(vector_slices(partition, kVectorRowsOfFile).front().filter, "");
  for (const std::uint64_t rows : {kVectorRowsOfFile + 1, 3 * kVectorRowsOfFile}) {
    StoreFolder folder;
    ASSERT_TRUE(folder.connection().execute(
        "CREATE TABLE t AS SELECT md5(i::VARCHAR) AS text_hash FROM range(" + std::to_string(rows) +
        ") numbers(i)"));
    std::uint64_t sum = 0;
    for (const FileSlice& slice : vector_slices(partition, rows)) {
      EXPECT_EQ(slice.partition, partition);
      const std::uint64_t count =
          std::stoull(folder.rows("SELECT count(*) FROM t WHERE " + slice.filter).front());
      EXPECT_LE(count, kVectorRowsOfFile);
      EXPECT_GE(count, kVectorRowsOfFile / 2 - 4096);
      sum += count;
    }
    EXPECT_EQ(sum, rows);
  }
}

TEST(StoreTables, SpreadsManyKeysOnly) {
  EXPECT_EQ(key_slices(kSpreadKeysMin - 1).size(), 1u);
  EXPECT_EQ(key_slices(kSpreadKeysMin - 1).front().partition.at("pk_bucket"), std::nullopt);
  const std::vector<FileSlice> slices = key_slices(kSpreadKeysMin);
  ASSERT_EQ(slices.size(), kKeyBuckets);
  EXPECT_EQ(slices.at(7).partition.at("pk_bucket"), "7");
  EXPECT_EQ(slices.at(7).filter, "pk_bucket = 7");
}

}  // namespace
}  // namespace colvec
