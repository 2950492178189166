#include "store/delta_schema.h"

#include <gtest/gtest.h>

#include "testdata.h"

namespace colvec {
namespace {

std::string field(const std::string& type) {
  return R"({"type":"struct","fields":[{"name":"c","type":)" + type +
         R"(,"nullable":true,"metadata":{}}]})";
}

struct Case {
  const char* duck;
  const char* delta;
};

constexpr Case kCases[] = {
    {"BOOLEAN", "\"boolean\""},
    {"TINYINT", "\"byte\""},
    {"SMALLINT", "\"short\""},
    {"INTEGER", "\"integer\""},
    {"BIGINT", "\"long\""},
    {"FLOAT", "\"float\""},
    {"DOUBLE", "\"double\""},
    {"VARCHAR", "\"string\""},
    {"BLOB", "\"binary\""},
    {"DATE", "\"date\""},
    {"TIMESTAMP WITH TIME ZONE", "\"timestamp\""},
    {"DECIMAL(20,0)", "\"decimal(20,0)\""},
    {"DECIMAL(38,38)", "\"decimal(38,38)\""},
    {"FLOAT[]", R"({"type":"array","elementType":"float","containsNull":true})"},
    {"VARCHAR[][]",
     R"({"type":"array","elementType":{"type":"array","elementType":"string","containsNull":true},"containsNull":true})"},
};

TEST(DeltaSchema, GoesToDeltaAndBack) {
  for (const Case& c : kCases) {
    COLVEC_ASSERT_ASSIGN(const std::string schema, to_schema_string({{"c", c.duck}}));
    EXPECT_EQ(schema, field(c.delta));
    COLVEC_ASSERT_ASSIGN(const auto columns, parse_schema_string(schema, "schema"));
    EXPECT_EQ(columns, (std::vector<DeltaColumn>{{"c", c.duck}}));
  }
}

TEST(DeltaSchema, KeepsTheOrderAndTheNames) {
  const std::vector<DeltaColumn> columns = {
      {"z \"quoted\"", "BIGINT"}, {"caf\xC3\xA9", "FLOAT[]"}, {"a", "VARCHAR"}};
  COLVEC_ASSERT_ASSIGN(const std::string schema, to_schema_string(columns));
  EXPECT_EQ(parse_schema_string(schema, "schema").value(), columns);
  EXPECT_EQ(to_schema_string({}).value(), R"({"type":"struct","fields":[]})");
}

TEST(DeltaSchema, TakesArraysOfFixedLengthAsLists) {
  EXPECT_EQ(to_schema_string({{"c", "FLOAT[384]"}}).value(),
            to_schema_string({{"c", "FLOAT[]"}}).value());
}

TEST(DeltaSchema, RefusesTypesThatDeltaLacksByName) {
  for (const char* type : {"HUGEINT", "UBIGINT", "UUID", "TIMESTAMP", "TIME", "INTERVAL",
                           "STRUCT(a INTEGER)", "MAP(VARCHAR, VARCHAR)", "ENUM('a')", "UUID[]",
                           "DECIMAL(39,0)", "DECIMAL(5,6)", "DECIMAL", "[]", "FLOAT[x]", ""}) {
    const auto schema = to_schema_string({{"c", type}});
    ASSERT_FALSE(schema) << type;
    EXPECT_EQ(schema.error().code, ErrorCode::kUnsupported);
    EXPECT_EQ(schema.error().message, "column c: Delta has no type for: " + std::string(type));
  }
}

TEST(DeltaSchema, GivesTypesOfOthersAsTheirJson) {
  for (const char* type :
       {R"({"type":"map","keyType":"string","valueType":"long","valueContainsNull":true})",
        R"({"type":"struct","fields":[]})", R"("variant")",
        R"({"type":"array","elementType":{"type":"struct","fields":[]},"containsNull":true})",
        R"({"type":"array"})", "\"decimal(0,0)\"", "\"decimal(99999999999,0)\""}) {
    COLVEC_ASSERT_ASSIGN(const auto columns, parse_schema_string(field(type), "schema"));
    EXPECT_EQ(columns[0].type, type);
  }
  EXPECT_EQ(parse_schema_string(field("\"timestamp_ntz\""), "s").value()[0].type, "TIMESTAMP");
  EXPECT_EQ(parse_schema_string(field("\"decimal(10, 2)\""), "s").value()[0].type, "DECIMAL(10,2)");
}

TEST(DeltaSchema, SaysWhereASchemaIsBroken) {
  const auto error_of = [](const std::string& schema) {
    const auto columns = parse_schema_string(schema, "schema");
    EXPECT_EQ(columns.error().code, ErrorCode::kCorruption) << schema;
    return columns.error().message;
  };
  EXPECT_EQ(error_of(""), "schema: not valid JSON near byte 1");
  EXPECT_EQ(error_of("[]"), "schema: not an object: []");
  EXPECT_EQ(error_of(R"({"type":"array","fields":[]})"),
            R"(schema: not a struct: {"type":"array","fields":[]})");
  EXPECT_EQ(error_of(R"({"type":"struct","fields":{}})"), "schema: fields: not a list: {}");
  EXPECT_EQ(error_of(R"({"type":"struct","fields":[{"type":"long"}]})"),
            "schema: fields[0]: missing key: name");
  EXPECT_EQ(error_of(field("7")), "schema: fields[0]: type: not a type: 7");
}

}  // namespace
}  // namespace colvec
