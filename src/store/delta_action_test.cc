#include "store/delta_action.h"

#include <gtest/gtest.h>

#include "testdata.h"

namespace colvec {
namespace {

std::string error_of(const std::string& lines) {
  const Result<DeltaCommit> commit = parse_commit(lines, "entry");
  return commit ? "" : commit.error().message;
}

ErrorCode code_of(const std::string& lines) { return parse_commit(lines, "entry").error().code; }

std::string add_of(const std::string& path) {
  return R"({"add":{"path":")" + path +
         R"(","partitionValues":{},"size":1,"modificationTime":1,"dataChange":true}})";
}

AddFile file_at(const std::string& path) {
  AddFile file;
  file.path = path;
  return file;
}

std::optional<std::uint64_t> rows_by(const std::string& stats) {
  AddFile file;
  file.stats = stats;
  return rows_of(file);
}

DeltaCommit full_commit() {
  DeltaCommit commit;
  commit.info = CommitInfo{.timestamp_ms = 1700000000000,
                           .operation = "WRITE",
                           .commit_id = "c1",
                           .engine = "colvec/0.1.0",
                           .parameters = {{"mode", "Append"}, {"quote\"", "\n"}},
                           .vectors_version = 7,
                           .replaced_commits = {"a", "b"}};
  commit.protocol.emplace();
  commit.meta_data = DeltaMetaData{.id = "m1",
                                   .name = "keys",
                                   .description = "d",
                                   .schema_string = R"({"type":"struct","fields":[]})",
                                   .partition_columns = {"model", "precision"},
                                   .configuration = {{"delta.x", "1"}},
                                   .created_ms = 5};
  commit.transactions = {{.app_id = "run", .version = 3, .updated_ms = 9}};
  commit.removes = {{.path = "old file.parquet",
                     .deleted_ms = 8,
                     .data_change = false,
                     .partition = {{"model", "f1"}, {"precision", std::nullopt}},
                     .size = 4}};
  commit.adds = {{.path = "model=f1/part 1%.parquet",
                  .partition = {{"model", "f1"}, {"precision", std::nullopt}},
                  .size = 12,
                  .modified_ms = -1,
                  .data_change = false,
                  .stats = R"({"numRecords":3})",
                  .tags = {{"xxh3_128", "00ff"}}}};
  return commit;
}

TEST(DeltaAction, WritesTheJsonOfTheProtocol) {
  EXPECT_EQ(
      to_json_lines(full_commit()),
      R"({"commitInfo":{"timestamp":1700000000000,"operation":"WRITE","operationParameters":{"mode":"Append","quote\"":"\n"},"engineInfo":"colvec/0.1.0","commitId":"c1","vectorsVersion":7,"replacedCommits":["a","b"],"entryHash":"de28f051a63aa518e0422cfdbee6a950"}}
{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}
{"metaData":{"id":"m1","name":"keys","description":"d","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",\"fields\":[]}","partitionColumns":["model","precision"],"configuration":{"delta.x":"1"},"createdTime":5}}
{"txn":{"appId":"run","version":3,"lastUpdated":9}}
{"remove":{"path":"old%20file.parquet","deletionTimestamp":8,"dataChange":false,"extendedFileMetadata":true,"partitionValues":{"model":"f1","precision":null},"size":4}}
{"add":{"path":"model=f1/part%201%25.parquet","partitionValues":{"model":"f1","precision":null},"size":12,"modificationTime":-1,"dataChange":false,"stats":"{\"numRecords\":3}","tags":{"xxh3_128":"00ff"}}}
)");
}

TEST(DeltaAction, ReadsWhatItWrites) {
  const std::string lines = to_json_lines(full_commit());
  COLVEC_ASSERT_ASSIGN(const DeltaCommit commit, parse_commit(lines, "entry"));
  EXPECT_EQ(to_json_lines(commit), lines);
  EXPECT_EQ(commit.adds[0].path, "model=f1/part 1%.parquet");
  EXPECT_EQ(commit.info->vectors_version, 7u);
  EXPECT_EQ(commit.info->parameters.at("quote\""), "\n");
  EXPECT_EQ(commit.adds[0].partition.at("precision"), std::nullopt);
  EXPECT_EQ(rows_of(commit.adds[0]), 3u);
}

