// dataset.json as text: what is read, what is written, what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "colvec/dataset.h"
#include "dataset/embedding_step.h"

namespace colvec {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

const std::string kA(64, 'a');
const std::string kB(64, 'b');

// As a user would write it.
const std::string kWritten = R"({
  "name": "products",
  "source": {"path": "products.parquet"},
  "columns": [
    {"name": "product_id", "is_primary_key": true},
    {"name": "listed_on", "is_date_column": true},
    {"name": "price", "is_target": true},
    {"name": "description",
     "preprocessing_steps": {"params": {"embedding": {"model": "builtin:lexical", "dimension": 384}}}}
  ],
  "remote": "s3://bucket/prefix"
})";

Dataset full_dataset() {
  const EmbeddingStep step{.model = "models/m", .prompt = "ü \"quoted\" \n", .explode = true};
  return {.name = "wares & more",
          .revision = 12,
          .source = {.path = "in.duckdb", .table = "sales.wares"},
          .columns = {{.name = "id", .type = "BIGINT", .is_primary_key = true},
                      {.name = "shop", .is_primary_key = true},
                      {.name = "day", .type = "DATE", .is_date_column = true},
                      {.name = "sold", .is_target = true},
                      {.name = "text",
                       .type = "VARCHAR",
                       .embedding = step,
                       .active = ColumnVectors{.fingerprint = kA,
                                               .base = kB,
                                               .precision = Precision::kBf16,
                                               .dimension = 16,
                                               .base_dimension = 384,
                                               .settings = vector_settings(step)},
                       .target = ColumnVectors{.fingerprint = kB,
                                               .base = kB,
                                               .dimension = 384,
                                               .base_dimension = 384,
                                               .settings = "{}"}}},
          .remote = "/mnt/other",
          .sync = SyncMode::kAuto};
}

// A file with one column `columns` in the place of the list.
std::string with_columns(const std::string& columns) {
  return "{\"name\":\"d\",\"source\":{\"path\":\"p.csv\"},\"columns\":" + columns + "}";
}
std::string with_column(const std::string& members) {
  return with_columns("[{\"name\":\"c\"," + members + "}]");
}

TEST(DatasetFile, ReadsWhatAUserWrites) {
  const Result<Dataset> read = parse_dataset(kWritten, "dataset.json");
  ASSERT_TRUE(read.has_value()) << read.error().message;
  Dataset expected{.name = "products",
                   .source = {.path = "products.parquet"},
                   .columns = {{.name = "product_id", .is_primary_key = true},
                               {.name = "listed_on", .is_date_column = true},
                               {.name = "price", .is_target = true},
                               {.name = "description"}},
                   .remote = "s3://bucket/prefix"};
  expected.columns[3].embedding = EmbeddingStep{.model = "builtin:lexical", .dimension = 384};
  EXPECT_EQ(*read, expected);
}

TEST(DatasetFile, WhatIsWrittenIsReadAsItWas) {
  const Dataset dataset = full_dataset();
  const std::string json = to_json(dataset);
  const Result<Dataset> read = parse_dataset(json, "dataset.json");
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(*read, dataset);
  EXPECT_EQ(to_json(*read), json);
}

// Settings are compared as text: they must be the same after they were written and read.
TEST(DatasetFile, SettingsStayTheSameTextWhenTheyAreWrittenAndRead) {
  for (const double variance :
       {0.95, 0.1, 0.3, 1.0 / 3, 0.1 + 0.2, 1e-5, 1.5e-7, 0.9999999999999999}) {
    const EmbeddingStep step{.model = "mödel/\x7f\\",
                             .compression = {CompressionMethod::kPca, variance}};
    Dataset dataset = full_dataset();
    dataset.columns.back().active->settings = vector_settings(step);
    const Result<Dataset> read = parse_dataset(to_json(dataset), "dataset.json");
    ASSERT_TRUE(read.has_value()) << read.error().message;
    EXPECT_EQ(read->columns.back().active->settings, vector_settings(step)) << variance;
  }
}

