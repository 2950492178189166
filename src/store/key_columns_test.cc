#include "store/key_columns.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hash.h"
#include "store/store_fixture.h"
#include "testdata.h"

namespace colvec {
namespace {

using ::testing::HasSubstr;

TEST(KeyColumns, StoresEachTypeAsTheFormatSays) {
  const struct {
    const char* source;
    const char* stored;
    const char* value;  // Of the source type.
    const char* text;   // Of the stored value.
  } cases[] = {
      {"BOOLEAN", "BOOLEAN", "true", "true"},
      {"TINYINT", "BIGINT", "-7", "-7"},
      {"SMALLINT", "BIGINT", "-300", "-300"},
      {"INTEGER", "BIGINT", "70000", "70000"},
      {"BIGINT", "BIGINT", "-9223372036854775808", "-9223372036854775808"},
      {"UTINYINT", "BIGINT", "255", "255"},
      {"USMALLINT", "BIGINT", "65535", "65535"},
      {"UINTEGER", "BIGINT", "4294967295", "4294967295"},
      {"UBIGINT", "DECIMAL(20,0)", "18446744073709551615", "18446744073709551615"},
      {"HUGEINT", "DECIMAL(38,0)", "99999999999999999999999999999999999999",
       "99999999999999999999999999999999999999"},
      {"UHUGEINT", "DECIMAL(38,0)", "12345678901234567890123", "12345678901234567890123"},
      {"DECIMAL(9,2)", "DECIMAL(9,2)", "12.50", "12.50"},
      {"VARCHAR", "VARCHAR", "'ä b'", "ä b"},
      {"UUID", "VARCHAR", "'A0EEBC99-9c0b-4ef8-bb6d-6bb9bd380a11'",
       "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
      {"ENUM('small', 'large')", "VARCHAR", "'large'", "large"},
      {"DATE", "DATE", "'2024-02-29'", "2024-02-29"},
      {"TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "'2024-02-29 12:00:00.000001'",
       "2024-02-29 12:00:00.000001+00"},
      {"TIMESTAMP_S", "TIMESTAMP WITH TIME ZONE", "'2024-02-29 12:00:00'",
       "2024-02-29 12:00:00+00"},
      {"TIMESTAMP_MS", "TIMESTAMP WITH TIME ZONE", "'2024-02-29 12:00:00.5'",
       "2024-02-29 12:00:00.5+00"},
      {"TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITH TIME ZONE", "'2024-02-29 12:00:00+02'",
       "2024-02-29 10:00:00+00"},
  };
  StoreFolder folder;
  ASSERT_TRUE(folder.connection().execute("SET TimeZone = 'UTC'"));
  for (const auto& c : cases) {
    SCOPED_TRACE(c.source);
    COLVEC_ASSERT_ASSIGN(const std::vector<KeyColumn> columns, key_columns_of({{"k", c.source}}));
    EXPECT_EQ(columns.front(), (KeyColumn{"k", c.stored}));
    const std::string value = fmt::format("CAST({} AS {})", c.value, c.source);
    const std::string stored = stored_key_sql(value, columns.front());
    EXPECT_EQ(folder.rows("SELECT " + stored + ", typeof(" + stored + ")").front(),
              fmt::format("{}|{}", c.text, c.stored));
    // Written to Parquet and read back it is the same.
    const std::string file = quote_literal((folder.path() / "k.parquet").string());
    ASSERT_TRUE(folder.connection().execute("COPY (SELECT " + stored + " AS k) TO " + file +
                                            " (FORMAT parquet)"));
    EXPECT_EQ(folder.rows("SELECT k, typeof(k) FROM " + file).front(),
              fmt::format("{}|{}", c.text, c.stored));
  }
}

TEST(KeyColumns, RefusesValuesThatDoNotFit) {
  StoreFolder folder;
  const std::string huge =
      stored_key_sql("170141183460469231731687303715884105727::HUGEINT", {"k", "DECIMAL(38,0)"});
  EXPECT_FALSE(folder.connection().query("SELECT " + huge));
}

TEST(KeyColumns, RefusesTypesThatCannotBeKeys) {
  for (const char* type : {"FLOAT", "DOUBLE", "BLOB", "TIME", "INTERVAL", "BIT", "INTEGER[]",
                           "STRUCT(a INTEGER)", "MAP(VARCHAR, INTEGER)", "TIMESTAMP_NS", ""}) {
    const auto columns = key_columns_of({{"k", type}});
    ASSERT_FALSE(columns) << type;
    EXPECT_EQ(columns.error().code, ErrorCode::kUnsupported);
    EXPECT_EQ(columns.error().message, fmt::format("key column k: cannot be a key: type {}", type));
  }
}

TEST(KeyColumns, RefusesNamesThatTheTableNeeds) {
  const struct {
    std::vector<KeyColumn> columns;
    const char* message;
  } cases[] = {
      {{}, "no key column"},
      {{{"text_hash", "BIGINT"}}, "key column text_hash: the store has a column of that name"},
      {{{"Seen_At", "BIGINT"}}, "key column Seen_At: the store has a column of that name"},
      {{{"PK_BUCKET", "BIGINT"}}, "key column PK_BUCKET: the store has a column of that name"},
      {{{"a", "BIGINT"}, {"A", "DATE"}}, "key column A: named twice"},
  };
  for (const auto& c : cases) {
    const auto columns = key_columns_of(c.columns);
    ASSERT_FALSE(columns) << c.message;
    EXPECT_EQ(columns.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(columns.error().message, HasSubstr(c.message));
  }
}

TEST(KeyColumns, AreQuotedAndEncoded) {
  EXPECT_EQ(stored_name({"product id", "BIGINT"}), "\"product%20id\"");
  EXPECT_EQ(stored_name({"a\"b", "BIGINT"}), "\"a\"\"b\"");
  EXPECT_EQ(stored_name({"50%", "BIGINT"}), "\"50%25\"");
  EXPECT_EQ(key_names({{"a", "BIGINT"}, {"b", "DATE"}}, ""), "\"a\", \"b\"");
  EXPECT_EQ(key_names({{"a", "BIGINT"}, {"b", "DATE"}}, "k"), "k.\"a\", k.\"b\"");
}

// The format's words, without SQL.
int bucket_of(const std::vector<std::string>& values) {
  std::string canonical;
  for (const std::string& value : values) canonical += std::to_string(value.size()) + ":" + value;
  Sha256 hash;
  hash.update(canonical);
  const Digest digest = hash.finish();
  std::uint64_t first = 0;
  for (std::size_t i = 0; i < 8; ++i) first = first << 8 | digest[i];
  return static_cast<int>(first % kKeyBuckets);
}

TEST(KeyColumns, BucketsAreThoseOfTheFormat) {
  StoreFolder folder;
  ASSERT_TRUE(folder.connection().execute("SET TimeZone = 'UTC'"));
  for (int i = -20; i < 200; ++i)
    ASSERT_EQ(folder
                  .rows(fmt::format("SELECT {} FROM (SELECT {}::BIGINT AS id)",
                                    bucket_sql({{"id", "BIGINT"}}), i))
                  .front(),
              std::to_string(bucket_of({std::to_string(i)})));
  const std::vector<KeyColumn> columns = {
      {"shop name", "VARCHAR"}, {"d", "DATE"}, {"t", "TIMESTAMP WITH TIME ZONE"}};
  EXPECT_EQ(
      folder
          .rows("SELECT " + bucket_sql(columns) + ", typeof(" + bucket_sql(columns) +
                ") FROM (SELECT 'Käse, 1:2' AS "
                "\"shop%20name\", DATE '2024-01-01' AS d,"
                " TIMESTAMPTZ '2024-01-01 01:00:00+01' AS t)")
          .front(),
      fmt::format("{}|INTEGER", bucket_of({"Käse, 1:2", "2024-01-01", "2024-01-01 00:00:00+00"})));
  // ("ab", "c") and ("a", "bc") are different keys.
  EXPECT_NE(bucket_of({"ab", "c"}), bucket_of({"a", "bc"}));
}

TEST(KeyColumns, AreKeptAsJson) {
  const std::vector<KeyColumn> columns = {{"a \"b\"", "BIGINT"}, {"c", "DECIMAL(9,2)"}};
  const std::string json = key_columns_json(columns);
  EXPECT_EQ(json,
            R"json([{"name":"a \"b\"","type":"BIGINT"},{"name":"c","type":"DECIMAL(9,2)"}])json");
  COLVEC_ASSERT_ASSIGN(const std::vector<KeyColumn> back, parse_key_columns(json, "here"));
  EXPECT_EQ(back, columns);
}

TEST(KeyColumns, RefusesOtherJson) {
  const struct {
    const char* json;
    const char* message;
  } cases[] = {
      {"", "here"},
      {"{}", "not a list of key columns"},
      {"[]", "no key column"},
      {R"([{"name":"a"}])", "type"},
      {R"([{"name":"a","type":"INTEGER"}])", "not stored types"},
      {R"([{"name":"a","type":"BIGINT); DROP TABLE x"}])", "cannot be a key"},
      {R"json([{"name":"a","type":"DECIMAL(9,2)); DROP TABLE x"}])json", "cannot be a key"},
      {R"([{"name":"text_hash","type":"BIGINT"}])", "of that name itself"},
  };
  for (const auto& c : cases) {
    const auto columns = parse_key_columns(c.json, "here");
    ASSERT_FALSE(columns) << c.json;
    EXPECT_THAT(columns.error().message, HasSubstr("here"));
    EXPECT_THAT(columns.error().message, HasSubstr(c.message)) << c.json;
  }
}

}  // namespace
}  // namespace colvec