TEST(DeltaAction, WritesNoPathThatLooksLikeAUri) {
  DeltaCommit commit;
  commit.adds.push_back(file_at("s3:a/b:c"));
  COLVEC_ASSERT_ASSIGN(const DeltaCommit read, parse_commit(to_json_lines(commit), "entry"));
  EXPECT_EQ(read.adds[0].path, "s3:a/b:c");
}

TEST(DeltaAction, TakesTheEmptyPartitionValueAsNull) {
  COLVEC_ASSERT_ASSIGN(
      const DeltaCommit commit,
      parse_commit(
          R"({"add":{"path":"a","partitionValues":{"e":"","n":null,"v":"null"},"size":0}})",
          "entry"));
  EXPECT_EQ(commit.adds[0].partition,
            (PartitionValues{{"e", std::nullopt}, {"n", std::nullopt}, {"v", "null"}}));
  DeltaCommit written;
  written.adds.push_back(file_at("a"));
  written.adds[0].partition = {{"e", ""}};
  EXPECT_NE(to_json_lines(written).find(R"("partitionValues":{"e":null})"), std::string::npos);
}

TEST(DeltaAction, NoticesALineThatIsCutOrChanged) {
  const std::string lines = to_json_lines(full_commit());
  const std::string cut = lines.substr(0, lines.rfind("{\"add\""));
  EXPECT_EQ(error_of(cut), "entry: cut or changed: it is not what was committed");
  std::string changed = lines;
  changed.replace(changed.find("\"size\":12"), 9, "\"size\":13");
  EXPECT_EQ(code_of(changed), ErrorCode::kCorruption);
  for (std::size_t place = 0; place < lines.size(); ++place) {
    changed = lines;
    changed[place] ^= 1;
    EXPECT_EQ(code_of(changed), ErrorCode::kCorruption) << place;
  }
  // In the middle of a line it is not even JSON; without actions there is nothing left.
  for (std::size_t size = 0; size < lines.size(); ++size)
    EXPECT_FALSE(parse_commit(lines.substr(0, size), "entry")) << size;
}

TEST(DeltaAction, RefusesPathsThatLeaveTheTable) {
  for (const char* path :
       {"", "..", "../x", "a/../../x", "a/../b", "%2E%2E/x", "..%2Fx", "a//b", "./a", "a/", "a/.",
        "_delta_log/00000000000000000000.json", "%5Fdelta_log/x", "_delta_log", "a%00b"}) {
    EXPECT_EQ(error_of(add_of(path)),
              "entry: line 1: add: path: not a file of the table: " + std::string(path));
    EXPECT_EQ(code_of(add_of(path)), ErrorCode::kCorruption);
    EXPECT_EQ(code_of(R"({"remove":{"path":")" + std::string(path) + R"("}})"),
              ErrorCode::kCorruption);
  }
  for (const char* path : {"/x", "s3://bucket/x", "file:///x", "S3+a.b-1:x"}) {
    EXPECT_EQ(error_of(add_of(path)),
              "entry: line 1: add: path: a path that is absolute: " + std::string(path));
    EXPECT_EQ(code_of(add_of(path)), ErrorCode::kUnsupported);
  }
  EXPECT_EQ(code_of(add_of("%2Fetc/passwd")), ErrorCode::kCorruption);
  for (const char* path : {"x", "...", "a/..b", "t=11:12/x", "_delta_log2/x", "a b", "100%"})
    EXPECT_EQ(error_of(add_of(path)), "") << path;
}