TEST(DatasetFile, BaseVectorsAreThoseHandedOutUnlessItSaysOther) {
  const Result<Dataset> read = parse_dataset(
      with_column("\"active\":{\"fingerprint\":\"" + kA + "\",\"dimension\":4}"), "dataset.json");
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(
      read->columns[0].active,
      (ColumnVectors{
          .fingerprint = kA, .base = kA, .dimension = 4, .base_dimension = 4, .settings = ""}));
}

TEST(DatasetFile, NullCountsAsNotThere) {
  const Result<Dataset> read = parse_dataset(
      R"({"format_version":null,"name":"d","revision":null,"source":{"path":"p.csv","table":null},
          "columns":[{"name":"c","type":null,"is_primary_key":null,"is_target":null,
          "is_date_column":null,"active":null,"target":null,"preprocessing_steps":
          {"params":{"embedding":null}}}],"remote":null,"sync":null})",
      "dataset.json");
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(*read, (Dataset{.name = "d", .source = {.path = "p.csv"}, .columns = {{.name = "c"}}}));
}

TEST(DatasetFile, WrongValuesAreRefusedByTheirPlace) {
  const std::string vectors = "\"fingerprint\":\"" + kA + "\",\"dimension\":4";
  for (const auto& [json, message] : std::vector<std::pair<std::string, std::string>>{
           {"[]", "must be an object"},
           {"{}", "name: must be 1 to 200 bytes"},
           {R"({"name":"d","columns":[{"name":"c"}]})", "missing key: source"},
           {R"({"name":"d","source":{"path":"p.csv"}})", "missing key: columns"},
           {R"({"name":"","source":{"path":"p.csv"}})", "name: must not be empty"},
           {R"({"name":7})", "name: "},
           {R"({"name":"a\nb","source":{"path":"p.csv"},"columns":[{"name":"c"}]})",
            "name: must be 1 to 200 bytes of text on one line"},
           {R"({"nam":"d"})", "unknown key: nam (did you mean name?)"},
           {R"({"name":"d","source":"p.csv"})", "source: must be an object"},
           {R"({"name":"d","source":{}})", "source: must have a path"},
           {R"({"name":"d","source":{"path":""}})", "source: path: must not be empty"},
           {R"({"name":"d","source":{"paths":"p"}})", "unknown key: paths (did you mean path?)"},
           {R"({"name":"d","revision":-1})", "revision: must be a whole number"},
           {R"({"name":"d","revision":9007199254740993})", "revision: must be a whole number"},
           {R"({"name":"d","sync":"always"})", "sync: must be one of manual, auto: \"always\""},
           {R"({"name":"d","remote":""})", "remote: must not be empty"},
           {with_columns("{}"), "columns: must be a list of columns"},
           {with_columns("[]"), "columns: must be a list of columns"},
           {with_columns("[1]"), "must be an object"},
           {with_columns("[{}]"), "a column needs a name"},
           {with_columns("[{\"name\":\"\"}]"), "name: must not be empty"},
           {with_columns("[{\"name\":\"c\"},{\"name\":\"c\"}]"), "column c: named twice"},
           {with_column("\"is_primary_kee\":true"), "did you mean is_primary_key?"},
           {with_column("\"is_primary_key\":1"), "is_primary_key: "},
           {with_column("\"is_target\":\"true\""), "is_target: "},
           {with_column("\"is_date_column\":0"), "is_date_column: "},
           {with_column("\"type\":[]"), "type: "},
           {with_column("\"active\":[]"), "active: must be an object"},
           {with_column("\"active\":{}"), "must have a fingerprint and a dimension"},
           {with_column("\"active\":{\"fingerprint\":\"" + kA + "\"}"), "and a dimension"},
           {with_column("\"active\":{\"fingerprint\":\"A\",\"dimension\":4}"),
            "fingerprint: must be 64 lower-case hexadecimal digits"},
           {with_column("\"target\":{" + vectors + ",\"base\":\"" + kA + "0\"}"),
            "base: must be 64 lower-case hexadecimal digits"},
           {with_column("\"active\":{\"fingerprint\":\"" + kA + "\",\"dimension\":0}"),
            "dimension: must be a whole number from 1 to 65536: 0"},
           {with_column("\"active\":{" + vectors + ",\"base_dimension\":70000}"),
            "base_dimension: must be a whole number from 1 to 65536: 70000"},
           {with_column("\"active\":{" + vectors + ",\"precision\":\"f8\"}"), "precision: must be"},
           {with_column("\"preprocessing_steps\":{\"param\":{}}"), "did you mean params?"},
           {with_column("\"preprocessing_steps\":{\"params\":{\"embed\":{}}}"),
            "unknown key: embed"},
           {with_column("\"preprocessing_steps\":{\"params\":{\"embedding\":{\"model\":1}}}"),
            "model: "},
       }) {
    const Result<Dataset> read = parse_dataset(json, "here");
    ASSERT_FALSE(read.has_value()) << json;
    EXPECT_EQ(read.error().code, ErrorCode::kInvalidArgument) << json;
    EXPECT_THAT(read.error().message, AllOf(HasSubstr("here: "), HasSubstr(message))) << json;
  }
}

