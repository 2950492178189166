// The C API as a program in C would use it: what each function gives, and what it says of mistakes.
#include <duckdb.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "colvec/colvec.h"

namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

// A folder of its own with input.duckdb, removed at the end.
class ScratchTables {
 public:
  explicit ScratchTables(const std::string& rows) {
    std::string name = (fs::temp_directory_path() / "colvec_c_XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    ask("input", "CREATE TABLE t AS SELECT * FROM (" + rows + ") r(id, text)");
  }
  ~ScratchTables() { fs::remove_all(folder_); }
  ScratchTables(const ScratchTables&) = delete;
  ScratchTables& operator=(const ScratchTables&) = delete;

  const std::string& folder() const { return folder_; }

  // The first value of the first row, "" for none.
  std::string ask(const std::string& database, const std::string& sql) const {
    duckdb_database opened = nullptr;
    duckdb_connection connection = nullptr;
    duckdb_result result;
    std::string answer;
    EXPECT_EQ(duckdb_open((folder_ + "/" + database + ".duckdb").c_str(), &opened), DuckDBSuccess);
    EXPECT_EQ(duckdb_connect(opened, &connection), DuckDBSuccess);
    EXPECT_EQ(duckdb_query(connection, sql.c_str(), &result), DuckDBSuccess)
        << duckdb_result_error(&result);
    if (duckdb_row_count(&result) > 0) {
      char* const text = duckdb_value_varchar(&result, 0, 0);
      answer = text == nullptr ? "" : text;
      duckdb_free(text);
    }
    duckdb_destroy_result(&result);
    duckdb_disconnect(&connection);
    duckdb_close(&opened);
    return answer;
  }

 private:
  std::string folder_;
};

constexpr const char* kConfig =
    R"({"input_db_path": "input.duckdb", "output_db_path": "output.duckdb", "input_table": "t",)"
    R"( "id_column": "id", "text_column": "text", "output_table": "v"})";
constexpr const char* kHundred = "SELECT i, 'text ' || i FROM range(100) q(i)";

struct Job {
  explicit Job(const ScratchTables& tables, const char* config = kConfig) {
    EXPECT_EQ(colvec_job_new(config, tables.folder().c_str(), &job), COLVEC_OK)
        << colvec_error_message();
  }
  ~Job() { colvec_job_free(job); }
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;
  colvec_job* job = nullptr;
};

TEST(CApi, SaysItsVersions) {
  EXPECT_EQ(colvec_abi_version(), COLVEC_ABI_VERSION);
  EXPECT_THAT(colvec_version(), HasSubstr("."));
}

TEST(CApi, EncodesTextsWithAndWithoutLengths) {
  colvec_encoder* encoder = nullptr;
  ASSERT_EQ(colvec_encoder_open("builtin:lexical", nullptr, &encoder), COLVEC_OK);
  const std::size_t dimension = colvec_encoder_dimension(encoder);
  EXPECT_EQ(dimension, 384u);
  EXPECT_EQ(std::strlen(colvec_encoder_fingerprint(encoder)), 64u);
  EXPECT_THAT(colvec_encoder_info(encoder), HasSubstr(R"("model":"builtin:lexical")"));

  const std::array<const char*, 3> texts = {"one text", "another one", "one text and more"};
  const std::array<std::size_t, 3> lengths = {8, 11, 8};  // The third ends where the first does.
  std::vector<float> whole(3 * dimension), cut(3 * dimension);
  ASSERT_EQ(colvec_encoder_encode(encoder, texts.data(), nullptr, 3, whole.data()), COLVEC_OK);
  ASSERT_EQ(colvec_encoder_encode(encoder, texts.data(), lengths.data(), 3, cut.data()), COLVEC_OK);
  const auto row = [&](const std::vector<float>& vectors, std::size_t i) {
    return std::vector<float>(vectors.begin() + static_cast<std::ptrdiff_t>(i * dimension),
                              vectors.begin() + static_cast<std::ptrdiff_t>((i + 1) * dimension));
  };
  EXPECT_EQ(row(cut, 2), row(cut, 0));
  EXPECT_EQ(row(whole, 0), row(cut, 0));
  EXPECT_NE(row(whole, 2), row(whole, 0));
  double length = 0;
  for (const float x : row(whole, 1)) length += static_cast<double>(x) * static_cast<double>(x);
  EXPECT_NEAR(length, 1, 1e-5);
  EXPECT_EQ(colvec_encoder_encode(encoder, nullptr, nullptr, 0, nullptr), COLVEC_OK);
  colvec_encoder_close(encoder);
  colvec_encoder_close(nullptr);
}

TEST(CApi, SaysWhatIsWrongWithAModelOptionsOrTexts) {
  colvec_encoder* encoder = nullptr;
  EXPECT_EQ(colvec_encoder_open("/no/such/model", nullptr, &encoder), COLVEC_NOT_FOUND);
  EXPECT_EQ(encoder, nullptr);
  EXPECT_THAT(colvec_error_message(), HasSubstr("no such model: /no/such/model"));
  EXPECT_EQ(colvec_encoder_open("builtin:lexical", R"({"dimensions": 3})", &encoder),
            COLVEC_INVALID_ARGUMENT);
  EXPECT_THAT(colvec_error_message(), HasSubstr("unknown key: dimensions"));
  EXPECT_EQ(colvec_encoder_open(nullptr, nullptr, &encoder), COLVEC_INVALID_ARGUMENT);
  EXPECT_EQ(colvec_encoder_open("builtin:lexical", nullptr, nullptr), COLVEC_INVALID_ARGUMENT);

  ASSERT_EQ(colvec_encoder_open("builtin:lexical", "{}", &encoder), COLVEC_OK);
  const std::array<const char*, 2> texts = {"fine", "not UTF-8: \xff"};
  std::vector<float> vectors(2 * 384);
  EXPECT_EQ(colvec_encoder_encode(encoder, texts.data(), nullptr, 2, vectors.data()),
            COLVEC_INVALID_ARGUMENT);
  EXPECT_STREQ(colvec_error_message(), "text 1: not UTF-8");
  EXPECT_EQ(colvec_encoder_encode(encoder, nullptr, nullptr, 2, vectors.data()),
            COLVEC_INVALID_ARGUMENT);
  EXPECT_EQ(colvec_encoder_encode(encoder, texts.data(), nullptr, 2, nullptr),
            COLVEC_INVALID_ARGUMENT);
  colvec_encoder_close(encoder);
}

TEST(CApi, RunsAJobWithTheModelOfItsConfigAndTellsOfIt) {
  const ScratchTables tables(kHundred);
  const Job job(tables);
  std::string log;
  std::uint64_t rows_done = 0;
  colvec_job_on_log(
      job.job, [](void* user, const char* line) { *static_cast<std::string*>(user) += line; },
      &log);
  colvec_job_on_progress(
      job.job,
      [](void* user, const colvec_progress* progress) {
        *static_cast<std::uint64_t*>(user) = progress->rows_done;
        EXPECT_NE(progress->phase, nullptr);
      },
      &rows_done);
  EXPECT_STREQ(colvec_job_summary(job.job), "");
  ASSERT_EQ(colvec_job_run(job.job), COLVEC_OK) << colvec_error_message();
  EXPECT_THAT(colvec_job_summary(job.job), HasSubstr(R"("rows_written":100)"));
  EXPECT_THAT(log, HasSubstr("not a neural model"));
  EXPECT_EQ(tables.ask("output", "SELECT count(*) FROM v WHERE len(embedding) = 384"), "100");

  ASSERT_EQ(colvec_job_run(job.job), COLVEC_OK);
  EXPECT_THAT(colvec_job_summary(job.job), HasSubstr(R"("pending_rows":0)"));
}

TEST(CApi, RunsAJobWithAnEncoderThatIsOpen) {
  const ScratchTables tables(kHundred);
  const Job job(tables);
  colvec_encoder* encoder = nullptr;
  ASSERT_EQ(colvec_encoder_open("builtin:lexical", nullptr, &encoder), COLVEC_OK);
  ASSERT_EQ(colvec_job_set_encoder(job.job, encoder), COLVEC_OK);
  EXPECT_EQ(colvec_job_run(job.job), COLVEC_OK) << colvec_error_message();
  EXPECT_EQ(tables.ask("output", "SELECT count(*) FROM v"), "100");
  EXPECT_EQ(colvec_job_set_encoder(job.job, nullptr), COLVEC_INVALID_ARGUMENT);
  colvec_encoder_close(encoder);
}

// Vectors of two numbers: the length of the text, and 1.
int lengths(void* user, const char* const* texts, const size_t* lengths, size_t count,
            float* vectors) {
  for (size_t i = 0; i < count; ++i) {
    if (std::memchr(texts[i], '!', lengths[i]) != nullptr) return 42;
    vectors[2 * i] = static_cast<float>(lengths[i]);
    vectors[2 * i + 1] = 1;
    ++*static_cast<std::size_t*>(user);
  }
  return 0;
}

TEST(CApi, RunsAJobWithAnyFunction) {
  const ScratchTables tables("SELECT i, repeat('x', i + 1) FROM range(50) q(i)");
  const Job job(tables);
  std::size_t texts = 0;
  ASSERT_EQ(colvec_job_set_function(job.job, "lengths", 2, lengths, &texts), COLVEC_OK);
  ASSERT_EQ(colvec_job_run(job.job), COLVEC_OK) << colvec_error_message();
  EXPECT_EQ(texts, 50u);
  EXPECT_EQ(tables.ask("output", "SELECT count(*) FROM v WHERE embedding[1] = len(text)"), "50");
  EXPECT_EQ(tables.ask("output", "SELECT model FROM v_meta"), "lengths");
}

TEST(CApi, EndsAJobWhoseFunctionFails) {
  const ScratchTables tables("SELECT 1, 'stop!'");
  const Job job(tables);
  std::size_t texts = 0;
  ASSERT_EQ(colvec_job_set_function(job.job, "lengths", 2, lengths, &texts), COLVEC_OK);
  EXPECT_EQ(colvec_job_run(job.job), COLVEC_IO);
  EXPECT_THAT(colvec_error_message(),
              HasSubstr("lengths: the function that encodes has failed: 42"));
  EXPECT_EQ(colvec_job_set_function(job.job, "lengths", 0, lengths, &texts),
            COLVEC_INVALID_ARGUMENT);
  EXPECT_EQ(colvec_job_set_function(job.job, "lengths", 2, nullptr, &texts),
            COLVEC_INVALID_ARGUMENT);
}

TEST(CApi, StopsACancelledJobWithASummary) {
  const ScratchTables tables(kHundred);
  const Job job(tables);
  colvec_job_cancel(job.job);
  EXPECT_EQ(colvec_job_run(job.job), COLVEC_CANCELLED);
  EXPECT_THAT(colvec_job_summary(job.job), HasSubstr(R"("cancelled":true)"));
}

TEST(CApi, SaysThatRowsMetAPolicyError) {
  const ScratchTables tables("SELECT i, CASE WHEN i = 3 THEN NULL ELSE 'a' END FROM range(9) q(i)");
  std::string config = kConfig;
  config.insert(config.size() - 1, R"(, "on_null": "error")");
  const Job job(tables, config.c_str());
  EXPECT_EQ(colvec_job_run(job.job), COLVEC_POLICY);
  EXPECT_THAT(colvec_error_message(), HasSubstr("1 rows met a policy"));
  EXPECT_THAT(colvec_job_summary(job.job), HasSubstr(R"("rows_written":8)"));
}

TEST(CApi, RefusesAConfigThatIsWrong) {
  colvec_job* job = nullptr;
  EXPECT_EQ(colvec_job_new("{", nullptr, &job), COLVEC_CORRUPTION);
  EXPECT_EQ(job, nullptr);
  EXPECT_EQ(colvec_job_new("{}", nullptr, &job), COLVEC_INVALID_ARGUMENT);
  EXPECT_THAT(colvec_error_message(), HasSubstr("config: missing key: input_db_path"));
  EXPECT_EQ(colvec_job_new(nullptr, nullptr, &job), COLVEC_INVALID_ARGUMENT);
  EXPECT_EQ(colvec_job_new(kConfig, "/no/such/folder", &job), COLVEC_OK);
  EXPECT_EQ(colvec_job_run(job), COLVEC_NOT_FOUND);
  colvec_job_free(job);
}

}  // namespace
