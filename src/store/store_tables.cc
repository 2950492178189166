#include "store/store_tables.h"

#include "base/clock.h"
#include "base/uuid.h"
#include "store/hash_range.h"
#include "store/uri.h"

namespace colvec {
namespace {

constexpr std::string_view kTime = "TIMESTAMP WITH TIME ZONE";

Result<DeltaMetaData> meta_data_of(std::vector<DeltaColumn> columns,
                                   std::vector<DeltaColumn> partition_columns) {
  DeltaMetaData meta_data;
  meta_data.id = new_uuid();
  for (DeltaColumn& column : partition_columns) {
    meta_data.partition_columns.push_back(column.name);
    columns.push_back(std::move(column));
  }
  COLVEC_ASSIGN(meta_data.schema_string, to_schema_string(columns));
  meta_data.configuration["colvec.formatVersion"] = kFormatVersion;
  meta_data.created_ms = now_ms();
  return meta_data;
}

}  // namespace

TableRules vectors_rules() {
  // 32 hex digits are a UUID for DuckDB: 16 bytes in its tables and joins.
  return {.name = "vectors", .identity = {"text_hash::UUID"}, .order_by = "text_hash"};
}

TableRules keys_rules(const std::vector<KeyColumn>& columns) {
  TableRules rules{.name = "keys", .identity = {}, .order_by = key_names(columns, "")};
  for (const KeyColumn& column : columns) rules.identity.push_back(stored_name(column));
  rules.identity.emplace_back("text_hash::UUID");
  return rules;
}

std::vector<DeltaColumn> vectors_columns() {
  return {{"text_hash", "VARCHAR"},           {"text_value", "VARCHAR"},
          {"embedding", "FLOAT[]"},           {"token_count", "INTEGER"},
          {"truncated", "BOOLEAN"},           {"engine_version", "VARCHAR"},
          {"embedded_at", std::string(kTime)}};
}

std::vector<DeltaColumn> keys_columns(const std::vector<KeyColumn>& columns) {
  std::vector<DeltaColumn> all;
  for (const KeyColumn& column : columns)
    all.push_back({encode_column_name(column.name), column.type});
  all.push_back({"text_hash", "VARCHAR"});
  all.push_back({"seen_at", std::string(kTime)});
  return all;
}

Result<DeltaMetaData> vectors_meta_data(bool store_text, bool plain_floats) {
  COLVEC_ASSIGN(DeltaMetaData meta_data,
                meta_data_of(vectors_columns(), {{"model", "VARCHAR"}, {"precision", "VARCHAR"}}));
  meta_data.configuration["colvec.storeText"] = store_text ? "true" : "false";
  meta_data.configuration["colvec.parquetEncoding"] = plain_floats ? "plain" : "byte_stream_split";
  return meta_data;
}

Result<DeltaMetaData> keys_meta_data(const std::vector<KeyColumn>& columns) {
  COLVEC_ASSIGN(DeltaMetaData meta_data,
                meta_data_of(keys_columns(columns), {{"pk_bucket", "INTEGER"}}));
  meta_data.configuration["colvec.keyColumns"] = key_columns_json(columns);
  return meta_data;
}

std::vector<std::string> hash_ranges(const std::string& hash, std::uint64_t rows) {
  if (rows <= kVectorRowsOfFile) return {""};
  // SHA-256 spreads evenly: equal ranges of the first 32 bits hold about equally many rows; what is
  // left free is eight standard deviations.
  constexpr std::uint64_t kRowsOfRange = kVectorRowsOfFile - kVectorRowsOfFile / 64;
  const std::uint64_t count = (rows + kRowsOfRange - 1) / kRowsOfRange;
  std::vector<std::string> ranges;
  for (std::uint64_t i = 0; i < count; ++i) ranges.push_back(hash_range(i, count).sql(hash));
  return ranges;
}

std::vector<FileSlice> vector_slices(const PartitionValues& partition, std::uint64_t rows) {
  std::vector<FileSlice> slices;
  for (std::string& filter : hash_ranges("text_hash", rows))
    slices.push_back({partition, std::move(filter)});
  return slices;
}

std::vector<FileSlice> key_slices(std::uint64_t rows) {
  if (rows < kSpreadKeysMin) return {{{{"pk_bucket", std::nullopt}}, ""}};
  std::vector<FileSlice> slices;
  for (std::size_t bucket = 0; bucket < kKeyBuckets; ++bucket)
    slices.push_back(
        {{{"pk_bucket", std::to_string(bucket)}}, "pk_bucket = " + std::to_string(bucket)});
  return slices;
}

}  // namespace colvec