TEST(DatasetFile, AnotherFormatIsUnsupported) {
  const Result<Dataset> read = parse_dataset("{\"format_version\":2,\"name\":\"d\"}", "here");
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(read.error().message, "here: format_version 2; this colvec knows 1");
}

TEST(DatasetFile, AStepNamesItsColumnWhenItIsWrong) {
  EXPECT_THAT(parse_dataset(
                  with_column("\"preprocessing_steps\":{\"params\":{\"embedding\":{\"model\":\"m\","
                              "\"dimension\":0}}}"),
                  "here")
                  .error()
                  .message,
              AllOf(StartsWith("column c: "), HasSubstr("dimension: must be a whole number"),
                    HasSubstr("0")));
}

TEST(DatasetFile, ColumnsAreCheckedAgainstEachOther) {
  Dataset dataset = full_dataset();
  const auto error = [&] { return parse_dataset(to_json(dataset), "here").error().message; };
  EmbeddingStep& step = *dataset.columns.back().embedding;
  step.text_column = "txet";
  EXPECT_EQ(error(),
            "here: column text: embedding: text_column: no such column: txet (there: id, shop, "
            "day, sold, text)");
  step.text_column = "";
  step.primary_key_column = {"id", "store"};
  EXPECT_THAT(error(), HasSubstr("primary_key_column: no such column: store (there: id, shop"));
  step.primary_key_column = {};
  dataset.columns[0].is_primary_key = dataset.columns[1].is_primary_key = false;
  EXPECT_THAT(error(), HasSubstr("column text: embedding: primary_key_column: missing: name it"));
  step.primary_key_column = {"id"};
  EXPECT_TRUE(parse_dataset(to_json(dataset), "here").has_value());
}

TEST(DatasetFile, AFileThatIsCutIsRefused) {
  const std::string json = to_json(full_dataset());
  for (std::size_t size = 0; size + 2 < json.size(); ++size) {
    const Result<Dataset> read = parse_dataset(json.substr(0, size), "here");
    ASSERT_FALSE(read.has_value()) << size;
    EXPECT_EQ(read.error().code, ErrorCode::kCorruption) << size;
  }
}

TEST(DatasetFile, FindsColumnsByTheirName) {
  Dataset dataset = full_dataset();
  EXPECT_EQ(dataset.find("shop"), &dataset.columns[1]);
  EXPECT_EQ(std::as_const(dataset).find("text"), &dataset.columns[4]);
  EXPECT_EQ(dataset.find("Shop"), nullptr);
}

}  // namespace
}  // namespace colvec
