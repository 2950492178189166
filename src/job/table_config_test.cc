// Every key of config.json: what it takes, what it refuses, and who wins.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "colvec/table_job.h"
#include "job/job_fixture.h"

namespace colvec {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class TableConfig : public testing::Test {
 protected:
  // The config of the six keys with `more` members put behind them.
  Result<TableJobConfig> with(const std::string& more,
                              const std::vector<ConfigOverride>& overrides = {}) {
    return read(kSixKeys + (more.empty() ? "" : ", " + more) + "}", overrides);
  }
  Result<TableJobConfig> read(const std::string& text,
                              const std::vector<ConfigOverride>& overrides = {}) {
    std::ofstream(folder_.path() / "config.json", std::ios::binary) << text;
    return read_table_config(folder_.path() / "config.json", overrides);
  }
  Error error_of(const std::string& more, const std::vector<ConfigOverride>& overrides = {}) {
    Result<TableJobConfig> config = with(more, overrides);
    EXPECT_FALSE(config.has_value()) << more;
    return config ? Error{} : config.error();
  }

  const std::string kSixKeys =
      R"({"input_db_path": "in.duckdb", "output_db_path": "/abs/out.duckdb", "input_table": "t",)"
      R"( "id_column": "id", "text_column": "text", "output_table": "vectors")";
  JobFolder folder_;
};

TEST_F(TableConfig, SixKeysAreEnoughAndTheRestHasTheDocumentedDefaults) {
  const TableJobConfig config = with("").value();
  EXPECT_EQ(config.input_db_path, folder_.path() / "in.duckdb");
  EXPECT_EQ(config.output_db_path, "/abs/out.duckdb");
  EXPECT_THAT(config.id_column, ElementsAre("id"));
  EXPECT_EQ(config.model, "builtin:lexical");
  EXPECT_EQ(config.vector_column, "embedding");
  EXPECT_EQ(config.vector_type, VectorType::kArray);
  EXPECT_EQ(config.dimension, 0u);
  EXPECT_FALSE(config.prompt.has_value());
  EXPECT_EQ(config.prompt_name, "");
  EXPECT_FALSE(config.strip);
  EXPECT_TRUE(config.normalize);
  EXPECT_EQ(config.memory_limit, "1GB");
  EXPECT_FALSE(config.limit.has_value());
  EXPECT_EQ(config.on_null, Policy::kSkip);
  EXPECT_EQ(config.on_empty, Policy::kSkip);
  EXPECT_EQ(config.on_truncate, Policy::kKeep);
  EXPECT_EQ(config.on_bad_vector, Policy::kError);
  EXPECT_EQ(config.on_change, OnChange::kUpdate);
  EXPECT_EQ(config.on_delete, OnDelete::kKeep);
  EXPECT_EQ(config.on_model_change, OnModelChange::kError);
  EXPECT_EQ(config.on_duplicate_id, OnDuplicateId::kError);
}

TEST_F(TableConfig, ReadsEveryKey) {
  const TableJobConfig config =
      with(R"("model": "builtin:lexical", "vector_column": "v", "vector_type": "list",
              "dimension": 64, "prompt": "", "normalize": false, "precision": "f32",
              "device": "cpu", "batch_size": 32, "threads": 2, "memory_limit": "300MB",
              "limit": 5, "where": "id < 3", "on_null": "keep", "on_empty": "error",
              "on_truncate": "skip", "on_bad_vector": "keep", "on_change": "keep",
              "on_delete": "remove", "on_model_change": "rebuild",
              "on_duplicate_id": "keep_first")")
          .value();
  EXPECT_EQ(config.vector_column, "v");
  EXPECT_EQ(config.vector_type, VectorType::kList);
  EXPECT_EQ(config.dimension, 64u);
  EXPECT_EQ(config.prompt, "");
  EXPECT_FALSE(config.normalize);
  EXPECT_EQ(config.precision, Precision::kF32);
  EXPECT_EQ(config.device, "cpu");
  EXPECT_EQ(config.batch_size, 32u);
  EXPECT_EQ(config.threads, 2u);
  EXPECT_EQ(config.memory_limit, "300MB");
  EXPECT_EQ(config.limit, 5u);
  EXPECT_EQ(config.where, "id < 3");
  EXPECT_EQ(config.on_null, Policy::kKeep);
  EXPECT_EQ(config.on_empty, Policy::kError);
  EXPECT_EQ(config.on_truncate, Policy::kSkip);
  EXPECT_EQ(config.on_bad_vector, Policy::kKeep);
  EXPECT_EQ(config.on_change, OnChange::kKeep);
  EXPECT_EQ(config.on_delete, OnDelete::kRemove);
  EXPECT_EQ(config.on_model_change, OnModelChange::kRebuild);
  EXPECT_EQ(config.on_duplicate_id, OnDuplicateId::kKeepFirst);

  const EncoderOptions options = encoder_options(config);
  EXPECT_EQ(options.dimension, 64u);
  EXPECT_TRUE(options.has_prompt);
  EXPECT_FALSE(options.normalize);
  EXPECT_EQ(options.batch_texts_max, 32u);
  EXPECT_FALSE(options.strip);
  const EncoderOptions named =
      encoder_options(with(R"("prompt_name": "query", "strip": true)").value());
  EXPECT_EQ(named.prompt_name, "query");
  EXPECT_TRUE(named.strip);
  EXPECT_FALSE(named.has_prompt);
  EXPECT_FALSE(encoder_options(with("").value()).has_prompt);
}

TEST_F(TableConfig, AWrongValueIsNamedWithItsKeyAndWhatIsAllowed) {
  struct Case {
    const char* member;
    const char* problem;
  };
  for (const Case& c : {
           Case{R"("model": 3)", "model: "},
           Case{R"("model": "")", "model: must not be empty"},
           Case{R"("model": "a\u0000b")", "model: must not hold a NUL byte"},
           Case{R"("vector_column": ["v"])", "vector_column: "},
           Case{R"("vector_type": "tensor")", "vector_type: must be one of array, list"},
           Case{R"("vector_type": 1)", "vector_type: must be one of array, list"},
           Case{R"("dimension": 0)", "dimension: must be a whole number from 1 to 65536"},
           Case{R"("dimension": 65537)", "dimension: must be a whole number from 1 to 65536"},
           Case{R"("dimension": "64")", "dimension: must be a whole number"},
           Case{R"("dimension": 1.5)", "dimension: must be a whole number"},
           Case{R"("dimension": -1)", "dimension: must be a whole number"},
           Case{R"("dimension": 1e300)", "dimension: must be a whole number"},
           Case{R"("prompt": 5)", "prompt: "},
           Case{R"("prompt_name": "")", "prompt_name: must not be empty"},
           Case{R"("strip": "yes")", "strip: not true or false"},
           Case{R"("normalize": "yes")", "normalize: "},
           Case{R"("normalize": 1)", "normalize: "},
           Case{R"("precision": "fp16")", "precision: must be one of auto, f32, bf16, f16, int8"},
           Case{R"("device": "tpu")", "device: must be one of auto, cpu, cuda, cuda:N, cuda:all"},
           Case{R"("batch_size": 0)", "batch_size: must be a whole number from 1 to 1048576"},
           Case{R"("threads": 1025)", "threads: must be a whole number from 1 to 1024"},
           Case{R"("memory_limit": 5)", "memory_limit: "},
           Case{R"("limit": 0)", "limit: must be a whole number from 1"},
           Case{R"("limit": 99999999999999999999)", "limit: must be a whole number from 1"},
           Case{R"("where": true)", "where: "},
           Case{R"("on_null": "drop")", "on_null: must be one of skip, keep, error"},
           Case{R"("on_empty": false)", "on_empty: must be one of skip, keep, error"},
           Case{R"("on_truncate": "")", "on_truncate: must be one of skip, keep, error"},
           Case{R"("on_bad_vector": [])", "on_bad_vector: must be one of skip, keep, error"},
           Case{R"("on_change": "skip")", "on_change: must be one of update, keep"},
           Case{R"("on_delete": "error")", "on_delete: must be one of keep, remove"},
           Case{R"("on_model_change": "keep")", "on_model_change: must be one of error, rebuild"},
           Case{R"("on_duplicate_id": "skip")", "must be one of error, keep_first"},
       }) {
    const Error error = error_of(c.member);
    EXPECT_EQ(error.code, ErrorCode::kInvalidArgument) << c.member;
    EXPECT_THAT(error.message, HasSubstr(c.problem)) << c.member;
    EXPECT_THAT(error.message, HasSubstr("config.json: ")) << c.member;
  }
}

TEST_F(TableConfig, IdsAreANameOrAListOfNames) {
  const auto read_ids = [&](const std::string& ids) {
    return read(R"({"input_db_path": "a", "output_db_path": "b", "text_column": "t",)"
                R"( "output_table": "o", "id_column": )" +
                ids + "}");
  };
  EXPECT_THAT(read_ids(R"(["a", "b c"])").value().id_column, ElementsAre("a", "b c"));
  for (const char* bad : {"[]", "3", "{}", R"(["a", 3])", R"([""])", R"("")", R"([["a"]])"})
    EXPECT_FALSE(read_ids(bad).has_value()) << bad;
  std::string many = "[";
  for (int i = 0; i < 65; ++i) many += (i == 0 ? "\"c" : ",\"c") + std::to_string(i) + "\"";
  EXPECT_FALSE(read_ids(many + "]").has_value());
}

TEST_F(TableConfig, EveryRequiredKeyIsMissed) {
  for (const std::string key :
       {"input_db_path", "output_db_path", "id_column", "text_column", "output_table"}) {
    // Null counts as left out.
    const Error error =
        read([&] {
          std::string members;
          for (const std::string name :
               {"input_db_path", "output_db_path", "id_column", "text_column", "output_table"})
            members += (members.empty() ? "\"" : ", \"") + name +
                       "\": " + (name == key ? "null" : "\"x\"");
          return "{" + members + "}";
        }())
            .error();
    EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(error.message, HasSubstr("config.json: missing key: " + key));
  }
}

TEST_F(TableConfig, NullMeansTheDefault) {
  const TableJobConfig config =
      with(R"("dimension": null, "prompt": null, "limit": null, "on_null": null)").value();
  EXPECT_EQ(config.dimension, 0u);
  EXPECT_FALSE(config.prompt.has_value());
  EXPECT_EQ(config.on_null, Policy::kSkip);
}

TEST_F(TableConfig, AnUnknownKeyNamesTheNearestKnownOneIfOneIsNear) {
  EXPECT_THAT(error_of(R"("vector_colunm": "v")").message,
              HasSubstr("unknown key: vector_colunm (did you mean vector_column?)"));
  const Error far = error_of(R"("zzzzzzzzzzzzzzz": 1)");
  EXPECT_THAT(far.message, HasSubstr("unknown key: zzzzzzzzzzzzzzz"));
  EXPECT_THAT(far.message, testing::Not(HasSubstr("did you mean")));
  EXPECT_THAT(error_of(R"("Model": "x")").message, HasSubstr("did you mean model?"));
}

TEST_F(TableConfig, WhatIsNotOneJsonObjectIsRefused) {
  for (const char* bad : {"", "{", "{} {}", "{\"model\": \"a\", \"model\": \"b\"}", "\xFF{}",
                          "{\"model\": \"\xFF\"}", "{'model': 1}", "{\"model\": NaN}"}) {
    const Result<TableJobConfig> config = read(bad);
    ASSERT_FALSE(config.has_value()) << bad;
    EXPECT_EQ(config.error().code, ErrorCode::kCorruption) << bad << config.error().message;
  }
  for (const char* bad : {"[]", "3", "null", "\"text\""}) {
    const Result<TableJobConfig> config = read(bad);
    ASSERT_FALSE(config.has_value()) << bad;
    EXPECT_EQ(config.error().code, ErrorCode::kInvalidArgument) << bad;
  }
  EXPECT_EQ(read_table_config(folder_.path() / "absent.json", {}).error().code,
            ErrorCode::kNotFound);
  EXPECT_FALSE(read_table_config(folder_.path(), {}).has_value());
}

TEST_F(TableConfig, LaterOverridesWinOverEarlierOnesAndOverTheFile) {
  const TableJobConfig config =
      with(R"("batch_size": 8, "on_null": "keep")", {{"BATCH_SIZE", "batch_size", "16"},
                                                     {"--batch-size", "batch_size", "32"},
                                                     {"--on-null", "on_null", "error"},
                                                     {"--normalize", "normalize", "false"},
                                                     {"--prompt", "prompt", "a \"b\": "},
                                                     {"--limit", "limit", "7"}})
          .value();
  EXPECT_EQ(config.batch_size, 32u);
  EXPECT_EQ(config.on_null, Policy::kError);
  EXPECT_FALSE(config.normalize);
  EXPECT_EQ(config.prompt, "a \"b\": ");
  EXPECT_EQ(config.limit, 7u);
}

TEST_F(TableConfig, AnOverrideMayGiveARequiredKeyAndAListOfIds) {
  EXPECT_EQ(read(R"({"input_db_path": "a", "output_db_path": "b", "text_column": "t",)"
                 R"( "output_table": "o"})",
                 {{"--id-column", "id_column", R"(["a", "b"])"}})
                .value()
                .id_column,
            (std::vector<std::string>{"a", "b"}));
  EXPECT_THAT(with("", {{"--id-column", "id_column", "[odd name"}}).value().id_column,
              ElementsAre("[odd name"));
  EXPECT_THAT(with("", {{"--id-column", "id_column", "42"}}).value().id_column, ElementsAre("42"));
}

TEST_F(TableConfig, AWrongOverrideIsNamedByWhereItCameFrom) {
  const auto message = [&](const char* source, const char* key, const char* value) {
    return error_of("", {{source, key, value}}).message;
  };
  EXPECT_THAT(message("BATCH_SIZE", "batch_size", "abc"),
              HasSubstr("BATCH_SIZE: must be a whole number from 1"));
  EXPECT_THAT(message("BATCH_SIZE", "batch_size", ""), HasSubstr("BATCH_SIZE: must be a whole"));
  EXPECT_THAT(message("--threads", "threads", "1 2"), HasSubstr("--threads: must be a whole"));
  EXPECT_THAT(message("--normalize", "normalize", "maybe"), HasSubstr("--normalize: "));
  EXPECT_THAT(message("COLVEC_MODEL", "model", ""), HasSubstr("COLVEC_MODEL: must not be empty"));
  EXPECT_THAT(message("--x", "unknown", "1"), HasSubstr("--x: unknown key: unknown"));
}

TEST_F(TableConfig, PathsOfTheFileAreRelativeToItAndThoseOfOverridesAreNot) {
  const TableJobConfig config =
      with("", {{"--output-db-path", "output_db_path", "there.duckdb"}}).value();
  EXPECT_EQ(config.input_db_path, folder_.path() / "in.duckdb");
  EXPECT_EQ(config.output_db_path, "there.duckdb");
}

TEST_F(TableConfig, AModelIsAFolderBesideTheConfigOnlyIfThereIsOne) {
  EXPECT_EQ(with(R"("model": "org/name")").value().model, "org/name");
  std::filesystem::create_directories(folder_.path() / "org" / "name");
  EXPECT_EQ(with(R"("model": "org/name")").value().model, folder_.path() / "org/name");
  EXPECT_EQ(with(R"("model": "x")", {{"--model", "model", "org/name"}}).value().model, "org/name");
  const std::string long_name(5000, 'x');  // Longer than any path may be.
  EXPECT_EQ(with("\"model\": \"" + long_name + "\"").value().model, long_name);
}

TEST_F(TableConfig, ListsItsKeysInTheOrderOfTheDocumentation) {
  const std::vector<std::string_view> keys = table_config_keys();
  EXPECT_EQ(keys.size(), 30u);
  EXPECT_EQ(keys.front(), "input_db_path");
  EXPECT_EQ(keys.back(), "on_duplicate_id");
}

TEST_F(TableConfig, OfAStringIsThatOfAFileOfTheSameText) {
  const std::string json = kSixKeys + R"(, "store": "cache", "limit": 7})";
  const TableJobConfig config =
      parse_table_config(json, "config", folder_.path(), {{"--limit", "limit", "9"}}).value();
  EXPECT_EQ(config.input_db_path, folder_.path() / "in.duckdb");
  EXPECT_EQ(config.output_db_path, "/abs/out.duckdb");
  EXPECT_EQ(config.store, folder_.path() / "cache");
  EXPECT_EQ(config.limit, 9u);
  EXPECT_EQ(parse_table_config("{", "config", "", {}).error().code, ErrorCode::kCorruption);
  EXPECT_THAT(parse_table_config("{}", "config", "", {}).error().message,
              HasSubstr("config: missing key: input_db_path"));
  const std::string long_text(2 << 20, ' ');
  EXPECT_THAT(parse_table_config(long_text, "config", "", {}).error().message,
              HasSubstr("config: longer than a config may be: 2097152 bytes"));
}

TEST_F(TableConfig, RefusesWhatAGivenEncoderDoesNotDo) {
  EncoderInfo encoder;
  encoder.model = "toy";
  encoder.dimension = 4;
  const struct {
    const char* more;
    const char* message;
  } kCases[] = {
      {R"("dimension": 8)", "dimension: must be 4, since the model is given: toy"},
      {R"("prompt": "a")", "prompt: cannot be set, since the model is given: toy"},
      {R"("prompt_name": "query")", "prompt_name: cannot be set"},
      {R"("strip": true)", "strip: cannot be set"},
      {R"("normalize": false)", "normalize: cannot be set"},
      {R"("precision": "bf16")", "precision: must be f32"},
  };
  for (const auto& c : kCases) {
    const Status status = check_given_encoder(with(c.more).value(), encoder);
    ASSERT_FALSE(status) << c.more;
    EXPECT_EQ(status.error().code, ErrorCode::kInvalidArgument) << c.more;
    EXPECT_THAT(status.error().message, HasSubstr(c.message));
  }
  for (const char* fine : {R"("dimension": 4)", R"("precision": "f32")", R"("batch_size": 8)"})
    EXPECT_TRUE(check_given_encoder(with(fine).value(), encoder)) << fine;
}

}  // namespace
}  // namespace colvec