TEST(DeltaAction, SaysWhereANumberIsWrong) {
  const std::string good = add_of("ok") + "\n";
  EXPECT_EQ(error_of(good + R"({"add":{"path":"a","partitionValues":{},"size":-1}})"),
            "entry: line 2: add: size: not a whole number of 0 or more: -1");
  EXPECT_EQ(error_of(R"({"add":{"path":"a","size":1.5}})"),
            "entry: line 1: add: size: not a whole number of 0 or more: 1.5");
  EXPECT_EQ(error_of(R"({"add":{"path":"a","size":9223372036854775808}})"),
            "entry: line 1: add: size: more than 63 bits: 9223372036854775808");
  EXPECT_EQ(error_of(R"({"add":{"path":"a"}})"), "entry: line 1: add: missing key: size");
  EXPECT_EQ(error_of(R"({"add":{"path":"a","size":1,"modificationTime":1.5}})"),
            "entry: line 1: add: modificationTime: not a whole number of 64 bits: 1.5");
  EXPECT_EQ(error_of(R"({"txn":{"appId":"a","version":-1}})"),
            "entry: line 1: txn: version: not a whole number of 0 or more: -1");
  EXPECT_EQ(code_of(R"({"txn":{"appId":"a","version":-1}})"), ErrorCode::kCorruption);
}

TEST(DeltaAction, RefusesWhatIsNotACommit) {
  EXPECT_EQ(error_of(""), "entry: empty");
  EXPECT_EQ(error_of("\n \r\n"), "entry: empty");
  EXPECT_EQ(error_of("[]"), "entry: line 1: not an object: []");
  EXPECT_EQ(error_of("{\"add\":"), "entry: line 1: not valid JSON near byte 8");
  EXPECT_EQ(error_of(R"({"add":3})"), "entry: line 1: add: not an object: 3");
  EXPECT_EQ(error_of(R"({"add":{"path":3,"size":0}})"),
            "entry: line 1: add: path: not a string: 3");
  const std::string protocol = R"({"protocol":{"minReaderVersion":1,"minWriterVersion":2}})";
  EXPECT_EQ(error_of(protocol + "\n" + protocol), "entry: line 2: protocol: comes twice");
  EXPECT_EQ(code_of("[]"), ErrorCode::kCorruption);
}

TEST(DeltaAction, RefusesByNameWhatItCannotRead) {
  EXPECT_EQ(error_of(R"({"add":{"path":"a","size":1,"deletionVector":{"storageType":"u"}}})"),
            "entry: line 1: add: rows are deleted by a reader feature that is not supported:"
            " deletionVectors");
  EXPECT_EQ(error_of(R"({"metaData":{"id":"a","format":{"provider":"orc"}}})"),
            "entry: line 1: metaData: format: files that are not Parquet: orc");
  EXPECT_EQ(error_of(R"({"protocol":{"minReaderVersion":3,"minWriterVersion":7}})").substr(0, 70),
            "entry: line 1: protocol: minReaderVersion 3 without readerFeatures: {\"");
}

TEST(DeltaAction, IgnoresWhatItDoesNotKnow) {
  COLVEC_ASSERT_ASSIGN(
      const DeltaCommit commit,
      parse_commit("{\"cdc\":{\"path\":\"x\"}}\r\n\n{\"add\":{\"path\":\"a\",\"size\":1,"
                   "\"tags\":null,\"deletionVector\":null,\"baseRowId\":4},\"new\":[1]}",
                   "entry"));
  EXPECT_EQ(commit.adds.size(), 1u);
  // commitInfo is what its writer likes it to be.
  for (const char* info : {"3", "[]", R"({"timestamp":"x","operationParameters":7})",
                           R"({"commitId":{},"replacedCommits":[1],"vectorsVersion":-1})"})
    EXPECT_EQ(error_of("{\"commitInfo\":" + std::string(info) + "}"), "") << info;
  COLVEC_ASSERT_ASSIGN(
      const DeltaCommit spark,
      parse_commit(R"({"commitInfo":{"operationParameters":{"mode":"Append","n":{"a":[1]}}}})",
                   "entry"));
  EXPECT_EQ(spark.info->parameters.at("n"), R"({"a":[1]})");
}

TEST(DeltaAction, CountsRowsWhereTheStatisticsSay) {
  EXPECT_EQ(rows_by(""), std::nullopt);
  EXPECT_EQ(rows_by("{}"), std::nullopt);
  EXPECT_EQ(rows_by("nonsense"), std::nullopt);
  EXPECT_EQ(rows_by(R"({"numRecords":-1})"), std::nullopt);
  EXPECT_EQ(rows_by(R"({"numRecords":0})"), 0u);
}

}  // namespace
}  // namespace colvec
